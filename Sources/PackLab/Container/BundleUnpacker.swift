import CArchive
import Glibc
import PackIO

/// Unpacks a bundle's archive into an empty folder, and nothing outside it.
///
/// Files and folders are taken, links and devices refused, and names that are absolute or climb with `..`. Bytes are counted
/// as they are written, so a small archive cannot fill the disk.
struct BundleUnpacker {
    /// The folder that everything goes into.
    let folder: String
    /// The most bytes of all files together.
    let limit: Int
    /// The most entries.
    static let maximumEntries = 10_000

    /// Unpacks, and makes the folder read-only. Returns the bytes of all files.
    func unpack(_ path: String) throws(EmulationError) -> Int {
        guard let archive = archive_read_new() else { throw .system(path: path, code: ENOMEM) }
        defer { archive_read_free(archive) }
        archive_read_support_format_zip(archive)
        archive_read_support_format_tar(archive)
        archive_read_support_filter_gzip(archive)
        archive_read_support_filter_zstd(archive)
        guard archive_read_open_filename(archive, path, 1 << 16) == ARCHIVE_OK else { throw failure(archive, path) }
        var total = 0
        var entries = 0
        var entry: OpaquePointer?
        while true {
            let result = archive_read_next_header(archive, &entry)
            if result == ARCHIVE_EOF { break }
            guard result == ARCHIVE_OK || result == ARCHIVE_WARN, let entry else { throw failure(archive, path) }
            entries += 1
            guard entries <= Self.maximumEntries else { throw .tooLarge(path: path, limit: limit) }
            try take(entry, archive, path, &total)
        }
        guard entries > 0 else { throw .badArchive(path: path, reason: "it has no entries") }
        chmod(folder, 0o555)
        return total
    }

    private func failure(_ archive: OpaquePointer, _ path: String) -> EmulationError {
        .badArchive(path: path, reason: archive_error_string(archive).map { String(cString: $0) } ?? "unknown format")
    }

    private func take(
        _ entry: OpaquePointer, _ archive: OpaquePointer, _ path: String, _ total: inout Int
    ) throws(EmulationError) {
        let name = archive_entry_pathname(entry).map { String(cString: $0) } ?? ""
        guard let target = Self.safePath(name), archive_entry_hardlink(entry) == nil else {
            throw .unsafeEntry(path: path, entry: name)
        }
        let parents = target.split(separator: "/").dropLast()
        for count in 0..<parents.count { mkdir("\(folder)/\(parents[...count].joined(separator: "/"))", 0o755) }
        switch archive_entry_filetype(entry) {
        case S_IFDIR: mkdir("\(folder)/\(target)", 0o755)
        case S_IFREG: try write(entry, archive, to: "\(folder)/\(target)", path, &total)
        default: throw .unsafeEntry(path: path, entry: name)
        }
    }

    /// The name as a path below the folder; nil if it could lead elsewhere.
    static func safePath(_ name: String) -> String? {
        guard !name.isEmpty, !name.hasPrefix("/"), !name.utf8.contains(0x5C), name.utf8.count < 1024 else { return nil }
        let parts = name.split(separator: "/", omittingEmptySubsequences: true).filter { $0 != "." }
        guard !parts.isEmpty, !parts.contains("..") else { return nil }
        return parts.joined(separator: "/")
    }

    private func write(
        _ entry: OpaquePointer, _ archive: OpaquePointer, to target: String, _ path: String, _ total: inout Int
    ) throws(EmulationError) {
        let file = open(target, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard file >= 0 else {
            if errno == EEXIST { throw .badArchive(path: path, reason: "the entry \(target) is there twice") }
            throw .system(path: target, code: errno)
        }
        defer { close(file) }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
        defer { buffer.deallocate() }
        while true {
            let count = archive_read_data(archive, buffer.baseAddress, buffer.count)
            guard count >= 0 else { throw failure(archive, path) }
            if count == 0 { break }
            total += count
            guard total <= limit else { throw .tooLarge(path: path, limit: limit) }
            guard Glibc.write(file, buffer.baseAddress, count) == count else {
                throw .system(path: target, code: errno)
            }
        }
        fchmod(file, archive_entry_perm(entry) & 0o111 != 0 ? 0o555 : 0o444)
    }
}
