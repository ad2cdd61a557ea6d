/// What a month of requests asks of a deployment.
public struct Workload: Hashable, Sendable {
    /// Requests in a month.
    public var requests: Double
    /// How they come.
    public var pattern: Pattern
    /// Seconds that a request takes on `processors`.
    public var seconds: Double
    /// Bytes of memory that an instance needs.
    public var memory: Int
    /// Processors that `seconds` was measured with; 0 leaves them to the platform.
    public var processors: Double
    /// Requests that an instance works on at a time without making each other slower.
    public var concurrency: Int
    /// Seconds that an instance takes to start.
    public var startSeconds: Double
    /// The share of requests that meet a starting instance.
    public var coldShare: Double
    /// The architecture that is paid for: `x86_64` or `arm64`.
    public var architecture: String

    /// How requests come.
    public enum Pattern: Hashable, Sendable {
        /// At the same rate all the time.
        case steady
        /// At the same rate for 40 of the 168 hours of a week.
        case officeHours
        /// At a rate so many times the mean, and not at all the rest of the time.
        case bursts(factor: Double)

        /// The rate while requests come, as a multiple of the mean rate of the month.
        public var peakFactor: Double {
            switch self {
            case .steady: 1
            case .officeHours: 168.0 / 40
            case .bursts(let factor): max(factor, 1)
            }
        }
    }

    /// Seconds of a month: 730 hours.
    public static let month = 730.0 * 3600

    /// Requests a second while requests come.
    public var peakRate: Double { requests / Self.month * pattern.peakFactor }

    /// Describes a month.
    public init(
        requests: Double, pattern: Pattern = .steady, seconds: Double, memory: Int, processors: Double = 0,
        concurrency: Int = 1, startSeconds: Double = 0, coldShare: Double = 0, architecture: String = "x86_64"
    ) {
        self.requests = requests
        self.pattern = pattern
        self.seconds = seconds
        self.memory = memory
        self.processors = processors
        self.concurrency = concurrency
        self.startSeconds = startSeconds
        self.coldShare = coldShare
        self.architecture = architecture
    }

    /// Whether all numbers are of this world: finite, not negative, and small enough to reckon with.
    var isSensible: Bool {
        let numbers = [requests, seconds, processors, startSeconds, pattern.peakFactor]
        return numbers.allSatisfy { $0.isFinite && $0 >= 0 && $0 <= 1e12 } && seconds > 0 && memory > 0
            && memory < 1 << 50 && concurrency > 0 && concurrency <= 100_000 && (0...1).contains(coldShare)
    }
}
