/// Knative's autoscaler for requests at a time.
///
/// Source: knative/serving, `pkg/autoscaler/scaling/autoscaler.go`, `config/core/configmaps/autoscaler.yaml`.
public struct KnativeRule: Sendable, Equatable {
    /// Seconds between looks.
    public var period: Double
    /// Seconds that are looked back usually.
    public var stableWindow: Double
    /// Seconds that are looked back in a panic.
    public var panicWindow: Double
    /// How many times the instances at hand the panic window must ask for to begin a panic.
    public var panicThreshold: Double
    /// The share of the requests that an instance takes at a time that is aimed at.
    public var utilization: Double
    /// How many times the ready instances there may be after a look.
    public var upRate: Double
    /// By what the ready instances are divided for the fewest that there may be after a look.
    public var downRate: Double

    /// Describes an autoscaler.
    public init(
        period: Double, stableWindow: Double, panicWindow: Double, panicThreshold: Double, utilization: Double,
        upRate: Double, downRate: Double
    ) {
        self.period = period
        self.stableWindow = stableWindow
        self.panicWindow = panicWindow
        self.panicThreshold = panicThreshold
        self.utilization = utilization
        self.upRate = upRate
        self.downRate = downRate
    }

    /// What the autoscaler remembers.
    public struct State: Sendable {
        private let rule: KnativeRule
        /// Since when the panic threshold has not been crossed; nil outside of a panic.
        public private(set) var panicSince: Double?
        private var most = 0

        /// An autoscaler that has seen nothing yet.
        public init(_ rule: KnativeRule) { self.rule = rule }

        /// How many instances there should be.
        ///
        /// - Parameters:
        ///   - stable: Requests at a time in the mean over the stable window.
        ///   - panic: The same over the panic window.
        ///   - ready: Instances that take requests.
        ///   - concurrency: Requests that an instance takes at a time.
        ///   - now: The time in seconds.
        public mutating func instances(
            stable: Double, panic: Double, ready: Int, concurrency: Int, at now: Double
        ) -> Int {
            let target = Double(concurrency) * rule.utilization
            let count = Double(max(ready, 1))
            let ceiling = (rule.upRate * count).rounded(.up)
            let floor = (count / rule.downRate).rounded(.down)
            func bounded(_ wanted: Double) -> Int { Int(min(max(wanted, floor), ceiling)) }
            let wantedStable = (stable / target).rounded(.up)
            let wantedPanic = (panic / target).rounded(.up)
            if wantedPanic / count >= rule.panicThreshold {
                panicSince = now
            } else if let since = panicSince, since + rule.stableWindow < now {
                panicSince = nil
                most = 0
            }
            guard panicSince != nil else { return bounded(wantedStable) }
            // In a panic there never become fewer.
            most = max(most, bounded(wantedStable), bounded(wantedPanic))
            return most
        }
    }
}
