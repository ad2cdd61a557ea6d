/// How fast AWS Lambda makes instances: at once up to a burst, which is refilled all the time and never more than full.
///
/// Sources: AWS Lambda developer guide, "Lambda scaling behavior" (today's rate a function); AWS Lambda Operator Guide,
/// "Scaling and concurrency" (the burst of a region, then 500 a minute, until November 2023).
public struct BurstRule: Sendable, Equatable {
    /// Instances that can be made at once.
    public var burst: Double
    /// Instances a second that the burst is refilled with.
    public var refill: Double

    /// Describes a rate.
    public init(burst: Double, refill: Double) { (self.burst, self.refill) = (burst, refill) }

    /// What is left of the burst.
    struct Tokens {
        private let rule: BurstRule
        private var left: Double
        private var time = 0.0

        init(_ rule: BurstRule) {
            self.rule = rule
            left = rule.burst
        }

        /// Takes one for an instance; false where none is left.
        mutating func take(at now: Double) -> Bool {
            left = min(rule.burst, left + (now - time) * rule.refill)
            time = now
            guard left >= 1 else { return false }
            left -= 1
            return true
        }
    }
}
