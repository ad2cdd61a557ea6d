import CPackSystem
import Glibc

/// What a program is kept from beside memory and processor time: other files, other users' rights, the network.
struct Confinement {
    /// A folder in its view of files.
    struct Mount {
        /// What appears there; nil for an empty one in memory.
        var source: String?
        /// Where, as this process sees it.
        var target: String
        /// Bytes of the one in memory.
        var bytes = 0
        var isReadOnly = false
    }

    /// The folder that becomes its root.
    var root: String?
    /// Whether the root is read-only for everybody.
    var isReadOnly = false
    var mounts: [Mount] = []
    var network: Network?
    /// User and group that it becomes; nil for this process's.
    var user: UInt32?
    /// How many of this process's processors it may use.
    var processors: Int?

    /// Lends it as C has it.
    func withOptions<Result>(_ body: (UnsafePointer<pack_confinement>) -> Result) -> Result {
        let list = CStrings(
            [root ?? ""] + mounts.flatMap { [$0.source ?? "", $0.target, "size=\($0.bytes),mode=1777"] })
        let items = mounts.indices.map { index in
            pack_mount(
                source: mounts[index].source == nil ? nil : UnsafePointer(list.pointers[1 + index * 3]),
                target: UnsafePointer(list.pointers[2 + index * 3]),
                options: UnsafePointer(list.pointers[3 + index * 3]), read_only: mounts[index].isReadOnly ? 1 : 0)
        }
        return items.withUnsafeBufferPointer { items in
            var options = pack_confinement()
            options.root = root == nil ? nil : UnsafePointer(list.pointers[0])
            options.read_only = isReadOnly ? 1 : 0
            options.mounts = items.baseAddress
            options.mount_count = items.count
            options.network = network?.descriptor ?? -1
            options.user = user ?? 0
            options.processors = UInt32(clamping: processors ?? 0)
            return withExtendedLifetime(list) { body(&options) }
        }
    }
}

/// A network that has nothing but loopback.
final class Network {
    /// The namespace.
    let descriptor: Int32

    /// Makes one.
    ///
    /// - Throws: The system's error number.
    init() throws(SystemError) {
        let result = pack_network_create()
        guard result >= 0 else { throw SystemError(code: -result) }
        descriptor = result
    }

    deinit { close(descriptor) }

    /// Does something in it: sockets that are made meanwhile belong to it.
    func inside<Result>(_ body: () -> Result) -> Result {
        let previous = pack_network_enter(descriptor)
        defer { if previous >= 0 { pack_network_leave(previous) } }
        return body()
    }
}

/// What the system said.
struct SystemError: Error {
    let code: Int32

    /// In words.
    var text: String { String(cString: strerror(code)) }
}
