/// What a deployment must keep to before it may go out; `pack.yaml` states it.
public struct GateRules: Sendable {
    /// Which deployment is judged.
    public var deployment: Deployment = .asItIs
    /// What an unknown verdict counts as.
    public var unknown: UnknownPolicy = .fail
    /// Limits of the user's own, beside those of the platforms, in the order of the file.
    public var budgets: [Budget] = []
    /// The smallest cosine between a bundle's answers and the original's that is accepted.
    public var accuracy: Double?
    /// Checks that are not to count, for a while and for a reason.
    public var exemptions: [Exemption] = []

    /// Which deployment is judged.
    public enum Deployment: Hashable, Sendable {
        /// The files as they are.
        case asItIs
        /// The bundle that `pack slim --quantize NAME` is predicted to make of them.
        case slim(quantization: String)
    }

    /// What an unknown verdict counts as.
    public enum UnknownPolicy: String, CaseIterable, Sendable {
        case fail
        case warn
    }

    /// A limit for one measure.
    public struct Budget: Hashable, Sendable {
        /// Which measure.
        public var measure: GateMeasure
        /// The most that it may be, in the measure's base unit.
        public var maximum: Double?
        /// The most that it may have grown since the baseline, as a share of the baseline: 0.05 for five percent.
        public var growthShare: Double?
        /// The most that it may have grown since the baseline, in the measure's base unit.
        public var growth: Double?
        /// The line of the file that states it.
        public var line: Int?

        /// Describes a budget; each limit counts for itself.
        public init(
            _ measure: GateMeasure, maximum: Double? = nil, growthShare: Double? = nil, growth: Double? = nil,
            line: Int? = nil
        ) {
            self.measure = measure
            self.maximum = maximum
            self.growthShare = growthShare
            self.growth = growth
            self.line = line
        }
    }

    /// A check that is not to count.
    public struct Exemption: Hashable, Sendable {
        /// A rule's code or its dotted id.
        public var rule: String
        /// The platform that it is for; all if `nil`.
        public var target: String?
        /// Why.
        public var reason: String
        /// The last day on which it holds: `YYYY-MM-DD`.
        public var until: String
        /// The line of the file that states it.
        public var line: Int?

        /// Describes an exemption.
        public init(rule: String, target: String? = nil, reason: String, until: String, line: Int? = nil) {
            self.rule = rule
            self.target = target
            self.reason = reason
            self.until = until
            self.line = line
        }
    }

    /// No limits but the platforms'.
    public init() {}
}

/// What a budget can be set for; the raw value is its key under `budgets`.
public enum GateMeasure: String, CaseIterable, Sendable {
    case packageZipped = "package.zipped"
    case packageUnpacked = "package.unpacked"
    case imageSize = "image.size"
    case disk
    case memoryPeak = "memory.peak"
    case startupTime = "startup.time"
    case responseSize = "response.size"
    case modelBytes = "model.bytes"
    case dependencyBytes = "dependencies.bytes"

    /// What its numbers count.
    public var unit: Check.Unit { self == .startupTime ? .seconds : .bytes }
}
