import CArchive
import Foundation
import PackIO

/// A file of a bundle.
public struct BundleEntry: Sendable {
    /// Its name in the archive.
    public let name: String
    /// Whether its executable bits are set.
    public let isExecutable: Bool
    /// Lends its bytes.
    public let withBytes: @Sendable ((UnsafeRawBufferPointer) -> Void) -> Void

    /// An entry whose bytes a closure lends.
    public init(
        _ name: String, isExecutable: Bool = false, lent: @escaping @Sendable ((UnsafeRawBufferPointer) -> Void) -> Void
    ) {
        self.name = name
        self.isExecutable = isExecutable
        withBytes = lent
    }

    /// An entry with bytes of its own.
    public init(_ name: String, isExecutable: Bool = false, bytes: [UInt8]) {
        self.init(name, isExecutable: isExecutable) { body in bytes.withUnsafeBytes(body) }
    }
}

/// Writes zip files of which the same entries always give the same bytes: entries sorted by name, one fixed time, no user.
public enum ZipWriter {
    /// 1980-01-01, the earliest time that a zip can hold.
    private static let time: time_t = 315_532_800

    /// Writes a zip in place of whatever is at `path`; on an error nothing is there that was not before.
    public static func write(_ entries: [BundleEntry], to path: String) throws(BundleError) {
        // libarchive writes local times; in the same zone they are the same.
        setenv("TZ", "UTC", 1)
        tzset()
        let sink: Sink
        do throws(IOFailure) { sink = Sink(file: try AtomicFile(path: path)) } catch { throw .io(error) }
        guard let archive = archive_write_new() else { throw .archive(path: path, message: "no memory") }
        defer { archive_write_free(archive) }
        func check(_ status: Int32) throws(BundleError) {
            if let failure = sink.failure { throw .io(failure) }
            guard status == ARCHIVE_OK else {
                throw .archive(path: path, message: archive_error_string(archive).map { String(cString: $0) } ?? "")
            }
        }
        try check(archive_write_set_format_zip(archive))
        try check(archive_write_set_options(archive, "zip:compression=deflate,zip:compression-level=9"))
        try check(archive_write_set_bytes_per_block(archive, 1 << 20))
        try check(archive_write_set_bytes_in_last_block(archive, 1))
        try check(
            archive_write_open(
                archive, Unmanaged.passUnretained(sink).toOpaque(), nil,
                { _, context, bytes, count in
                    guard let context, let bytes else { return -1 }
                    return Unmanaged<Sink>.fromOpaque(context).takeUnretainedValue().write(bytes, count)
                }, nil))
        for entry in entries.sorted(by: { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }) {
            try write(entry, archive, check)
        }
        try check(archive_write_close(archive))
        do throws(IOFailure) { try sink.file.commit() } catch { throw .io(error) }
    }

    private static func write(
        _ file: BundleEntry, _ archive: OpaquePointer, _ check: (Int32) throws(BundleError) -> Void
    ) throws(BundleError) {
        let entry = archive_entry_new()
        defer { archive_entry_free(entry) }
        archive_entry_set_pathname(entry, file.name)
        archive_entry_set_filetype(entry, 0o100000)
        archive_entry_set_perm(entry, file.isExecutable ? 0o755 : 0o644)
        archive_entry_set_mtime(entry, time, 0)
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
