import CArchive
import PackIO

/// Reads a zip or tar from its beginning to its end.
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
    private let memory: UnsafeMutableRawBufferPointer?

    /// Opens a file.
    init(path: String) throws(BundleError) {
        guard let archive = archive_read_new() else { throw .archive(path: path, message: "no memory") }
        (self.archive, self.path, memory) = (archive, path, nil)
        archive_read_support_format_zip(archive)
        archive_read_support_format_tar(archive)
        guard archive_read_open_filename(archive, path, 1 << 20) == ARCHIVE_OK else { throw failure }
    }

    /// Opens a layer of an image; nil for other bytes.
    ///
    /// - Parameter path: The file that it comes from, for errors.
    init?(layer bytes: [UInt8], path: String) throws(BundleError) {
        let isTar = bytes.count > 262 && bytes[257..<262].elementsEqual("ustar".utf8)
        let isCompressed = bytes.starts(with: [0x1F, 0x8B]) || bytes.starts(with: [0x28, 0xB5, 0x2F, 0xFD])
        guard isTar || isCompressed else { return nil }
        guard let archive = archive_read_new() else { throw .archive(path: path, message: "no memory") }
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
        copy.copyBytes(from: bytes)
        (self.archive, self.path, memory) = (archive, path, copy)
        archive_read_support_filter_gzip(archive)
        archive_read_support_filter_zstd(archive)
        archive_read_support_format_tar(archive)
        guard archive_read_open_memory(archive, copy.baseAddress, copy.count) == ARCHIVE_OK else { throw failure }
    }

    deinit {
        archive_read_free(archive)
        memory?.deallocate()
    }

    private var failure: BundleError {
        let message = archive_error_string(archive).map { String(cString: $0) }
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

    /// Reads a file into memory of the caller's choosing.
    func fill(
        _ entry: Entry, limit: Int, _ allocate: (Int) -> UnsafeMutableRawBufferPointer?
    ) throws(BundleError) {
        guard entry.size >= 0, entry.size <= limit else {
            throw .unreadable(path: path, message: "\(entry.name) has \(entry.size) bytes, more than \(limit)")
        }
        guard let memory = allocate(entry.size) else {
            throw .unreadable(path: path, message: "no memory for \(entry.name)")
        }
        var filled = 0
        while filled < entry.size {
            let count = archive_read_data(archive, memory.baseAddress.map { $0 + filled }, entry.size - filled)
            guard count > 0 else { throw failure }
            filled += count
        }
    }

    /// The bytes of a file; as many as there are, whatever the archive says.
    func bytes(_ entry: Entry) throws(BundleError) -> [UInt8] {
        let piece = 1 << 20
        var bytes: [UInt8] = []
        while true {
            let start = bytes.count
            bytes.append(contentsOf: repeatElement(0, count: piece))
            let count = bytes.withUnsafeMutableBytes {
                archive_read_data(archive, $0.baseAddress.map { $0 + start }, piece)
            }
            guard count >= 0 else { throw failure }
            bytes.removeLast(piece - count)
            if count == 0 { return bytes }
        }
    }
}
