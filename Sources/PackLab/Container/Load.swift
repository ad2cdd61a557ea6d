/// Requests to send to a server, and how.
public struct Load: Sendable {
    /// Bodies, sent in turn.
    public var bodies: [[UInt8]]
    /// `POST` and this path.
    public var path: String
    /// How many requests.
    public var count: Int
    /// The most requests at a time, each on a connection of its own.
    public var concurrency: Int
    /// When each is due, in seconds from the beginning, ascending; empty to send each as soon as another has been answered.
    ///
    /// A request that is due while all connections are busy waits for one, and the wait is part of its latency.
    public var arrivals: [Double] = []
    /// Seconds until a request must be answered.
    public var timeout: Double
    /// The value of `Content-Type`.
    public var contentType = "application/json"
    /// The most bytes of an answer.
    public var replyLimit = 64 << 20

    /// Describes a load.
    public init(
        bodies: [[UInt8]], path: String = "/predict", count: Int, concurrency: Int = 1, timeout: Double = 300
    ) {
        self.bodies = bodies
        self.path = path
        self.count = count
        self.concurrency = concurrency
        self.timeout = timeout
    }

    /// `GET` instead of `POST`.
    var isGet = false

    /// Asks for a path, once.
    init(get path: String, timeout: Double) {
        self.init(bodies: [[]], path: path, count: 1, timeout: timeout)
        isGet = true
    }

    /// What came of it.
    public struct Outcome: Sendable {
        /// Seconds from when each request was due, or sent, to the last byte of its answer; of answers with status 200 to 299, in the
        /// order in which they came.
        public var latencies: [Double] = []
        /// How many answers had which status; 0 for requests without an answer.
        public var statuses: [Int: Int] = [:]
        /// The body of the first answer.
        public var firstBody: [UInt8] = []
        /// The status of the first answer.
        public var firstStatus = 0
        /// The body of the first answer with another status than 200 to 299, and that status.
        public var refusal: (status: Int, body: [UInt8])?
        /// How many of those without an answer were given up because their time was over.
        public var late = 0
        /// Why the first of those without an answer has none.
        public var failure: String?
        /// Seconds from the first request to the last answer.
        public var seconds = 0.0

        /// Answers a second, with status 200 to 299.
        public var throughput: Double { seconds > 0 ? Double(latencies.count) / seconds : 0 }
        /// Requests that had another status or no answer.
        public var failures: Int { statuses.reduce(0) { $0 + ((200...299).contains($1.key) ? 0 : $1.value) } }
        /// A percentile of the latencies, by the nearest-rank method; nil without one.
        public func percentile(_ percent: Double) -> Double? { EmulationRun.percentile(percent, of: latencies) }
    }
}
