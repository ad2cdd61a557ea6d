import PackFormats

/// The compiled files of a tree, and where they can run.
public struct Binaries: Sendable {
    /// A compiled file.
    public struct Binary: Sendable {
        /// Index into the tree's files.
        public var file: Int
        /// Index of its package.
        public var package: Int?
        /// What its headers say.
        public var elf: ELFFile
        /// What provides the libraries that it needs, in their order.
        public var providers: [LibraryProvider] = []
    }

    /// A compiled file of another operating system.
    public struct Foreign: Hashable, Sendable {
        /// Index into the tree's files.
        public var file: Int
        /// The system: `Windows`, `macOS`.
        public var system: String
    }

    /// A version that a file needs.
    public struct Needed: Hashable, Sendable {
        /// The version.
        public var version: DottedVersion
        /// Index of the file in the tree.
        public var file: Int
        /// Index of its package.
        public var package: Int?
    }

    /// The ELF files in the order of the tree's files.
    public internal(set) var all: [Binary] = []
    /// Files of other systems.
    public internal(set) var foreign: [Foreign] = []
    /// Files that begin as ELF files and are none, or could not be read.
    public internal(set) var problems: [TreeProblem] = []
    /// What would keep them from running on the target, and doubts.
    public internal(set) var findings: [BinaryFinding] = []

    /// The most bytes of a file that are looked at.
    package static let fileLimit = 2 << 30

    /// Reads the compiled files.
    /// - Parameter target: What they are judged for; `nil` leaves out what depends on it.
    public init(_ tree: FileTree, _ installed: InstalledPackages, target: TargetEnvironment?) {
        read(tree, installed)
        var judge = BinaryJudge(tree, installed, target)
        judge.judge(&self)
    }

    private mutating func read(_ tree: FileTree, _ installed: InstalledPackages) {
        let candidates = tree.files.indices.filter { BinaryNames.isCandidate(tree.files[$0]) }
        let found = tree.read(candidates, limit: Binaries.fileLimit) { Content($1) }
        problems = found.problems
        for (file, content) in found.results.sorted(by: { $0.file < $1.file }) {
            switch content {
            case .elf(let elf): all.append(Binary(file: file, package: installed.package(ofFile: file), elf: elf))
            case .foreign(let system): foreign.append(Foreign(file: file, system: system))
            case .broken(let words): problems.append(TreeProblem(path: tree.files[file].path, text: words))
            case .other: break
            }
        }
    }

    /// What the bytes of a file are.
    private enum Content {
        case elf(ELFFile)
        case foreign(String)
        case broken(String)
        case other

        init(_ bytes: UnsafeRawBufferPointer) {
            guard ELFFile.begins(bytes) else {
                self = BinaryNames.system(bytes).map { .foreign($0) } ?? .other
                return
            }
            do throws(ELFFailure) {
                self = .elf(try ELFFile(bytes))
            } catch {
                self = .broken(error.problem.words)
            }
        }
    }

    /// The Python releases that extension modules are for by their names, such as `[3, 12]` (PEP 3149).
    public func pythons(in tree: FileTree) -> Set<[Int]> {
        Set(all.compactMap { BinaryNames.python(ofExtension: tree.files[$0.file].name) })
    }

    /// The highest version of a family of symbols that any file for this kind of processor needs: `GLIBC`, `GLIBCXX`,
    /// `CXXABI`.
    public func highest(_ family: String, architecture: String? = nil) -> Needed? {
        var highest: Needed?
        for binary in all where architecture == nil || binary.elf.architecture == architecture {
            guard let version = binary.elf.highestVersion(family) else { continue }
            if highest.map({ $0.version < version }) ?? true {
                highest = Needed(version: version, file: binary.file, package: binary.package)
            }
        }
        return highest
    }
}

/// What file names and first bytes say about compiled files.
enum BinaryNames {
    /// Whether a file may be a compiled one; the others are not opened. Executables without a suffix are told by their
    /// mode or
    /// their folder.
    static func isCandidate(_ file: TreeFile) -> Bool {
        guard file.link == nil else { return false }
        // A library that is shorter than any header is broken.
        if file.path.endsInBytes(".so") { return true }
        guard file.bytes >= 52 else { return false }
        let name = file.name.utf8
        if name.elementsEqual("__init__.py".utf8) { return false }
        guard let dot = name.lastIndex(of: UInt8(ascii: ".")), dot != name.startIndex else {
            return file.mode & 0o111 != 0 || isInBin(file.path)
        }
        let suffix = Substring(name[dot...])
        if known.contains(where: { suffix.utf8.elementsEqual($0.utf8) }) { return true }
        if isText(suffix) { return false }
        return isVersionedLibrary(file.name) || file.mode & 0o111 != 0
    }

    private static let known = [".so", ".dll", ".pyd", ".dylib", ".exe", ".bin"]

    private static func isText(_ suffix: Substring) -> Bool {
        [".py", ".sh", ".pyc", ".h", ".txt", ".md", ".json", ".pl", ".bat", ".cmake"].contains {
            suffix.utf8.elementsEqual($0.utf8)
        }
    }

    /// Whether a name is `libx.so.1.2`.
    static func isVersionedLibrary(_ name: Substring) -> Bool {
        var rest = name.utf8[...]
        while let last = rest.last, (0x30...0x39).contains(last) || last == UInt8(ascii: ".") { rest = rest.dropLast() }
        return rest.suffix(3).elementsEqual(".so".utf8)
    }

    private static func isInBin(_ path: String) -> Bool {
        PathParts.name(PathParts.folder(path)).elementsEqual("bin")
    }

    /// The system of an executable by its first bytes: `MZ` (PE), or one of the magic numbers of Mach-O.
    static func system(_ bytes: UnsafeRawBufferPointer) -> String? {
        guard bytes.count >= 4 else { return nil }
        if bytes[0] == 0x4D, bytes[1] == 0x5A { return "Windows" }
        let magic = bytes.loadUnaligned(as: UInt32.self)
        return [0xFEED_FACE, 0xFEED_FACF, 0xCEFA_EDFE, 0xCFFA_EDFE, 0xBEBA_FECA].contains(magic) ? "macOS" : nil
    }

    /// The Python that an extension module is for, such as `[3, 12]` for `x.cpython-312-x86_64-linux-gnu.so` (PEP
    /// 3149);
    /// `nil` for other names.
    static func python(ofExtension name: Substring) -> [Int]? {
        guard name.endsInBytes(".so") else { return nil }
        for part in name.split(separator: ".").dropFirst() where part.beginsInBytes("cpython-3") {
            let digits = part.dropFirst(9).prefix { $0.isASCII && $0.isNumber }
            guard let minor = Int(digits), digits.count <= 3 else { return nil }
            return [3, minor]
        }
        return nil
    }
}
