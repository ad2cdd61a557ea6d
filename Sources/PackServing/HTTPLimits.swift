/// Sizes in bytes and times in milliseconds that the server allows.
public struct HTTPLimits: Sendable {
    /// A request's body: as much as Lambda takes, so that a bundle behaves alike on both.
    public var bodyBytes = 6 << 20
    /// Connections at the same time, if the system lets the process have as many.
    public var connections = 2000
    /// Requests that wait to be computed, or are, at the most; others are refused with status 503.
    public var queue = 256
    /// How long the last of them waits about, so that those who are refused do not come back before it is over.
    public var wait = 800
    /// Requests that may wait however long they take: as many as deployment files let platforms send at a time.
    public var queueLeast = 32
    /// Bytes of their bodies; one request may always wait.
    public var queueBytes = 64 << 20
    /// A connection without a request.
    public var idle = 75_000
    /// From a request's first byte to the end of its head.
    public var head = 10_000
    /// From there to the end of its body.
    public var body = 60_000
    /// Until an answer has been taken.
    public var write = 60_000
    /// For a refused client to hang up.
    public var drain = 2_000
    /// From SIGTERM to the end.
    public var grace = 8_000
    /// From SIGTERM until no more connections are taken: requests that are under way by then are answered.
    public var linger = 300
    /// How long a request waits at most for others that could be computed with it. With 0 those are that are there already.
    public var batchWindow = 0

    /// The standard limits.
    public init() {}

    /// How many requests may wait, or be computed, where computing one takes so many nanoseconds; 0 if that is not known.
    public func queueLength(_ computing: UInt64) -> Int {
        guard computing > 0 else { return queue }
        let timely = UInt64(clamping: wait).multipliedReportingOverflow(by: 1_000_000)
        guard !timely.overflow else { return queue }
        return min(queue, max(queueLeast, Int(clamping: timely.partialValue / computing)))
    }
}
