import CArchive
import Glibc

/// A zip file in memory, read entry by entry through libarchive. Names are UTF-8.
final class ZipCursor {
    private let archive: OpaquePointer

    /// - Parameter bytes: The file's bytes; they must outlive the cursor.
    init(_ bytes: UnsafeRawBufferPointer) throws(NumPyFault) {
        guard let archive = archive_read_new() else {
            throw NumPyFault(.archive, found: "no memory", expected: "memory to read it")
        }
        self.archive = archive
        // By its directory: a file that is cut off has none, and is not taken for a shorter one.
        archive_read_support_format_zip_seekable(archive)
        guard !bytes.isEmpty, archive_read_open_memory(archive, bytes.baseAddress, bytes.count) == ARCHIVE_OK else {
            throw NumPyFault(.archive, found: bytes.isEmpty ? "an empty file" : message, expected: "a zip file")
        }
    }

    deinit { archive_read_free(archive) }

    private var message: String {
        archive_error_string(archive).map { String(cString: $0) } ?? "an unreadable file"
    }

    /// Goes to the next entry: its name, and its size if the file says it; nil at the end.
    func next() throws(NumPyFault) -> (name: String, size: Int?)? {
        var entry: OpaquePointer?
        let status = archive_read_next_header(archive, &entry)
        if status == ARCHIVE_EOF { return nil }
        guard status == ARCHIVE_OK else { throw NumPyFault(.archive, found: message, expected: "a zip file") }
        guard let bytes = archive_entry_pathname(entry), let name = String(validatingCString: bytes) else {
            throw NumPyFault(.nameUnsafe, found: "a name that is not UTF-8", expected: "UTF-8")
        }
        guard archive_entry_filetype(entry) & 0o170000 == 0o100000 else {
            throw NumPyFault(.entryNotFile, found: "entry \"\(name)\"", expected: "files only")
        }
        guard archive_entry_size_is_set(entry) != 0 else { return (name, nil) }
        return (name, Int(archive_entry_size(entry)))
    }

    /// The next bytes of the entry: `count`, or all that are left.
    ///
    /// Memory is taken as bytes arrive, not because the file announces them.
    func bytes(_ count: Int) throws(NumPyFault) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(Swift.min(count, 1 << 20))
        while result.count < count {
            let wanted = Swift.min(count - result.count, 1 << 20)
            var got = 0
            let chunk = [UInt8](unsafeUninitializedCapacity: wanted) { buffer, filled in
                got = archive_read_data(archive, buffer.baseAddress, wanted)
                filled = Swift.max(got, 0)
            }
            guard got >= 0 else { throw NumPyFault(.entryDamaged, found: message, expected: "intact data") }
            if got == 0 { break }
            result += chunk
        }
        return result
    }
}

/// Runs what uses libarchive so that names with more than ASCII letters pass as UTF-8, whatever the process's locale is.
func withUTF8Names<Result, Failure: Error>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
    guard let locale = newlocale(1 << LC_CTYPE, "C.UTF-8", nil) else { return try body() }
    let previous = uselocale(locale)
    defer {
        uselocale(previous)
        freelocale(locale)
    }
    return try body()
}
