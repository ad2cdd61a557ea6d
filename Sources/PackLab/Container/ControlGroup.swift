import Glibc

/// A control group that was made below one of this process's own, and goes with the object.
package final class ControlGroup {
    /// A group that may have children.
    package struct Parent {
        package let path: String
        package let controllers: [String]
        /// Whether it is of version 2.
        package let isUnified: Bool
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

    /// Where control groups are mounted.
    package static let root = "/sys/fs/cgroup"

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
    var viewPath: String { parent.isUnified ? ControlGroup.root : "\(ControlGroup.root)/\(parent.controllers[0])" }

    /// The groups of this process that may have children.
    static func parents() -> [Parent] {
        var found: [Parent] = []
        for line in SmallFile.text("/proc/self/cgroup").split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { continue }
            let path = parts[2] == "/" ? "" : String(parts[2])
            let controllers = parts[1].split(separator: ",").map(String.init)
            if parts[1].isEmpty {
                if let parent = unifiedParent(above: "\(root)\(path)") { found.append(parent) }
            } else if controllers.contains("memory") || controllers.contains("cpu") {
                let wanted = controllers.contains("memory") ? "memory" : "cpu"
                found.append(Parent(path: "\(root)/\(wanted)\(path)", controllers: [wanted], isUnified: false))
            }
        }
        return found
    }

    /// The nearest group of version 2, from a process's own upwards, that hands memory or processors on to groups below it and
    /// may be written to: groups that hold processes hand nothing on.
    package static func unifiedParent(above folder: String, root: String = root) -> Parent? {
        var folder = folder
        while folder.hasPrefix(root) {
            let text = SmallFile.text("\(folder)/cgroup.subtree_control")
            let granted = text.split { $0 == " " || $0 == "\n" }.map(String.init)
            if granted.contains("memory") || granted.contains("cpu"), access("\(folder)/cgroup.procs", W_OK) == 0 {
                return Parent(path: folder, controllers: granted, isUnified: true)
            }
            guard let end = folder.lastIndex(of: "/") else { break }
            folder = String(folder[..<end])
        }
        return nil
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
