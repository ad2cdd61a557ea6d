import PackIO

/// Reads files out of a bundle of any form: a zip, a tar, compressed or not, the tar of an image, an executable that holds its plan,
/// or a folder.
public enum BundleReader {
    /// Whether a file may be a bundle: a zip, a tar, a compressed file or an executable with a plan, by its bytes.
    public static func isBundle(_ path: String) -> Bool {
        guard let file = try? MappedFile(path: path) else { return false }
        let starts: [[UInt8]] = [[0x50, 0x4B, 0x03, 0x04], [0x1F, 0x8B], [0x28, 0xB5, 0x2F, 0xFD]]
        let isArchive = file.withBytes { bytes in
            starts.contains { bytes.starts(with: $0) } || bytes.dropFirst(257).starts(with: "ustar".utf8)
        }
        return isArchive || executable(file) != nil
    }

    /// An executable that holds its plan; nil for another file.
    private static func executable(_ file: MappedFile) -> ExecutableReader? {
        ExecutableReader(file).flatMap { $0.sections["model.pack"] == nil ? nil : $0 }
    }

    /// A file of a bundle and its bytes.
    public typealias File = (name: String, bytes: Int)

    /// The files of an executable that holds its plan, itself included, or of a compressed tar, sorted by name; nil for other forms.
    ///
    /// - Throws: `BundleError.unreadable` for a damaged archive.
    public static func files(in path: String) throws(BundleError) -> [File]? {
        guard let file = try? MappedFile(path: path) else { return nil }
        if let program = executable(file) {
            let inner = InnerPlan.sectionNames.compactMap { name in program.sections[name].map { (name, $0.count) } }
            let documents = inner.filter { $0.0.hasSuffix(".json") }
            return ([("bootstrap", file.size)] + documents).sorted { $0.0 < $1.0 }
        }
        let isCompressed = file.withBytes { $0.starts(with: [0x1F, 0x8B]) || $0.starts(with: [0x28, 0xB5, 0x2F, 0xFD]) }
        guard isCompressed else { return nil }
        var files: [File] = []
        let reader = try ArchiveReader(path: path)
        while let entry = try reader.next() { files.append((entry.name, max(entry.size, 0))) }
        return files.sorted { $0.name < $1.name }
    }

    /// The bytes of a file; nil if the bundle has no such file.
    ///
    /// - Throws: As ``read(_:of:limit:arch:allocate:)``.
    public static func bytes(
        of name: String, in path: String, limit: Int, arch: String? = nil
    ) throws(BundleError) -> [UInt8]? {
        var memory: UnsafeMutableRawBufferPointer?
        defer { memory?.deallocate() }
        let isFound = try read(name, of: path, limit: limit, arch: arch) { size in
            memory = .allocate(byteCount: size, alignment: 16)
            return memory
        }
        return isFound ? memory.map { Array($0) } : nil
    }

    /// Gives the size of a file and then its bytes, in memory of the caller's choosing.
    ///
    /// - Parameters:
    ///   - name: The file.
    ///   - path: The bundle. An executable that holds its plan is its own `bootstrap`.
    ///   - limit: Bytes that the file may have.
    ///   - arch: Of an image for several architectures the one that is read, `x86_64` or `arm64`; the first if not given.
    ///   - allocate: Called once with the file's size; nil gives up for want of memory.
    /// - Returns: Whether the bundle has such a file.
    /// - Throws: `BundleError.unreadable` for a damaged bundle, or a file over the limit or of another size than it says.
    public static func read(
        _ name: String, of path: String, limit: Int, arch: String? = nil,
        allocate: (Int) -> UnsafeMutableRawBufferPointer?
    ) throws(BundleError) -> Bool {
        let kind: FileKind?
        let file: MappedFile?
        do throws(IOFailure) {
            kind = try FileContents.kind(of: path)
            let inner = "\(path)/\(name)"
            if kind == .folder, try FileContents.kind(of: inner) != .regular { return false }
            file = try MappedFile(path: kind == .folder ? inner : path)
        } catch { throw .io(error) }
        if let file, kind == .folder {
            try copy(0..<file.size, of: file, name, path, limit, allocate)
            return true
        }
        if let file, let program = executable(file) {
            guard let place = name == "bootstrap" ? 0..<file.size : program.sections[name] else { return false }
            try copy(place, of: file, name, path, limit, allocate)
            return true
        }
        return try readArchive(name, of: path, limit, arch, allocate)
    }

    private static func copy(
        _ place: Range<Int>, of file: MappedFile, _ name: String, _ path: String, _ limit: Int,
        _ allocate: (Int) -> UnsafeMutableRawBufferPointer?
    ) throws(BundleError) {
        guard place.count <= limit else {
            throw .unreadable(path: path, message: "\(name) has \(place.count) bytes, more than \(limit)")
        }
        guard let memory = allocate(place.count), memory.count >= place.count else {
            throw .unreadable(path: path, message: "no memory for \(name)")
        }
        file.withBytes(in: place) { memory.copyMemory(from: $0) }
    }

    private static func readArchive(
        _ name: String, of path: String, _ limit: Int, _ arch: String?,
        _ allocate: (Int) -> UnsafeMutableRawBufferPointer?
    ) throws(BundleError) -> Bool {
        let layers = try ImageLayers.names(in: path, arch: arch)
        let reader = try ArchiveReader(path: path)
        while let entry = try reader.next() {
            if layers == nil, entry.name == name {
                try reader.fill(entry, limit: limit, allocate)
                return true
            }
            // A layer of an image is an archive itself.
            guard layers?.contains(entry.name) == true, let layer = try ArchiveReader(layerOf: reader) else { continue }
            while let inner = try layer.next() {
                guard inner.name == name else { continue }
                try layer.fill(inner, limit: limit, allocate)
                return true
            }
        }
        return false
    }
}
