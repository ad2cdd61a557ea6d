/// A platform on this machine: instances of a bundle as it would start them, and what they are asked by its protocol.
public protocol Emulation {
    /// Measures cold starts, then a warm instance.
    ///
    /// - Parameter progress: Called before each phase with a word for it.
    func run(_ plan: EmulationPlan, progress: (String) -> Void) throws(EmulationError) -> EmulationRun

    /// Measures an instance of another size.
    func times(_ size: InstanceSize, _ plan: EmulationPlan) throws(EmulationError) -> SizeTimes
}

/// How much to measure.
public struct EmulationPlan: Sendable {
    /// Fresh instances for cold starts; at least one.
    public var instances = 10
    /// Requests to a warm instance.
    public var requests = 200
    /// Requests at a time of a second round; 1 for no second round.
    public var concurrency = 1
    /// Bodies, sent in turn; the first is the one of cold starts. At least one.
    public var events: [[UInt8]]
    /// Bodies sent at the end and not timed: the largest that the bundle takes, for its memory at the peak.
    public var closing: [[UInt8]] = []

    /// Plans with events.
    public init(events: [[UInt8]] = SampleTexts.events) {
        self.events = events
    }
}

/// Memory and processors of an instance.
public struct InstanceSize: Sendable, Hashable {
    /// Bytes.
    public var memory: Int
    /// Processors, a fraction included; nil for no limit.
    public var processors: Double?
    /// How many processors it sees; nil for as many as its share is, rounded up.
    public var visibleProcessors: Int?

    /// Describes a size.
    public init(memory: Int, processors: Double? = nil, visibleProcessors: Int? = nil) {
        self.memory = memory
        self.processors = processors
        self.visibleProcessors = visibleProcessors
    }
}

/// Times of warm requests, one after another, to an instance of a size.
public struct SizeTimes: Sendable {
    /// Seconds of each request.
    public var latencies: [Double]
    /// Seconds that processors computed for a request, the mean; nil where the system does not say.
    public var processorSeconds: Double?
    /// Whether the share of the processors was enforced.
    public var limitsProcessors: Bool

    /// Seconds after which no more requests are sent.
    static let longest = 1.5

    /// Sends requests one after another until there are enough, or time is over.
    ///
    /// - Parameters:
    ///   - count: How many.
    ///   - used: Seconds that the instance has computed so far.
    ///   - send: Sends the request of a number, and gives its seconds.
    static func measure(
        _ count: Int, limitsProcessors: Bool, used: () -> Double?, send: (Int) throws(EmulationError) -> Double
    ) throws(EmulationError) -> SizeTimes {
        var latencies: [Double] = []
        var total = 0.0
        let before = used()
        while latencies.count < count, total < longest || latencies.count < 5 {
            let seconds = try send(latencies.count)
            latencies.append(seconds)
            total += seconds
        }
        let after = used()
        let computed = before.flatMap { before in after.map { ($0 - before) / Double(max(latencies.count, 1)) } }
        return SizeTimes(latencies: latencies, processorSeconds: computed, limitsProcessors: limitsProcessors)
    }
}
