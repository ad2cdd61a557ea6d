/// How Google Cloud Run follows the load: the larger of what processors and requests at a time ask for, over a minute; and at
/// once where requests find no room.
///
/// Source: Google Cloud, "About instance autoscaling in Cloud Run services".
public struct ManagedRule: Sendable, Equatable {
    /// Seconds between looks.
    public var period: Double
    /// Seconds that are looked back.
    public var window: Double
    /// The share of an instance's processors that is aimed at.
    public var processorTarget: Double
    /// The share of the requests that an instance takes at a time that is aimed at.
    public var concurrencyTarget: Double

    /// Describes the targets.
    public init(period: Double, window: Double, processorTarget: Double, concurrencyTarget: Double) {
        self.period = period
        self.window = window
        self.processorTarget = processorTarget
        self.concurrencyTarget = concurrencyTarget
    }

    /// How many instances there should be.
    ///
    /// - Parameters:
    ///   - busy: Instances' worth of processors that were busy, in the mean over the window.
    ///   - requests: Requests at a time in the mean over the window.
    ///   - concurrency: Requests that an instance takes at a time.
    public func instances(busy: Double, requests: Double, concurrency: Int) -> Int {
        let byProcessors = busy / processorTarget
        let byRequests = requests / (Double(concurrency) * concurrencyTarget)
        return Int(min(max(byProcessors, byRequests), 1e6).rounded(.up))
    }
}
