/// Requests that wait or are computed, and whether more may.
struct RequestQueue {
    /// Requests.
    private(set) var count = 0
    /// Bytes of their connections.
    private var bytes = 0
    /// Nanoseconds that computing a request takes, the latest ones counting most.
    private var mean: UInt64 = 0
    private let limits: HTTPLimits

    init(_ limits: HTTPLimits) {
        self.limits = limits
    }

    /// How many there may be at the moment.
    var limit: Int { limits.queueLength(mean) }

    /// Whether a further request is refused.
    var isFull: Bool { count >= limit || (count > 0 && bytes >= limits.queueBytes) }

    /// A request of so many bytes waits.
    mutating func add(_ bytes: Int) {
        count += 1
        self.bytes += bytes
    }

    /// A request of so many bytes was answered, after so many nanoseconds of computing.
    mutating func remove(_ bytes: Int, computing: UInt64) {
        count -= 1
        self.bytes -= bytes
        let computing = min(computing, 1 << 40)
        mean = mean == 0 ? computing : mean - mean / 16 + computing / 16
    }
}
