import CArchive
import Glibc
import PackIO

/// Writes archives of which the same entries always give the same bytes: entries sorted by name, one fixed time, no user.
final class ArchiveWriter {
    /// What is written.
    enum Format {
        /// A zip, deflated.
        case zip
        /// A POSIX tar (ustar) that is not compressed; sizes beyond its fields stand in pax headers.
        case tar
        /// A tar, compressed by zstd.
        case zstdTar
        /// The bytes of the only entry, compressed, without a name and a time.
        case compressed(LayerCompression)
    }

    /// 1980-01-01, the earliest time that a zip can hold.
    private static let time: time_t = 315_532_800

    private let path: String
    private let archive: OpaquePointer
    private let sink: Sink

    /// Writes an archive in place of whatever is at `path`; on an error nothing is there that was not before.
    static func write(_ entries: [BundleEntry], as format: Format, to path: String) throws(BundleError) {
        let writer = try ArchiveWriter(format, path)
        for entry in entries.sorted(by: { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }) {
            try writer.write(entry)
        }
        try writer.close()
    }

    private init(_ format: Format, _ path: String) throws(BundleError) {
        // libarchive writes local times; in the same zone they are the same.
        setenv("TZ", "UTC", 1)
        tzset()
        self.path = path
        do throws(IOFailure) { sink = Sink(file: try AtomicFile(path: path)) } catch { throw .io(error) }
        guard let archive = archive_write_new() else { throw .archive(path: path, message: "no memory") }
        self.archive = archive
        switch format {
        case .zip:
            try check(archive_write_set_format_zip(archive))
            try check(archive_write_set_options(archive, "zip:compression=deflate,zip:compression-level=9"))
        case .tar:
            try check(archive_write_set_format_pax_restricted(archive))
        case .zstdTar:
            try check(archive_write_set_format_pax_restricted(archive))
            try compress(.zstd)
        case .compressed(let compression):
            try check(archive_write_set_format_raw(archive))
            try compress(compression)
        }
        try check(archive_write_set_bytes_per_block(archive, 1 << 20))
        try check(archive_write_set_bytes_in_last_block(archive, 1))
        try check(
            archive_write_open(
                archive, Unmanaged.passUnretained(sink).toOpaque(), nil,
                { _, context, bytes, count in
                    guard let context, let bytes else { return -1 }
                    return Unmanaged<Sink>.fromOpaque(context).takeUnretainedValue().write(bytes, count)
                }, nil))
    }

    deinit { archive_write_free(archive) }

    private func compress(_ compression: LayerCompression) throws(BundleError) {
        switch compression {
        case .gzip:
            try check(archive_write_add_filter_gzip(archive))
            try check(archive_write_set_options(archive, "gzip:compression-level=9,gzip:!timestamp"))
        case .zstd:
            try check(archive_write_add_filter_zstd(archive))
            try check(archive_write_set_options(archive, "zstd:compression-level=12"))
        }
    }

    private func check(_ status: Int32) throws(BundleError) {
        if let failure = sink.failure { throw .io(failure) }
        guard status == ARCHIVE_OK else {
            throw .archive(path: path, message: archive_error_string(archive).map { String(cString: $0) } ?? "")
        }
    }

    private func write(_ file: BundleEntry) throws(BundleError) {
        let entry = archive_entry_new()
        defer { archive_entry_free(entry) }
        archive_entry_set_pathname(entry, file.name)
        archive_entry_set_filetype(entry, 0o100000)
        archive_entry_set_perm(entry, file.isExecutable ? 0o755 : 0o644)
        archive_entry_set_mtime(entry, Self.time, 0)
        var status: Int32 = ARCHIVE_OK
        file.withBytes { bytes in
            archive_entry_set_size(entry, Int64(bytes.count))
            status = archive_write_header(archive, entry)
            var rest = bytes
            while status == ARCHIVE_OK, !rest.isEmpty {
                let wrote = archive_write_data(archive, rest.baseAddress, Swift.min(rest.count, 1 << 24))
                if wrote <= 0 {
                    status = ARCHIVE_FATAL
                } else {
                    rest = UnsafeRawBufferPointer(rebasing: rest[wrote...])
                }
            }
        }
        try check(status)
    }

    private func close() throws(BundleError) {
        try check(archive_write_close(archive))
        do throws(IOFailure) { try sink.file.commit() } catch { throw .io(error) }
    }

    /// Where libarchive's callback writes to.
    private final class Sink {
        let file: AtomicFile
        var failure: IOFailure?

        init(file: AtomicFile) { self.file = file }

        func write(_ bytes: UnsafeRawPointer, _ count: Int) -> Int {
            do throws(IOFailure) {
                try file.write(UnsafeRawBufferPointer(start: bytes, count: count))
                return count
            } catch {
                failure = error
                return -1
            }
        }
    }
}
