import Glibc

/// Reads files below a folder, one after the other, and none outside it.
///
/// It goes down by descriptors, and follows no link on the way. Files in order of their paths share the opened folders.
public struct FolderReader: ~Copyable {
    /// Bytes up to which a file is copied; larger ones are mapped.
    private static let copiedBytes = 256 << 10
    private let folder: String
    /// The opened folders, the root first, and the component by which each was reached.
    private var opened: [(name: [UInt8], descriptor: Int32)]
    private let buffer: UnsafeMutableRawBufferPointer

    /// Opens a folder.
    public init(folder: String) throws(IOFailure) {
        let root = retrying { Glibc.open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
        guard root >= 0 else { throw .system(.list, path: folder, code: errno) }
        self.folder = folder
        opened = [([], root)]
        buffer = .allocate(byteCount: Self.copiedBytes, alignment: 16)
    }

    deinit {
        for folder in opened { close(folder.descriptor) }
        buffer.deallocate()
    }

    /// Lends the bytes of a file.
    /// - Parameters:
    ///   - path: Its path below the folder, as ``EscapedPath`` shows it.
    ///   - limit: The most bytes that are lent; of a larger file the first ones.
    /// - Throws: ``IOFailure/truncated(path:bytes:expected:)``, after `body` saw zeros in place of what was missing, for a
    ///   file that was shortened meanwhile.
    public mutating func withBytes(
        of path: String, limit: Int, _ body: (UnsafeRawBufferPointer) -> Void
    ) throws(IOFailure) {
        let file = try opened(path)
        defer { close(file) }
        let full = "\(folder)/\(path)"
        let size = min(try Self.size(of: file, full), max(0, limit))
        if size <= Self.copiedBytes { return try lendCopied(file, size, full, body) }
        guard GuardedMapping.withBytes(of: file, count: size, body) != nil else {
            throw .system(.map, path: full, code: ENOMEM)
        }
        let now = try Self.size(of: file, full)
        guard now >= size else { throw .truncated(path: full, bytes: now, expected: size) }
    }

    private func lendCopied(
        _ file: Int32, _ size: Int, _ path: String, _ body: (UnsafeRawBufferPointer) -> Void
    ) throws(IOFailure) {
        var filled = 0
        while filled < size {
            let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[filled..<size])
            let got = retrying { read(file, rest.baseAddress, rest.count) }
            guard got >= 0 else { throw .system(.read, path: path, code: errno) }
            guard got > 0 else { throw .truncated(path: path, bytes: filled, expected: size) }
            filled += got
        }
        body(UnsafeRawBufferPointer(rebasing: buffer[..<size]))
    }

    private static func size(of file: Int32, _ path: String) throws(IOFailure) -> Int {
        var status = stat()
        guard fstat(file, &status) == 0 else { throw .system(.status, path: path, code: errno) }
        let kind = FileKind(mode: status.st_mode)
        guard kind == .regular else { throw .notRegular(path: path, found: kind) }
        return Int(status.st_size)
    }

    /// Opens a file, going down from the nearest folder that is open.
    private mutating func opened(_ path: String) throws(IOFailure) -> Int32 {
        let parts = EscapedPath.bytes(path).split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        for part in parts where part.isEmpty || part == [0x2E] || part == [0x2E, 0x2E] || part.contains(0) {
            throw .unsafeName(path, folder: folder)
        }
        let folders = parts.dropLast()
        var shared = 0
        while shared < min(opened.count - 1, folders.count), opened[shared + 1].name.elementsEqual(folders[shared]) {
            shared += 1
        }
        while opened.count > shared + 1 { close(opened.removeLast().descriptor) }
        for part in folders.dropFirst(shared) {
            opened.append((Array(part), try open(part, O_RDONLY | O_DIRECTORY, path)))
        }
        return try open(parts[parts.count - 1], O_RDONLY | O_NONBLOCK | O_NOCTTY, path)
    }

    private func open(_ name: ArraySlice<UInt8>, _ flags: Int32, _ path: String) throws(IOFailure) -> Int32 {
        let parent = opened[opened.count - 1].descriptor
        let text = name.map { CChar(bitPattern: $0) } + [0]
        let descriptor = retrying { openat(parent, text, flags | O_NOFOLLOW | O_CLOEXEC) }
        guard descriptor >= 0 else { throw .system(.open, path: "\(folder)/\(path)", code: errno) }
        return descriptor
    }
}
