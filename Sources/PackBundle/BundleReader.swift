import CArchive
import PackIO

/// Reads one file out of a bundle's zip.
public enum BundleReader {
    /// The bytes of an entry; nil if the zip has no such entry.
    ///
    /// - Throws: As ``read(_:of:limit:allocate:)``.
    public static func bytes(of name: String, in path: String, limit: Int) throws(BundleError) -> [UInt8]? {
        var memory: UnsafeMutableRawBufferPointer?
        defer { memory?.deallocate() }
        let isFound = try read(name, of: path, limit: limit) { size in
            memory = .allocate(byteCount: size, alignment: 16)
            return memory
        }
        return isFound ? memory.map { Array($0) } : nil
    }

    /// Gives the size of an entry and then its bytes, in memory of the caller's choosing.
    ///
    /// - Parameters:
    ///   - name: The entry.
    ///   - path: The zip.
    ///   - limit: Bytes that the entry may have.
    ///   - allocate: Called once with the entry's size; nil gives up for want of memory.
    /// - Returns: Whether the zip has such an entry.
    /// - Throws: `BundleError.archive` for a damaged zip, or an entry over the limit or of another size than it says.
    public static func read(
        _ name: String, of path: String, limit: Int, allocate: (Int) -> UnsafeMutableRawBufferPointer?
    ) throws(BundleError) -> Bool {
        guard let archive = archive_read_new() else { throw .archive(path: path, message: "no memory") }
        defer { archive_read_free(archive) }
        func failure() -> BundleError {
            .archive(path: path, message: archive_error_string(archive).map { String(cString: $0) } ?? "unreadable")
        }
        archive_read_support_format_zip(archive)
        guard archive_read_open_filename(archive, path, 1 << 20) == ARCHIVE_OK else { throw failure() }
        var entry: OpaquePointer?
        while true {
            let status = archive_read_next_header(archive, &entry)
            if status == ARCHIVE_EOF { return false }
            guard status == ARCHIVE_OK || status == ARCHIVE_WARN else { throw failure() }
            guard archive_entry_pathname(entry).map({ String(cString: $0) }) == name else { continue }
            let size = Int(archive_entry_size(entry))
            guard size >= 0, size <= limit else {
                throw .archive(path: path, message: "\(name) has \(size) bytes, more than \(limit)")
            }
            guard let memory = allocate(size) else { throw .archive(path: path, message: "no memory for \(name)") }
            var filled = 0
            while filled < size {
                let count = archive_read_data(archive, memory.baseAddress.map { $0 + filled }, size - filled)
                guard count > 0 else { throw failure() }
                filled += count
            }
            return true
        }
    }
}
