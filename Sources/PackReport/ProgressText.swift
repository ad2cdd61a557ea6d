/// The line that says how far work has come: `compressing: 120 MB of 800 MB (15 %), 38.5 MB/s, 18 s left`.
public struct ProgressText: Hashable, Sendable {
    /// What is being done.
    public var what: String
    /// Bytes done; nil where nothing is counted.
    public var done: Int?
    /// Bytes in all; nil where that is not known.
    public var all: Int?
    /// Seconds since the work began.
    public var seconds: Double

    /// Describes a moment of the work.
    public init(_ what: String, done: Int? = nil, all: Int? = nil, seconds: Double = 0) {
        self.what = what
        self.done = done
        self.all = all
        self.seconds = seconds
    }

    /// The line, cut to so many columns, safe to show.
    ///
    /// The rate is the mean since the work began, and the time left follows from it; neither is said before half a second has
    /// passed, nor where nothing is done yet.
    public func line(width: Int) -> String {
        var parts: [String] = []
        if let done, done >= 0 {
            if let all, all > 0 {
                let share = NumberText.percent(min(Double(done) / Double(all), 1))
                parts.append("\(NumberText.bytes(min(done, all))) of \(NumberText.bytes(all)) (\(share))")
            } else {
                parts.append(NumberText.bytes(done))
            }
            if let rate { parts.append(NumberText.bytes(Int(rate)) + "/s") }
            if let left { parts.append(Self.duration(left) + " left") }
        }
        let text = Escaping.visible(what) + (parts.isEmpty ? "" : ": " + parts.joined(separator: ", "))
        return TextWidth.cut(text, to: max(width, 2))
    }

    /// Bytes a second.
    var rate: Double? {
        guard let done, done > 0, seconds >= 0.5, seconds.isFinite else { return nil }
        return min(Double(done) / seconds, 1e15)
    }

    /// Seconds to go.
    var left: Double? {
        guard let rate, let done, let all, all > 0, rate > 0 else { return nil }
        return max(Double(all) - Double(done), 0) / rate
    }

    /// Whole seconds, minutes or hours: `18 s`, `2 min 05 s`, `3 h 20 min`.
    static func duration(_ seconds: Double) -> String {
        guard seconds < 360_000 else { return "over 99 h" }
        let whole = Int(seconds.rounded(.up))
        if whole < 60 { return "\(whole) s" }
        if whole < 3600 { return "\(whole / 60) min \(padded(whole % 60)) s" }
        return "\(whole / 3600) h \(padded(whole % 3600 / 60)) min"
    }

    private static func padded(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
