import Glibc
import PackFormats
import PackIO

/// What Lambda starts: an unpacked bundle, or an image.
final class LambdaProgram {
    /// The program and its arguments, below its root.
    let arguments: [String]
    /// The folder of the task, below its root.
    let taskFolder: String
    /// Its root; nil for a folder among this machine's files.
    let root: String?
    /// Folders of this machine that stand for those of Lambda's system.
    let systemFolders: [String]
    /// Variables that an image sets.
    let environment: [String: String]
    /// The user that it runs as; nil for this process's.
    let user: UInt32?
    /// Bytes of all files.
    let unpackedBytes: Int
    private let temporary: TemporaryFolder?
    private let image: ContainerImage?

    /// Unpacks a zip (a tar works as well) into a root that holds nothing else; where its bootstrap needs an interpreter or shared
    /// libraries, this machine's appear there too.
    init(bundle: String, settings: LambdaSettings) throws(EmulationError) {
        let temporary: TemporaryFolder
        do throws(IOFailure) {
            temporary = try TemporaryFolder(prefix: "pack-lambda")
        } catch { throw .system(path: "/tmp", code: EACCES) }
        let root = "\(temporary.path)/root"
        guard mkdir(root, 0o755) == 0 else { throw .system(path: root, code: errno) }
        taskFolder = "/var/task"
        try ContainerStart.makeFolder(taskFolder, in: root)
        let program = "\(taskFolder)/bootstrap"
        unpackedBytes = try BundleUnpacker(folder: root + taskFolder, limit: settings.unpackedLimit).unpack(bundle)
        try Self.checkBootstrap(root + program, bundle)
        let translator = try settings.translator.map { (path) throws(EmulationError) in
            try ContainerStart.takeTranslator(path, into: root)
        }
        arguments = (translator.map { [$0] } ?? []) + [program]
        systemFolders =
            Self.isStatic(root + program) ? [] : ["bin", "dev", "etc", "lib", "lib64", "sbin", "usr"].map { "/\($0)" }
        (self.root, self.temporary, user, environment, image) = (root, temporary, LambdaEmulator.user, [:], nil)
    }

    /// Takes an image that has been unpacked.
    init(_ image: ContainerImage) {
        self.image = image
        temporary = nil
        (arguments, environment, user) = (image.arguments, image.environment, image.user)
        taskFolder = image.folder
        root = image.root
        unpackedBytes = image.unpackedBytes
        systemFolders = []
    }

    /// Takes a bundle that is unpacked already, in a folder that stays.
    init(folder: String) {
        taskFolder = folder
        arguments = ["\(folder)/bootstrap"]
        (root, user, environment, image, temporary) = (nil, nil, [:], nil, nil)
        unpackedBytes = 0
        systemFolders = []
    }

    private static func checkBootstrap(_ path: String, _ bundle: String) throws(EmulationError) {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw .noBootstrap(path: bundle)
        }
        guard status.st_mode & 0o111 != 0 else { throw .notExecutable(path: bundle) }
    }

    /// Whether a program needs no file beside its own.
    private static func isStatic(_ path: String) -> Bool {
        guard let file = try? MappedFile(path: path), let program = try? file.withBytes({ try ELFFile($0) }) else {
            return false
        }
        return program.interpreter == nil && program.needed.isEmpty
    }

    /// The container that it is started in.
    ///
    /// - Parameter api: The address of the Runtime API.
    func container(_ settings: LambdaSettings, api: String) -> ContainerSettings {
        var container = ContainerSettings(arguments: arguments)
        let platform = settings.variables(folder: root == nil ? taskFolder : "/var/task", api: api)
        // An image's own path counts; everything else is the platform's.
        container.environment = environment.merging(platform) { $1 }
        if let path = environment["PATH"] { container.environment["PATH"] = path }
        container.root = root
        container.systemFolders = systemFolders
        container.folder = taskFolder
        container.user = user
        container.memory = settings.size.memory
        container.processors = settings.size.processors
        container.visibleProcessors = settings.size.visibleProcessors
        container.period = settings.period
        container.scratch = settings.scratch
        container.showsSystem = true
        container.descriptors = settings.descriptors
        return container
    }
}
