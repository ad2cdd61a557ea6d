/// How far a piece of work is, in one line.
public enum ProgressText {
    /// `compressing: 1.2 GB of 2.5 GB, 48 %, 105 MB/s, 12 s left`; rate and time only once they mean something.
    ///
    /// - Parameters:
    ///   - what: What is being done.
    ///   - done: Bytes done.
    ///   - all: Bytes in all; 0 where that is not known.
    ///   - seconds: Seconds since it began.
    public static func line(_ what: String, done: Int, of all: Int, seconds: Double) -> String {
        guard all > 0 else { return what }
        let share = Double(done) / Double(all)
        var parts = ["\(NumberText.bytes(done)) of \(NumberText.bytes(all))", NumberText.percent(min(share, 1))]
        if seconds >= 0.5, done > 0 {
            let rate = Double(done) / seconds
            parts.append(NumberText.bytes(Int(min(rate, 1e15))) + "/s")
            let left = Double(max(all - done, 0)) / rate
            if left < 86400 { parts.append(NumberText.seconds(left.rounded(.up)) + " left") }
        }
        return Escaping.visible(what) + ": " + parts.joined(separator: ", ")
    }
}
