import CArchive
import PackIO

/// Reads a zip or a tar, compressed or not, from its beginning to its end.
final class ArchiveReader {
    /// A file in it.
    struct Entry {
        /// Its path, without `./` or `/` before it.
        let name: String
        /// Its bytes, as the archive says.
        let size: Int
    }

    private let archive: OpaquePointer
    private let path: String
    /// What is read, where that is no file.
    private let layer: LayerSource?

    /// Opens a file.
    init(path: String) throws(BundleError) {
        (archive, self.path, layer) = (try Self.make(path), path, nil)
        archive_read_support_format_zip(archive)
        guard archive_read_open_filename(archive, path, 1 << 20) == ARCHIVE_OK else { throw failure }
    }

    /// Opens the file at hand of an archive as a layer of an image; nil for other bytes. Of the other archive no further file may be
    /// asked for as long as this one is read.
    init?(layerOf other: ArchiveReader) throws(BundleError) {
        guard let source = LayerSource(other.archive) else { return nil }
        (archive, path, layer) = (try Self.make(other.path), other.path, source)
        let status = archive_read_open(
            archive, Unmanaged.passUnretained(source).toOpaque(), nil,
            { _, context, bytes in
                guard let context, let bytes else { return -1 }
                return Unmanaged<LayerSource>.fromOpaque(context).takeUnretainedValue().next(&bytes.pointee)
            }, nil)
        guard status == ARCHIVE_OK else { throw failure }
    }

    private static func make(_ path: String) throws(BundleError) -> OpaquePointer {
        guard let archive = archive_read_new() else { throw .unreadable(path: path, message: "no memory") }
        archive_read_support_filter_gzip(archive)
        archive_read_support_filter_zstd(archive)
        archive_read_support_format_tar(archive)
        return archive
    }

    deinit { archive_read_free(archive) }

    private var failure: BundleError {
        let message = layer?.message ?? archive_error_string(archive).map { String(cString: $0) }
        return .unreadable(path: path, message: message ?? "damaged")
    }

    /// The next file; nil at the end.
    func next() throws(BundleError) -> Entry? {
        var entry: OpaquePointer?
        let status = archive_read_next_header(archive, &entry)
        if status == ARCHIVE_EOF { return nil }
        guard status == ARCHIVE_OK || status == ARCHIVE_WARN else { throw failure }
        var name = archive_entry_pathname(entry).map { String(cString: $0) } ?? ""
        if name.hasPrefix("./") { name.removeFirst(2) }
        if name.hasPrefix("/") { name.removeFirst() }
        return Entry(name: name, size: Int(archive_entry_size(entry)))
    }

    /// Reads as many bytes of the file at hand as the memory holds.
    func fill(_ memory: UnsafeMutableRawBufferPointer) throws(BundleError) {
        var filled = 0
        while filled < memory.count {
            let count = archive_read_data(archive, memory.baseAddress.map { $0 + filled }, memory.count - filled)
            guard count > 0 else { throw failure }
            filled += count
        }
    }

    /// The bytes of a small file.
    func bytes(_ entry: Entry) throws(BundleError) -> [UInt8] {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: max(entry.size, 0), alignment: 16)
        defer { memory.deallocate() }
        try fill(memory)
        return Array(memory)
    }
}

/// The file at hand of an archive, block by block as libarchive has it.
private final class LayerSource {
    private let archive: OpaquePointer
    private var first: UnsafeRawBufferPointer?
    /// Why it could not be read on; nil where it could.
    private(set) var message: String?

    /// nil for a file that is neither a tar nor compressed.
    init?(_ archive: OpaquePointer) {
        self.archive = archive
        first = block()
        guard let first else { return nil }
        let isTar = first.dropFirst(257).starts(with: "ustar".utf8)
        let isCompressed = first.starts(with: [0x1F, 0x8B]) || first.starts(with: [0x28, 0xB5, 0x2F, 0xFD])
        guard isTar || isCompressed else { return nil }
    }

    /// Gives the next bytes, valid until the next call; their count, 0 at the end, -1 on an error.
    func next(_ bytes: inout UnsafeRawPointer?) -> Int {
        let block = first ?? block()
        first = nil
        bytes = block?.baseAddress
        return block?.count ?? (message == nil ? 0 : -1)
    }

    private func block() -> UnsafeRawBufferPointer? {
        var (bytes, count, offset): (UnsafeRawPointer?, Int, Int64) = (nil, 0, 0)
        switch archive_read_data_block(archive, &bytes, &count, &offset) {
        case ARCHIVE_OK, ARCHIVE_WARN: return UnsafeRawBufferPointer(start: bytes, count: count)
        case ARCHIVE_EOF: return nil
        default:
            message = archive_error_string(archive).map { String(cString: $0) } ?? "damaged"
            return nil
        }
    }
}
