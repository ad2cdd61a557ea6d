/// A number, and how well it is known.
public struct Known: Hashable, Sendable {
    /// It is at least this.
    public var low: Double
    /// It is at most this; `nil` where only a lower bound is known.
    public var high: Double?
    /// How it was got.
    public var how: How
    /// What it leaves out or rests on.
    public var note: String?

    /// How a number was got.
    public enum How: String, Sendable {
        /// Counted or timed.
        case measured
        /// Follows from the files.
        case computed
        /// Follows from assumptions that are written down.
        case estimated
        /// Taken for granted.
        case assumed
    }

    /// A range; `high` is `nil` where only a lower bound is known.
    public init(low: Double, high: Double?, how: How, note: String? = nil) {
        self.low = low
        self.high = high
        self.how = how
        self.note = note
    }

    /// One number.
    public init(_ value: Double, _ how: How, note: String? = nil) {
        self.init(low: value, high: value, how: how, note: note)
    }

    /// A number of bytes.
    public init(bytes: Int, _ how: How, note: String? = nil) {
        self.init(Double(bytes), how, note: note)
    }

    /// Whether it is one number and not a range.
    public var isExact: Bool { low == high }

    /// The sum; as uncertain as the less certain of the two.
    public static func + (a: Known, b: Known) -> Known {
        let high = a.high.flatMap { left in b.high.map { left + $0 } }
        let order: [How] = [.measured, .computed, .estimated, .assumed]
        let how = order.last { $0 == a.how || $0 == b.how } ?? a.how
        let notes = [a.note, b.note].compactMap { $0 }
        return Known(
            low: a.low + b.low, high: high, how: how, note: notes.isEmpty ? nil : notes.joined(separator: "; "))
    }
}
