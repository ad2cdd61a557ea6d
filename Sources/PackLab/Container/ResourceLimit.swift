/// How a process is kept within its memory and its processor time: control groups where this machine permits them, else the limit on
/// writable memory, and as many processors as it needs whole ones.
final class ResourceLimit {
    /// What enforces the limit on memory.
    enum Method: String, Sendable {
        /// A control group of version 2: all memory, pages of files included as they are on Lambda.
        case cgroup2 = "cgroup v2"
        /// A control group of version 1, with the same effect.
        case cgroup1 = "cgroup v1"
        /// `RLIMIT_DATA`: writable memory only; mapped files don't count, resident memory is watched and reported.
        case dataLimit = "RLIMIT_DATA"
    }

    /// What enforces the limit on memory.
    let method: Method
    /// Whether the share of the processors is enforced; where it is not, at most as many as whole ones are needed are used.
    let limitsProcessors: Bool
    /// Groups with their controllers: `memory`, `cpu`, or both in one of version 2.
    private let groups: [ControlGroup]
    /// For `setrlimit`; 0 with a group.
    let dataLimit: Int
    /// Bytes that the process may use.
    let memory: Int

    /// Makes groups.
    ///
    /// - Parameters:
    ///   - memory: Bytes.
    ///   - processors: Processors, a fraction included; nil for no limit.
    ///   - period: Seconds in which so much processor time may be used.
    init(memory: Int, processors: Double? = nil, period: Double = 0.1) {
        let share = processors.map { ControlGroup.Share(processors: $0, period: period) }
        var groups: [ControlGroup] = []
        var method: Method?
        var limitsProcessors = false
        for parent in ControlGroup.parents() {
            guard let group = ControlGroup(parent) else { continue }
            var isUsed = false
            if parent.controllers.contains("memory"), method == nil, group.limit(memory: memory) {
                method = parent.isUnified ? .cgroup2 : .cgroup1
                isUsed = true
            }
            if parent.controllers.contains("cpu"), !limitsProcessors, let share, group.limit(share) {
                limitsProcessors = true
                isUsed = true
            }
            if isUsed, groups.count < 2 { groups.append(group) }
        }
        self.memory = memory
        self.groups = groups
        self.method = method ?? .dataLimit
        self.limitsProcessors = limitsProcessors
        dataLimit = method == nil ? memory : 0
    }

    /// Open `cgroup.procs` files for a process to enter; -1 for none.
    var entrances: (Int32, Int32) { (groups.first?.entrance ?? -1, groups.count > 1 ? groups[1].entrance : -1) }

    /// Folders of the groups, and where containers see them.
    var views: [(source: String, target: String)] { groups.map { ($0.path, $0.viewPath) } }

    /// The most memory that the group has used, in bytes, pages of the kernel included; nil without a group.
    var peakMemory: Int? {
        for group in groups {
            if let peak = group.peakMemory { return peak }
        }
        return nil
    }

    /// Processes that the kernel has ended because the group had used up its memory.
    var kills: Int { groups.reduce(0) { $0 + $1.kills } }

    /// Changes the share of the processors; false where it is not enforced.
    @discardableResult
    func change(processors: Double, period: Double) -> Bool {
        guard limitsProcessors else { return false }
        return groups.contains { $0.limit(ControlGroup.Share(processors: processors, period: period)) }
    }

    /// Ends all processes of the groups, those that the first one started included.
    func killAll() { for group in groups { group.killAll() } }
}
