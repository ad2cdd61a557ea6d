extension Assessment {
    /// A measured number beside its limit and its former value.
    public struct Measure: Sendable {
        /// What was measured: the dotted name of a rule or a budget.
        public var name: String
        /// Name of the platform that limits it.
        public var target: String?
        /// What the numbers count.
        public var unit: Unit
        /// The number now; `nil` where it is not known.
        public var measured: Double?
        /// The number that is allowed.
        public var limit: Double?
        /// The number in the baseline.
        public var baseline: Double?
        /// Whether it keeps to the limit.
        public var outcome: Result.Outcome

        /// What numbers count.
        public enum Unit: String, Sendable {
            case bytes
            case seconds
            case count
        }

        /// Makes a measure.
        public init(
            name: String, target: String? = nil, unit: Unit, measured: Double?, limit: Double?,
            baseline: Double? = nil, outcome: Result.Outcome
        ) {
            self.name = name
            self.target = target
            self.unit = unit
            self.measured = measured
            self.limit = limit
            self.baseline = baseline
            self.outcome = outcome
        }
    }

    /// Something that grew, shrank, came or went since the baseline.
    public struct Change: Sendable {
        /// What it is: a package, a file, a tensor.
        public var kind: String
        /// Its name.
        public var name: String
        /// What it was, in words such as a version and a size; `nil` where it was not there.
        public var before: String?
        /// What it is now; `nil` where it is gone.
        public var after: String?
        /// By how many bytes it grew; negative where it shrank.
        public var bytes: Int

        /// Makes a change.
        public init(kind: String, name: String, before: String?, after: String?, bytes: Int) {
            self.kind = kind
            self.name = name
            self.before = before
            self.after = after
            self.bytes = bytes
        }
    }

    /// Something that takes a large part.
    public struct Contributor: Sendable {
        /// What it is: a package, a file, a tensor.
        public var kind: String
        /// Its name.
        public var name: String
        /// What it takes.
        public var bytes: Int

        /// Makes a contributor.
        public init(kind: String, name: String, bytes: Int) {
            self.kind = kind
            self.name = name
            self.bytes = bytes
        }
    }
}
