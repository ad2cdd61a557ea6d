import Glibc

/// How a process is kept within its memory: a control group where this machine permits one, else the limit on writable memory.
final class MemoryLimit {
    /// What enforces the limit.
    enum Method: String, Sendable {
        /// A control group of version 2: all memory, pages of files included as they are on Lambda.
        case cgroup2 = "cgroup v2"
        /// A control group of version 1, with the same effect.
        case cgroup1 = "cgroup v1"
        /// `RLIMIT_DATA`: writable memory only; mapped files don't count, resident memory is watched and reported.
        case dataLimit = "RLIMIT_DATA"
    }

    let method: Method
    /// An open `cgroup.procs` for the process to enter; -1 without a group.
    let procs: Int32
    /// For `setrlimit`; 0 with a group.
    let dataLimit: Int
    private let group: String?

    init(bytes: Int) {
        for (method, parent) in Self.parents() {
            guard let (group, procs) = Self.makeGroup(in: parent, method, bytes) else { continue }
            self.method = method
            self.group = group
            self.procs = procs
            dataLimit = 0
            return
        }
        method = .dataLimit
        group = nil
        procs = -1
        dataLimit = bytes
    }

    deinit {
        if procs >= 0 { close(procs) }
        guard let group else { return }
        for _ in 0..<100 where rmdir(group) != 0 && errno == EBUSY { usleep(2000) }
    }

    /// The folders of this process's own groups that may have children.
    private static func parents() -> [(Method, String)] {
        var found: [(Method, String)] = []
        for line in read("/proc/self/cgroup").split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { continue }
            let path = parts[2] == "/" ? "" : String(parts[2])
            if parts[1].isEmpty { found.append((.cgroup2, "/sys/fs/cgroup\(path)")) }
            if parts[1] == "memory" { found.append((.cgroup1, "/sys/fs/cgroup/memory\(path)")) }
        }
        return found
    }

    private static func makeGroup(in parent: String, _ method: Method, _ bytes: Int) -> (String, Int32)? {
        if method == .cgroup2, !read("\(parent)/cgroup.subtree_control").contains("memory") { return nil }
        let group = "\(parent)/pack-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        guard mkdir(group, 0o755) == 0 else { return nil }
        let limit = method == .cgroup2 ? "memory.max" : "memory.limit_in_bytes"
        if write("\(group)/\(limit)", String(bytes)) {
            _ = write("\(group)/\(method == .cgroup2 ? "memory.swap.max" : "memory.swappiness")", "0")
            let procs = open("\(group)/cgroup.procs", O_WRONLY | O_CLOEXEC)
            if procs >= 0 { return (group, procs) }
        }
        rmdir(group)
        return nil
    }

    private static func write(_ path: String, _ text: String) -> Bool {
        let file = open(path, O_WRONLY | O_CLOEXEC)
        guard file >= 0 else { return false }
        defer { close(file) }
        return Glibc.write(file, text, text.utf8.count) == text.utf8.count
    }

    /// A small file's text; empty if it cannot be read.
    static func read(_ path: String) -> String {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return "" }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 65536)
        let count = Glibc.read(file, &bytes, bytes.count)
        return String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self)
    }
}
