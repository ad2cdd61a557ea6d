import Glibc
import PackIO

/// What Lambda starts: a bundle unpacked into a folder, or an image.
final class LambdaProgram {
    /// The program and its arguments, below its root.
    let arguments: [String]
    /// The folder of the task, below its root.
    let taskFolder: String
    /// An image's root; nil for a bundle among this machine's files.
    let root: String?
    /// Variables that an image sets.
    let environment: [String: String]
    /// The user of an image.
    let user: UInt32?
    /// Bytes of all files.
    let unpackedBytes: Int
    private let temporary: TemporaryFolder?
    private let image: ContainerImage?

    /// Unpacks a zip (a tar works as well) into a folder that is read-only.
    init(bundle: String, settings: LambdaSettings) throws(EmulationError) {
        let temporary: TemporaryFolder
        do throws(IOFailure) {
            temporary = try TemporaryFolder(prefix: "pack-lambda")
        } catch { throw .system(path: "/tmp", code: EACCES) }
        let folder = "\(temporary.path)/task"
        guard mkdir(folder, 0o755) == 0 else { throw .system(path: folder, code: errno) }
        self.temporary = temporary
        taskFolder = folder
        arguments = settings.launcher + ["\(folder)/bootstrap"]
        (root, user, environment, image) = (nil, nil, [:], nil)
        unpackedBytes = try BundleUnpacker(folder: folder, limit: settings.unpackedLimit).unpack(bundle)
        try checkBootstrap(bundle)
    }

    /// Takes an image that has been unpacked.
    init(_ image: ContainerImage) {
        self.image = image
        temporary = nil
        (arguments, environment, user) = (image.arguments, image.environment, image.user)
        taskFolder = image.folder
        root = image.root
        unpackedBytes = image.unpackedBytes
    }

    /// Takes a bundle that is unpacked already, in a folder that stays.
    init(folder: String) {
        taskFolder = folder
        arguments = ["\(folder)/bootstrap"]
        (root, user, environment, image, temporary) = (nil, nil, [:], nil, nil)
        unpackedBytes = 0
    }

    private func checkBootstrap(_ bundle: String) throws(EmulationError) {
        var status = stat()
        guard stat("\(taskFolder)/bootstrap", &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw .noBootstrap(path: bundle)
        }
        guard status.st_mode & 0o111 != 0 else { throw .notExecutable(path: bundle) }
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
