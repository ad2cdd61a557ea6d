import PackSimulation

/// What an emulation measured. Times are in seconds, sizes in bytes.
public struct EmulationRun: Sendable {
    /// Memory that a warm instance held after its last request.
    public struct Memory: Sendable, Equatable {
        /// The most: of the process with its mapped files, by /proc (`VmHWM`), or of its control group.
        public var peak: Int
        /// Of the resident set at the end, what belongs to no file.
        public var anonymous: Int?
        /// Of the resident set at the end, pages of mapped files.
        public var file: Int?
    }

    /// Bytes of the bundle's files.
    public var unpackedBytes = 0
    /// From the execution of the program to the whole first answer, one a fresh instance.
    public var coldStarts: [Double] = []
    /// From the execution of the program until it was ready, one a fresh instance.
    public var starts: [Double] = []
    /// Probes of the first instance until it was ready.
    public var probes = 0
    /// From a request's first byte to its answer's last, one request at a time, for an instance that has answered before.
    public var warm: [Double] = []
    /// Requests at a time; nil without a second round.
    public var loaded: Load.Outcome?
    /// The answer to the first event.
    public var firstAnswer: [UInt8] = []
    /// Bytes of the first event.
    public var firstEventBytes = 0
    /// Memory of the warm instance.
    public var memory = Memory(peak: 0)
    /// Seconds that processors computed for a warm request, the mean; nil where the system does not say.
    public var processorSeconds: Double?
    /// Memory and processors of an instance.
    public var size = InstanceSize(memory: 0)
    /// What enforced the memory: "cgroup v2", "cgroup v1" (files and all), or "RLIMIT_DATA" (writable memory only).
    public var limitMethod = ""
    /// Whether the share of the processors was enforced.
    public var limitsProcessors = false
    /// How the warm instance ended after SIGTERM; nil where the platform sends none.
    public var stop: ContainerInstance.Stop?
    /// What an emulation on this machine does not show.
    public var notes: [String] = []

    /// The median cold start; nil without one.
    public var coldStart: Double? { Self.percentile(50, of: coldStarts) }
    /// The median time until it was ready.
    public var start: Double? { Self.percentile(50, of: starts) }
    /// A percentile of the warm times, by the nearest-rank method.
    public func warm(percentile: Double) -> Double? { Self.percentile(percentile, of: warm) }

    /// The nearest-rank percentile: the smallest value that at least so many percent don't exceed.
    public static func percentile(_ percent: Double, of values: [Double]) -> Double? {
        Quantiles(values).at(percent / 100)
    }

    /// What limits did not hold on this machine, a sentence each.
    mutating func noteLimits(_ sandbox: Sandbox) {
        notes += sandbox.notes
        if limitMethod == ResourceLimit.Method.dataLimit.rawValue {
            notes.append(
                "This machine permits no control group: only writable memory is limited (RLIMIT_DATA); resident memory is "
                    + "watched and reported.")
        }
        if size.processors != nil, !limitsProcessors {
            notes.append(
                "This machine permits no control group: the share of the processors is not enforced, only how many whole ones "
                    + "are used.")
        }
    }
}
