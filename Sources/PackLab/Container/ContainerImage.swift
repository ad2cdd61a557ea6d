import Glibc
import PackDependencies
import PackIO

/// An image's files, unpacked into a folder that goes with the object, and what its configuration says.
public final class ContainerImage {
    /// The folder that is to be the root.
    public let root: String
    /// `x86_64` or `arm64`, or whatever else it says.
    public let architecture: String
    /// The program and its arguments.
    public private(set) var arguments: [String]
    /// Its variables.
    public let environment: [String: String]
    /// Where it starts.
    public let folder: String
    /// The user that it asks for by number; 65532 where that is root, whom nothing here is run as.
    public let user: UInt32
    /// Whether it asks for root.
    public let asksForRoot: Bool
    /// Bytes of its layers as they are stored.
    public let storedBytes: Int
    /// Bytes of its layers' files.
    public let unpackedBytes: Int
    private let temporary: TemporaryFolder

    /// Unpacks an image.
    ///
    /// - Parameters:
    ///   - path: An OCI image layout in a folder or a tar, or a docker-archive tar.
    ///   - architecture: Which one of several: `x86_64` or `arm64`; nil for the only one.
    /// - Throws: `badImage` for what is no image or cannot be started, `otherArchitecture`, `system`.
    public init(_ path: String, architecture wanted: String? = nil) throws(EmulationError) {
        let tree = try Self.open(path, wanted)
        guard let image = tree.image else {
            throw .badImage(path: path, what: "is not a container image", found: nil, expected: nil, hint: nil)
        }
        if let problem = tree.problems.first {
            throw .badImage(
                path: path, what: "cannot be unpacked", found: "\(problem.path) \(problem.text)", expected: nil,
                hint: nil)
        }
        architecture = ["amd64": "x86_64"][image.platform.architecture] ?? image.platform.architecture
        arguments = image.entrypoint + image.command
        environment = Dictionary(
            image.environment.compactMap { variable in
                variable.firstIndex(of: "=").map {
                    (String(variable[..<$0]), String(variable[variable.index(after: $0)...]))
                }
            }, uniquingKeysWith: { $1 })
        folder = Self.folder(image.workingFolder)
        let asked = try Self.user(image.user, path)
        (user, asksForRoot) = (asked == 0 ? 65532 : asked, asked == 0)
        storedBytes = tree.layers.reduce(0) { $0 + $1.storedBytes }
        unpackedBytes = tree.layers.reduce(0) { $0 + $1.bytes }
        do throws(IOFailure) { temporary = try TemporaryFolder(prefix: "pack-container") } catch {
            throw .system(path: "/tmp", code: EACCES)
        }
        root = temporary.path + "/root"
        try Self.unpack(tree, to: root)
        // Engines make it where it is missing.
        var found = stat()
        if lstat(root + folder, &found) != 0 { try ContainerStart.makeFolder(folder, in: root) }
        guard let program = arguments.first, program.hasPrefix("/"), Self.isProgram(root + program) else {
            throw .badImage(
                path: path, what: "has no program to start", found: arguments.first ?? "no Entrypoint and no Cmd",
                expected: "the path of an executable file in it", hint: nil)
        }
    }

    /// Has another program start it, one that needs nothing but itself: an emulator of another CPU. It is copied into the root.
    public func start(by program: String) throws(EmulationError) {
        arguments.insert(try ContainerStart.takeTranslator(program, into: root), at: 0)
    }

    private static func open(_ path: String, _ architecture: String?) throws(EmulationError) -> FileTree {
        let tree: FileTree
        do throws(TreeError) { tree = try FileTree.open(path, architecture: architecture) } catch {
            if case .platform(_, let wanted?, let found) = error {
                throw .otherArchitecture(
                    path: path, found: found.joined(separator: ", "), expected: wanted)
            }
            throw failure(path, error)
        }
        guard tree.form == .image else {
            throw .badImage(
                path: path, what: "is not a container image", found: "a \(tree.form.rawValue)",
                expected: "an image layout in a tar or a folder",
                hint: "for platforms that take images a bundle is made with: pack slim MODEL --target NAME")
        }
        return tree
    }

    private static func failure(_ path: String, _ error: TreeError) -> EmulationError {
        let facts = error.facts
        return .badImage(
            path: path, what: facts.place.map { "\(facts.what), at \($0)" } ?? facts.what, found: facts.found,
            expected: facts.expected, hint: facts.hint)
    }

    /// Where it starts, if it says so with a path that does not climb.
    private static func folder(_ text: String?) -> String {
        guard let text, text.hasPrefix("/"), !text.split(separator: "/").contains("..") else { return "/" }
        return text
    }

    private static func user(_ text: String?, _ path: String) throws(EmulationError) -> UInt32 {
        guard let name = text?.split(separator: ":", omittingEmptySubsequences: false).first, !name.isEmpty else {
            return 0
        }
        guard let number = UInt32(name) else {
            throw .badImage(
                path: path, what: "asks for a user by name", found: text, expected: "a number", hint: nil)
        }
        return number
    }

    private static func isProgram(_ path: String) -> Bool {
        var found = stat()
        return stat(path, &found) == 0 && found.st_mode & S_IFMT == S_IFREG && found.st_mode & 0o111 != 0
    }

    /// Writes all files, and after them the links, so that none leads out of the folder while files are written.
    private static func unpack(_ tree: FileTree, to root: String) throws(EmulationError) {
        guard mkdir(root, 0o755) == 0 else { throw .system(path: root, code: errno) }
        var failure: EmulationError?
        let files = tree.files.indices.filter { tree.files[$0].link == nil }
        let problems = tree.visit(files, limit: .max) { index, bytes in
            guard failure == nil else { return }
            do throws(EmulationError) { try write(bytes, tree.files[index], to: root) } catch { failure = error }
        }
        if let failure { throw failure }
        if let problem = problems.first {
            throw .badImage(
                path: tree.path, what: "cannot be unpacked", found: "\(problem.path) \(problem.text)", expected: nil,
                hint: nil)
        }
        for file in tree.files {
            guard let link = file.link else { continue }
            makeParents(of: file.path, in: root)
            guard symlink(link, "\(root)/\(file.path)") == 0 else {
                throw .system(path: "\(root)/\(file.path)", code: errno)
            }
        }
    }

    private static func makeParents(of path: String, in root: String) {
        let parents = path.split(separator: "/").dropLast()
        for count in 0..<parents.count { mkdir("\(root)/\(parents[...count].joined(separator: "/"))", 0o755) }
    }

    private static func write(
        _ bytes: UnsafeRawBufferPointer, _ file: TreeFile, to root: String
    ) throws(EmulationError) {
        makeParents(of: file.path, in: root)
        let target = "\(root)/\(file.path)"
        let descriptor = Glibc.open(target, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .system(path: target, code: errno) }
        defer { close(descriptor) }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = Glibc.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
            guard count > 0 else { throw .system(path: target, code: errno) }
            rest = rest.dropFirst(count)
        }
        fchmod(descriptor, mode_t(file.mode & 0o555))
    }
}
