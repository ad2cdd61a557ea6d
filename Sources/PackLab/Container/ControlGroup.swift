import Glibc

/// A control group that was made below one of this process's own, and goes with the object.
final class ControlGroup {
    /// A group that may have children.
    struct Parent {
        let path: String
        let controllers: [String]
        /// Whether it is of version 2.
        let isUnified: Bool
    }

    /// Processor time in a period.
    struct Share {
        let quota: Int
        let period: Int

        /// In microseconds; the kernel takes no quota below one millisecond.
        init(processors: Double, period: Double) {
            let period = min(max(period, 0.001), 1) * 1e6
            self.period = Int(period)
            quota = max(Int((min(max(processors, 0), 1e4) * period).rounded()), 1000)
        }
    }

    let path: String
    /// An open `cgroup.procs`.
    let entrance: Int32
    private let parent: Parent

    init?(_ parent: Parent) {
        self.parent = parent
        path = "\(parent.path)/pack-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        guard mkdir(path, 0o755) == 0 else { return nil }
        entrance = open("\(path)/cgroup.procs", O_WRONLY | O_CLOEXEC)
        if entrance < 0 {
            rmdir(path)
            return nil
        }
    }

    deinit {
        close(entrance)
        killAll()
        for _ in 0..<100 where rmdir(path) != 0 && errno == EBUSY { usleep(2000) }
    }

    /// Where a container sees it.
    var viewPath: String { parent.isUnified ? "/sys/fs/cgroup" : "/sys/fs/cgroup/\(parent.controllers[0])" }

    /// The groups of this process that may have children.
    static func parents() -> [Parent] {
        var found: [Parent] = []
        for line in SmallFile.text("/proc/self/cgroup").split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { continue }
            let path = parts[2] == "/" ? "" : String(parts[2])
            let controllers = parts[1].split(separator: ",").map(String.init)
            if parts[1].isEmpty {
                let folder = "/sys/fs/cgroup\(path)"
                let granted = SmallFile.text("\(folder)/cgroup.subtree_control").split { $0 == " " || $0 == "\n" }
                if granted.isEmpty { continue }
                found.append(Parent(path: folder, controllers: granted.map(String.init), isUnified: true))
            } else if controllers.contains("memory") || controllers.contains("cpu") {
                let wanted = controllers.contains("memory") ? "memory" : "cpu"
                found.append(Parent(path: "/sys/fs/cgroup/\(wanted)\(path)", controllers: [wanted], isUnified: false))
            }
        }
        return found
    }

    func limit(memory: Int) -> Bool {
        let name = parent.isUnified ? "memory.max" : "memory.limit_in_bytes"
        guard SmallFile.write(String(memory), to: "\(path)/\(name)") else { return false }
        _ = SmallFile.write("0", to: "\(path)/\(parent.isUnified ? "memory.swap.max" : "memory.swappiness")")
        return true
    }

    func limit(_ share: Share) -> Bool {
        if parent.isUnified { return SmallFile.write("\(share.quota) \(share.period)", to: "\(path)/cpu.max") }
        // The quota of a group may not be less than those below it, and a period not be changed to make it more.
        _ = SmallFile.write("-1", to: "\(path)/cpu.cfs_quota_us")
        return SmallFile.write(String(share.period), to: "\(path)/cpu.cfs_period_us")
            && SmallFile.write(String(share.quota), to: "\(path)/cpu.cfs_quota_us")
    }

    var peakMemory: Int? {
        number(parent.isUnified ? "memory.peak" : "memory.max_usage_in_bytes")
    }

    /// `oom_kill N` of the group's events.
    var kills: Int {
        let text = SmallFile.text("\(path)/\(parent.isUnified ? "memory.events" : "memory.oom_control")")
        for line in text.split(separator: "\n") where line.hasPrefix("oom_kill ") {
            return Int(line.dropFirst("oom_kill ".count)) ?? 0
        }
        return 0
    }

    func killAll() {
        for line in SmallFile.text("\(path)/cgroup.procs").split(separator: "\n") {
            if let process = Int32(line) { kill(process, SIGKILL) }
        }
    }

    private func number(_ name: String) -> Int? {
        Int(SmallFile.text("\(path)/\(name)").prefix { $0 != "\n" })
    }
}
