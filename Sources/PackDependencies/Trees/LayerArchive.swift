import CArchive
import Glibc

/// A layer's tar, read entry by entry through libarchive.
final class LayerArchive {
    /// Bytes that libarchive is given at a time.
    private static let pieceBytes = 1 << 20
    private let archive: OpaquePointer
    private let source: Source

    /// What stands in a header.
    struct Header {
        /// The name as it is; nil if it cannot be had.
        var name: [UInt8]?
        var kind: UInt32
        var mode: UInt32
        /// Stated bytes.
        var bytes: Int
        var link: [UInt8]?
        var hardLink: [UInt8]?
    }

    /// A tar that cannot be read further, in libarchive's words.
    struct Damage: Error {
        var message: String
    }

    /// Hands out the bytes piece by piece.
    private final class Source {
        let bytes: UnsafeRawBufferPointer
        var position = 0
        init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }
    }

    /// - Parameter bytes: The tar, perhaps compressed with gzip or zstd; they must outlive the object.
    init(_ bytes: UnsafeRawBufferPointer) throws(Damage) {
        guard let archive = archive_read_new() else { throw Damage(message: "no memory") }
        self.archive = archive
        source = Source(bytes)
        archive_read_support_format_tar(archive)
        archive_read_support_format_empty(archive)
        archive_read_support_filter_gzip(archive)
        archive_read_support_filter_zstd(archive)
        let status = archive_read_open(
            archive, Unmanaged.passUnretained(source).toOpaque(), nil,
            { _, context, piece in
                guard let context else { return -1 }
                let source = Unmanaged<Source>.fromOpaque(context).takeUnretainedValue()
                let count = min(LayerArchive.pieceBytes, source.bytes.count - source.position)
                piece?.pointee = source.bytes.baseAddress?.advanced(by: source.position)
                source.position += count
                return count
            }, nil)
        guard status == ARCHIVE_OK else { throw damage }
    }

    deinit { archive_read_free(archive) }

    private var damage: Damage {
        Damage(message: archive_error_string(archive).map { String(cString: $0) } ?? "an unreadable tar")
    }

    /// Goes to the next entry; nil at the end.
    func next() throws(Damage) -> Header? {
        var entry: OpaquePointer?
        let status = archive_read_next_header(archive, &entry)
        if status == ARCHIVE_EOF { return nil }
        guard status == ARCHIVE_OK || status == ARCHIVE_WARN else { throw damage }
        func bytes(_ text: UnsafePointer<CChar>?) -> [UInt8]? {
            text.map { Array(UnsafeRawBufferPointer(start: $0, count: strlen($0))) }
        }
        return Header(
            name: bytes(archive_entry_pathname(entry)), kind: UInt32(archive_entry_filetype(entry)) & 0o170000,
            mode: UInt32(archive_entry_perm(entry)) & 0o7777, bytes: Int(archive_entry_size(entry)),
            link: bytes(archive_entry_symlink(entry)), hardLink: bytes(archive_entry_hardlink(entry)))
    }

    /// Passes over the entry's contents, and counts the bytes that are there; holes are none.
    func countBytes(limit: Int) throws(Damage) -> Int {
        var count = 0
        while let block = try block() {
            count += block.bytes.count
            guard count <= limit else { throw Damage(message: "more bytes than are taken of an image") }
        }
        return count
    }

    /// Puts the first bytes of the entry's contents behind those in a buffer. Memory is taken as bytes arrive.
    /// - Returns: Whether the contents have no holes.
    func read(into buffer: inout [UInt8], limit: Int) throws(Damage) -> Bool {
        var count = 0
        while count < limit, let block = try block() {
            guard block.offset == count else { return false }
            let part = block.bytes.prefix(limit - count)
            buffer.append(contentsOf: part)
            count += part.count
        }
        return true
    }

    private func block() throws(Damage) -> (bytes: UnsafeRawBufferPointer, offset: Int)? {
        var (pointer, count, offset): (UnsafeRawPointer?, Int, Int64) = (nil, 0, 0)
        let status = archive_read_data_block(archive, &pointer, &count, &offset)
        if status == ARCHIVE_EOF { return nil }
        guard status == ARCHIVE_OK || status == ARCHIVE_WARN else { throw damage }
        return (UnsafeRawBufferPointer(start: pointer, count: count), Int(offset))
    }
}

/// Runs what uses libarchive so that names with more than ASCII letters pass as UTF-8, whatever the process's locale is.
func withArchiveNames<Result, Failure: Error>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
    guard let locale = newlocale(1 << LC_CTYPE, "C.UTF-8", nil) else { return try body() }
    let previous = uselocale(locale)
    defer {
        uselocale(previous)
        freelocale(locale)
    }
    return try body()
}
