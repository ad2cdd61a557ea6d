/// What an emulation measured. Times are in seconds, sizes in bytes.
public struct LambdaRun: Sendable {
    /// Memory that a warm process held after its last event.
    public struct Memory: Sendable, Equatable {
        /// The largest resident set, by /proc (`VmHWM`) or, where that is not there, by `wait4`.
        public var peak: Int
        /// Of the resident set at the end, what belongs to no file.
        public var anonymous: Int?
        /// Of the resident set at the end, pages of mapped files.
        public var file: Int?
    }

    /// Bytes of the unpacked bundle.
    public var unpackedBytes = 0
    /// From the start of the process to the whole first answer, one a fresh process.
    public var coldStarts: [Double] = []
    /// From the start of the process to its first call for an event, one a fresh process.
    public var starts: [Double] = []
    /// From an event's first byte to its answer's last, for a process that has answered before.
    public var warm: [Double] = []
    /// The answer to the first event.
    public var firstAnswer: [UInt8] = []
    /// Memory of the warm process.
    public var memory = Memory(peak: 0)
    /// Memory that the function may use.
    public var memoryLimit = 0
    /// What enforced it: "cgroup v2", "cgroup v1" (files and all), or "RLIMIT_DATA" (writable memory only).
    public var limitMethod = ""
    /// What an emulation on this machine does not show.
    public var notes: [String] = []

    /// The median cold start; nil without one.
    public var coldStart: Double? { Self.percentile(50, of: coldStarts) }
    /// The median time to the first call.
    public var start: Double? { Self.percentile(50, of: starts) }
    /// A percentile of the warm times, by the nearest-rank method.
    public func warm(percentile: Double) -> Double? { Self.percentile(percentile, of: warm) }

    /// The nearest-rank percentile: the smallest value that at least so many percent don't exceed.
    static func percentile(_ percent: Double, of values: [Double]) -> Double? {
        guard !values.isEmpty else { return nil }
        let rank = Int((percent / 100 * Double(values.count)).rounded(.up))
        return values.sorted()[min(max(rank, 1), values.count) - 1]
    }

    /// The line that Lambda logs for the first, cold event. An OS-only runtime is billed for its start as well.
    public var reportLine: String {
        let start = self.start ?? 0
        let duration = max((coldStart ?? 0) - start, 0)
        let parts = [
            "REPORT RequestId: 00000000-0000-4000-8000-000000000001",
            "Duration: \(Self.milliseconds(duration)) ms",
            "Billed Duration: \(Int((duration * 1000 + start * 1000).rounded(.up))) ms",
            "Memory Size: \(memoryLimit >> 20) MB",
            "Max Memory Used: \((memory.peak + (1 << 20) - 1) >> 20) MB",
            "Init Duration: \(Self.milliseconds(start)) ms",
        ]
        return parts.joined(separator: "\t")
    }

    /// Milliseconds with two decimals.
    static func milliseconds(_ seconds: Double) -> String {
        let hundredths = Int((seconds * 100_000).rounded())
        let rest = hundredths % 100
        return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest)"
    }
}
