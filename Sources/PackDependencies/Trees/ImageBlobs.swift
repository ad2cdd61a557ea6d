import Glibc
import PackFormats
import PackIO

/// Bytes of a file in an image: a whole file of a layout's folder, or a part of a tar.
struct ImageBlob: Sendable {
    let file: MappedFile
    let range: Range<Int>
    /// Bytes that vanish read as zeros, which digests show.
    let mappingGuard: MappingGuard?

    var count: Int { range.count }

    /// Whether the file still has the bytes that it had when it was opened.
    var isWhole: Bool {
        var status = stat()
        return stat(file.path, &status) == 0 && Int(status.st_size) >= file.size
    }

    /// Lends the bytes.
    func withBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try file.withBytes(in: range, body)
    }
}

/// Where the files of an image are.
enum ImageStore {
    /// An image layout in a folder, out of which nothing leads.
    case folder(ContainedFolder)
    /// A layout, or a docker-archive, in a tar.
    case tar(MappedFile, TarIndex, MappingGuard?)

    /// The most bytes of a document.
    static let documentLimit = 16 << 20

    /// Opens a folder, or a tar.
    init(_ path: String) throws(TreeError) {
        let kind = try TreeError.reading { () throws(IOFailure) in try FileContents.kind(of: path) }
        if kind == .folder {
            self = .folder(try TreeError.reading { () throws(IOFailure) in try ContainedFolder(path: path) })
            return
        }
        let file = try TreeError.reading { () throws(IOFailure) in try MappedFile(path: path) }
        let mappingGuard = MappingGuard(file)
        guard file.withBytes({ TarIndex.recognizes($0) }) else {
            throw .unknownForm(path: path, found: "no tar", hint: FileTree.unpackingHint(file))
        }
        self = .tar(file, try TreeError.parsing { () throws(FormatFailure) in try TarIndex(file) }, mappingGuard)
    }

    /// The path by which it was opened.
    var path: String {
        switch self {
        case .folder(let folder): folder.path
        case .tar(let file, _, _): file.path
        }
    }

    /// A file by its name, with `/` between components; nil if it is not there.
    func file(_ name: String) throws(TreeError) -> ImageBlob? {
        switch self {
        case .tar(let file, let index, let mappingGuard):
            return index.range(of: name).map { ImageBlob(file: file, range: $0, mappingGuard: mappingGuard) }
        case .folder(var folder):
            var parts = name.split(separator: "/").map(String.init)
            guard let last = parts.popLast() else { return nil }
            do throws(IOFailure) {
                for part in parts {
                    guard folder.contains(part) else { return nil }
                    folder = try folder.folder(part)
                }
                guard folder.contains(last) else { return nil }
                let file = try folder.mapped(last)
                return ImageBlob(file: file, range: 0..<file.size, mappingGuard: MappingGuard(file))
            } catch {
                throw .io(error)
            }
        }
    }

    /// The bytes of a small file that must be there.
    func document(_ name: String) throws(TreeError) -> [UInt8] {
        guard let blob = try file(name) else { throw missing(name) }
        guard blob.count <= Self.documentLimit else {
            throw .image(
                path: path, place: name, what: "has too large a document", found: "\(blob.count) bytes",
                expected: "at most \(Self.documentLimit)")
        }
        return blob.withBytes { Array($0) }
    }

    /// The blob that a descriptor names, its size and digest checked.
    func blob(_ descriptor: ImageDescriptor, _ role: String) throws(TreeError) -> ImageBlob {
        let name = "blobs/sha256/\(descriptor.digest)"
        guard let blob = try file(name) else { throw missing("\(role) \(name)") }
        guard blob.count == descriptor.bytes else {
            throw .image(
                path: path, place: "\(role) \(name)", what: "has a blob of another size than stated",
                found: "\(blob.count) bytes", expected: "\(descriptor.bytes) bytes")
        }
        try check(blob, descriptor.digest, "\(role) \(name)")
        return blob
    }

    /// Compares the digest of bytes with the one by which they are named.
    func check(_ blob: ImageBlob, _ digest: String, _ place: String) throws(TreeError) {
        let found = blob.withBytes { SHA256Digest(of: $0).hex }
        guard found == digest else {
            throw .image(
                path: path, place: place, what: "has a file of another digest than stated", found: "sha256:\(found)",
                expected: "sha256:\(digest)")
        }
    }

    func missing(_ place: String) -> TreeError {
        .image(path: path, place: place, what: "is incomplete", found: "no such file", expected: "the file")
    }
}
