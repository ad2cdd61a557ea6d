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
        let isCompressed = file.withBytes {
            $0.starts(with: [0x1F, 0x8B]) || $0.starts(with: [0x28, 0xB5, 0x2F, 0xFD])
        }
        guard isCompressed else { return nil }
        var files: [File] = []
        let reader = try ArchiveReader(path: path)
        while let entry = try reader.next() {
            guard BundleFiles.names.contains(entry.name) else { return nil }
            files.append((entry.name, max(entry.size, 0)))
        }
        return files.sorted { $0.name < $1.name }
    }

    /// The bytes of a file; nil if the bundle has no such file.
    ///
    /// - Parameter prefix: Whether of a file beyond the limit its first bytes do.
    /// - Throws: As ``read(_:of:limit:arch:allocate:)``.
    public static func bytes(
        of name: String, in path: String, limit: Int, arch: String? = nil, prefix: Bool = false
    ) throws(BundleError) -> [UInt8]? {
        var memory: UnsafeMutableRawBufferPointer?
        defer { memory?.deallocate() }
        let request = BundleRequest(name: name, path: path, limit: limit, arch: arch, takesPrefix: prefix) { size in
            memory = .allocate(byteCount: size, alignment: 16)
            return memory
        }
        return try read(request) ? memory.map { Array($0) } : nil
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
        try withoutActuallyEscaping(allocate) { (allocate) throws(BundleError) in
            try read(
                BundleRequest(
                    name: name, path: path, limit: limit, arch: arch, takesPrefix: false, allocate: allocate))
        }
    }

    private static func read(_ request: BundleRequest) throws(BundleError) -> Bool {
        let path = request.path
        let kind: FileKind?
        let file: MappedFile
        do throws(IOFailure) {
            kind = try FileContents.kind(of: path)
            let inner = "\(path)/\(request.name)"
            if kind == .folder, try FileContents.kind(of: inner) != .regular { return false }
            file = try MappedFile(path: kind == .folder ? inner : path)
        } catch { throw .io(error) }
        if kind == .folder {
            try copy(0..<file.size, of: file, request)
            return true
        }
        if let program = executable(file) {
            let isItself = request.name == "bootstrap"
            guard let place = isItself ? 0..<file.size : program.sections[request.name] else { return false }
            try copy(place, of: file, request)
            return true
        }
        return try readArchive(request)
    }

    private static func copy(
        _ place: Range<Int>, of file: MappedFile, _ request: BundleRequest
    ) throws(BundleError) {
        let memory = try request.memory(for: place.count)
        file.withBytes(in: place) { memory.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0.prefix(memory.count))) }
    }

    private static func readArchive(_ request: BundleRequest) throws(BundleError) -> Bool {
        let layers = try ImageLayers.names(in: request.path, arch: request.arch)
        let reader = try ArchiveReader(path: request.path)
        while let entry = try reader.next() {
            if layers == nil, entry.name == request.name {
                try reader.fill(request.memory(for: entry.size))
                return true
            }
            // A layer of an image is an archive itself.
            guard layers?.contains(entry.name) == true, let layer = try ArchiveReader(layerOf: reader) else { continue }
            while let inner = try layer.next() {
                guard inner.name == request.name else { continue }
                try layer.fill(request.memory(for: inner.size))
                return true
            }
        }
        return false
    }
}

/// A file that is asked for, and where its bytes go.
struct BundleRequest {
    let name: String
    let path: String
    let limit: Int
    var arch: String?
    /// Whether of a file beyond the limit its first bytes do.
    let takesPrefix: Bool
    let allocate: (Int) -> UnsafeMutableRawBufferPointer?

    /// Where a file of so many bytes goes, all of it or its first bytes.
    func memory(for size: Int) throws(BundleError) -> UnsafeMutableRawBufferPointer {
        guard size >= 0, takesPrefix || size <= limit else {
            throw .unreadable(path: path, message: "\(name) has \(size) bytes, more than \(limit)")
        }
        let wanted = min(size, limit)
        guard let memory = allocate(wanted), memory.count >= wanted else {
            throw .unreadable(path: path, message: "no memory for \(name)")
        }
        return UnsafeMutableRawBufferPointer(rebasing: memory[..<wanted])
    }
}
