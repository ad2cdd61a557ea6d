import CPackSystem
import Glibc
import PackIO

/// Starts a container's process within as many walls as the machine permits.
struct ContainerStart {
    let process: RuntimeProcess
    let network: Network?
    let port: UInt16

    /// Starts the process; each wall that is refused is left out, and remembered.
    init(_ settings: ContainerSettings, _ limit: ResourceLimit, _ sandbox: Sandbox) throws(EmulationError) {
        while true {
            let network = settings.hasOwnNetwork ? Self.network(sandbox) : nil
            let port = network == nil ? try Self.freePort() : settings.port
            do throws(EmulationError) {
                process = try Self.start(settings, limit, sandbox, network, port: port)
                self.network = network
                self.port = port
                return
            } catch {
                guard sandbox.refuse(error) else { throw error }
            }
        }
    }

    static func network(_ sandbox: Sandbox) -> Network? {
        guard sandbox.permits(.network) else { return nil }
        do throws(SystemError) { return try Network() } catch {
            _ = sandbox.refuse(.network, error.code)
            return nil
        }
    }

    /// Starts a program in a network.
    ///
    /// - Parameter port: For `PORT`; nil to leave it unset.
    static func start(
        _ settings: ContainerSettings, _ limit: ResourceLimit, _ sandbox: Sandbox, _ network: Network?, port: UInt16?
    ) throws(EmulationError) -> RuntimeProcess {
        var confinement = Confinement()
        confinement.network = network
        confinement.processors =
            settings.visibleProcessors ?? settings.processors.map { Int(min(max($0, 1), 4096).rounded(.up)) }
        var arguments = settings.arguments
        var folder = settings.folder
        if let root = settings.root {
            // A root without the folders that the program needs would keep it from starting.
            if sandbox.permits(.root), sandbox.permits(.mounts) || settings.systemFolders.isEmpty {
                confinement.root = root
                if sandbox.permits(.mounts) { try addMounts(&confinement, root, settings, limit) }
            } else {
                let programs = arguments.first == translator ? 2 : 1
                for index in arguments.indices.prefix(programs) { arguments[index] = root + arguments[index] }
                folder = root + folder
            }
        }
        if let user = settings.user, sandbox.permits(.user) { confinement.user = user }
        var variables = settings.environment
        if variables["PORT"] == nil, let port { variables["PORT"] = String(port) }
        return try RuntimeProcess(
            arguments, environment: variables.map { "\($0.key)=\($0.value)" }.sorted(), folder: folder, limit: limit,
            descriptors: settings.descriptors, confinement: confinement)
    }

    /// A read-only root with `/tmp` in memory, and what the system shows of itself.
    private static func addMounts(
        _ confinement: inout Confinement, _ root: String, _ settings: ContainerSettings, _ limit: ResourceLimit
    ) throws(EmulationError) {
        confinement.isReadOnly = true
        if let bytes = settings.scratch {
            try makeFolder("/tmp", in: root)
            confinement.mounts.append(.init(source: nil, target: root + "/tmp", bytes: bytes))
        }
        for folder in settings.systemFolders where access(folder, F_OK) == 0 {
            try makeFolder(folder, in: root)
            confinement.mounts.append(.init(source: folder, target: root + folder, isReadOnly: true))
        }
        guard settings.showsSystem else { return }
        try makeFolder("/proc", in: root)
        confinement.mounts.append(.init(source: "/proc", target: root + "/proc"))
        for view in limit.views {
            try makeFolder(view.target, in: root)
            confinement.mounts.append(.init(source: view.source, target: root + view.target))
        }
    }

    /// Where a root has the program that runs those of another CPU.
    private static let translator = "/.translator"

    /// Takes a program into a root that runs those of another CPU; what comes before their arguments.
    static func takeTranslator(_ program: String, into root: String) throws(EmulationError) -> String {
        do throws(IOFailure) {
            let file = try MappedFile(path: program)
            try AtomicFile.write(file.withBytes { Array($0) }, to: root + translator, mode: 0o555)
        } catch { throw .system(path: program, code: EIO) }
        return translator
    }

    /// A folder for something to be mounted on; images may have links where it should be, which are not followed.
    static func makeFolder(_ path: String, in root: String) throws(EmulationError) {
        var folder = root
        for part in path.split(separator: "/") {
            folder += "/\(part)"
            var found = stat()
            if lstat(folder, &found) == 0, found.st_mode & S_IFMT == S_IFDIR { continue }
            guard mkdir(folder, 0o755) == 0 else { throw .system(path: folder, code: errno) }
        }
    }

    /// A port of this machine's loopback that nothing listens on.
    static func freePort() throws(EmulationError) -> UInt16 {
        var port: UInt16 = 0
        let listener = pack_listen(0x7F00_0001, 0, 1, &port)
        guard listener >= 0 else { throw .system(path: "127.0.0.1", code: -listener) }
        pack_close(listener)
        return port
    }
}
