import CArchive
import Glibc
import PackIO

extension NPZ {
    /// Writes arrays in place of whatever is at `path`; on an error nothing is there that was not before.
    ///
    /// The same arrays in any order always give the same bytes: entries sorted by name, stored, without times and owners.
    ///
    /// - Throws: ``FormatFailure/numpy(_:)`` for arrays that the format can't hold, ``FormatFailure/io(_:)`` if the file
    ///   can't be written.
    public static func write(_ arrays: [NamedArray], to path: String) throws(FormatFailure) {
        let sorted = arrays.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        var parts: [(header: [UInt8], elements: [UInt8])] = []
        for (index, array) in sorted.enumerated() {
            do throws(NumPyFault) {
                parts.append(try encoded(array, after: index > 0 ? sorted[index - 1] : nil))
            } catch {
                throw error.failure(file: path, array: array.name)
            }
        }
        let file = try FormatFailure.reading { () throws(IOFailure) in try AtomicFile(path: path) }
        try withUTF8Names { () throws(FormatFailure) in
            let writer = try NPZWriter(file)
            for (array, part) in zip(sorted, parts) { try writer.write(array.name, part.header, part.elements) }
            try writer.close()
        }
        try FormatFailure.reading { () throws(IOFailure) in try file.commit() }
    }

    private static func encoded(
        _ array: NamedArray, after previous: NamedArray?
    ) throws(NumPyFault) -> (header: [UInt8], elements: [UInt8]) {
        try check(name: array.name)
        if let previous, previous.name.utf8.elementsEqual(array.name.utf8) {
            throw NumPyFault(.nameRepeated, found: "\"\(array.name)\" again", expected: "each name once")
        }
        return try array.encoded()
    }
}

/// Passes arrays to libarchive, and what libarchive makes of them to a file.
private final class NPZWriter {
    private let file: AtomicFile
    private let archive: OpaquePointer
    private var failure: IOFailure?

    init(_ file: AtomicFile) throws(FormatFailure) {
        guard let archive = archive_write_new() else {
            throw NumPyFault(.archive, found: "no memory", expected: "memory to write it").failure(
                file: file.path, array: nil)
        }
        (self.file, self.archive) = (file, archive)
        try check(archive_write_set_format_zip(archive))
        try check(archive_write_set_options(archive, "zip:compression=store,zip:hdrcharset=UTF-8"))
        try check(archive_write_set_bytes_per_block(archive, 1 << 20))
        try check(archive_write_set_bytes_in_last_block(archive, 1))
        let context = Unmanaged.passUnretained(self).toOpaque()
        try check(
            archive_write_open(
                archive, context, nil,
                { _, context, bytes, count in
                    guard let context, let bytes else { return -1 }
                    let chunk = UnsafeRawBufferPointer(start: bytes, count: count)
                    return Unmanaged<NPZWriter>.fromOpaque(context).takeUnretainedValue().take(chunk)
                }, nil))
    }

    deinit { archive_write_free(archive) }

    func write(_ name: String, _ header: [UInt8], _ elements: [UInt8]) throws(FormatFailure) {
        let entry = archive_entry_new()
        defer { archive_entry_free(entry) }
        archive_entry_set_pathname(entry, name + ".npy")
        archive_entry_set_filetype(entry, 0o100000)
        archive_entry_set_perm(entry, 0o644)
        archive_entry_set_size(entry, Int64(header.count + elements.count))
        try check(archive_write_header(archive, entry))
        for part in [header, elements] { try check(part.withUnsafeBytes { append($0) }) }
    }

    func close() throws(FormatFailure) { try check(archive_write_close(archive)) }

    private func append(_ bytes: UnsafeRawBufferPointer) -> Int32 {
        var rest = bytes
        while !rest.isEmpty {
            let wrote = archive_write_data(archive, rest.baseAddress, Swift.min(rest.count, 1 << 24))
            guard wrote > 0 else { return ARCHIVE_FATAL }
            rest = UnsafeRawBufferPointer(rebasing: rest[wrote...])
        }
        return ARCHIVE_OK
    }

    private func take(_ bytes: UnsafeRawBufferPointer) -> Int {
        do throws(IOFailure) {
            try file.write(bytes)
            return bytes.count
        } catch {
            failure = error
            return -1
        }
    }

    private func check(_ status: Int32) throws(FormatFailure) {
        if let failure { throw .io(failure) }
        guard status == ARCHIVE_OK else {
            let message = archive_error_string(archive).map { String(cString: $0) } ?? "libarchive failed"
            throw NumPyFault(.archive, found: message, expected: "a file written").failure(file: file.path, array: nil)
        }
    }
}

/// Runs what uses libarchive so that names with more than ASCII letters pass as UTF-8, whatever the process's locale is.
private func withUTF8Names<Result, Failure: Error>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
    guard let locale = newlocale(1 << LC_CTYPE, "C.UTF-8", nil) else { return try body() }
    let previous = uselocale(locale)
    defer {
        uselocale(previous)
        freelocale(locale)
    }
    return try body()
}
