/// The HorizontalPodAutoscaler of Kubernetes with a target for processors and its default behaviour.
///
/// Source: Kubernetes documentation, "Horizontal Pod Autoscaling", algorithm details and configurable scaling behavior.
public struct HorizontalRule: Sendable, Equatable {
    /// Seconds between looks.
    public var period: Double
    /// Seconds that the use of processors is a mean of.
    public var window: Double
    /// The share of the processors that pods ask for that is aimed at.
    public var target: Double
    /// How far the use may be from the target, as a share of it, without a change.
    public var tolerance: Double
    /// Pods that may be added in `upPeriod`, where that is more than `upShare` allows.
    public var upPods: Int
    /// The share of the pods that may be added in `upPeriod`.
    public var upShare: Double
    /// Seconds that the bounds on adding are for.
    public var upPeriod: Double
    /// Seconds over which the most that was recommended holds before pods are taken away.
    public var downWindow: Double
    /// Pods that there are at least.
    public var minimum: Int

    /// Describes an autoscaler.
    public init(
        period: Double, window: Double, target: Double, tolerance: Double, upPods: Int, upShare: Double,
        upPeriod: Double, downWindow: Double, minimum: Int
    ) {
        self.period = period
        self.window = window
        self.target = target
        self.tolerance = tolerance
        self.upPods = upPods
        self.upShare = upShare
        self.upPeriod = upPeriod
        self.downWindow = downWindow
        self.minimum = minimum
    }

    /// How many pods the use of processors asks for.
    ///
    /// - Parameters:
    ///   - use: Busy processors in pods' worth: 1.5 for one pod at its limit and one half busy.
    ///   - ready: Pods that take requests.
    ///   - starting: Pods that do not yet; they count as idle where pods are to be added.
    public func recommendation(use: Double, ready: Int, starting: Int) -> Int {
        let all = ready + starting
        guard ready > 0 else { return all }
        let ratio = use / Double(ready) / target
        if abs(ratio - 1) <= tolerance { return all }
        guard ratio > 1, starting > 0 else { return Int((ratio * Double(ready)).rounded(.up)) }
        let withStarting = use / Double(all) / target
        // With the pods to come there is enough, or nearly.
        if withStarting <= 1 + tolerance { return all }
        return Int((withStarting * Double(all)).rounded(.up))
    }

    /// What the autoscaler remembers.
    public struct State: Sendable {
        private let rule: HorizontalRule
        private var recommendations: [(time: Double, count: Int)] = []
        private var additions: [(time: Double, count: Int)] = []

        /// An autoscaler that has seen nothing yet.
        public init(_ rule: HorizontalRule) { self.rule = rule }

        /// How many pods there should be, within the bounds on changes; the parameters are those of a recommendation.
        public mutating func instances(use: Double, ready: Int, starting: Int, at now: Double) -> Int {
            let all = ready + starting
            let wanted = rule.recommendation(use: use, ready: ready, starting: starting)
            recommendations.append((now, wanted))
            recommendations.removeAll { $0.time < now - rule.downWindow }
            if wanted <= all {
                let most = recommendations.map(\.count).max() ?? wanted
                return max(min(most, all), rule.minimum)
            }
            additions.removeAll { $0.time <= now - rule.upPeriod }
            let before = all - additions.reduce(0) { $0 + $1.count }
            let byShare = Int((Double(before) * (1 + rule.upShare)).rounded(.up))
            let limited = max(min(wanted, max(before + rule.upPods, byShare)), all, rule.minimum)
            if limited > all { additions.append((now, limited - all)) }
            return limited
        }
    }
}
