import Glibc

/// An entry of a folder tree.
public struct FolderEntry: Hashable, Sendable {
    /// Path below the folder that was walked, with `/` between its components.
    public let path: String
    /// What it is; links are not followed.
    public let kind: FileKind
    /// Bytes in it, for regular files.
    public let bytes: Int
    /// Device and file number: equal for hard links to the same bytes.
    public let identity: [UInt64]
    /// Permission bits.
    public let mode: UInt32
}

/// Lists what lies below a folder.
public enum FolderWalk {
    /// All entries in order of their paths' bytes, folders included, links listed and not followed.
    /// - Throws: ``IOFailure/tooManyEntries(path:limit:)`` or ``IOFailure/tooDeep(path:limit:)`` beyond the limits.
    public static func entries(
        of folder: String, maximumCount: Int = 200_000, maximumDepth: Int = 32
    ) throws(IOFailure) -> [FolderEntry] {
        var found: [FolderEntry] = []
        var pending: [(path: String, depth: Int)] = [("", 1)]
        while let (parent, depth) = pending.popLast() {
            guard depth <= maximumDepth else { throw .tooDeep(path: "\(folder)/\(parent)", limit: maximumDepth) }
            for name in try names(in: parent.isEmpty ? folder : "\(folder)/\(parent)", limit: maximumCount) {
                guard found.count < maximumCount else { throw .tooManyEntries(path: folder, limit: maximumCount) }
                let entry = try entry(at: parent.isEmpty ? name : "\(parent)/\(name)", in: folder)
                found.append(entry)
                if entry.kind == .folder { pending.append((entry.path, depth + 1)) }
            }
        }
        return found.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
    }

    /// The names in one folder, in order of their bytes, without `.` and `..`.
    public static func names(in folder: String, limit: Int = 200_000) throws(IOFailure) -> [String] {
        guard let stream = opendir(folder) else { throw .system(.list, path: folder, code: errno) }
        defer { closedir(stream) }
        var names: [String] = []
        while true {
            errno = 0
            guard let entry = readdir(stream) else {
                guard errno == 0 else { throw .system(.list, path: folder, code: errno) }
                return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
            }
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name == "." || name == ".." { continue }
            guard names.count < limit else { throw .tooManyEntries(path: folder, limit: limit) }
            names.append(name)
        }
    }

    private static func entry(at path: String, in folder: String) throws(IOFailure) -> FolderEntry {
        var status = stat()
        guard lstat("\(folder)/\(path)", &status) == 0 else {
            throw .system(.status, path: "\(folder)/\(path)", code: errno)
        }
        let kind = FileKind(mode: status.st_mode)
        return FolderEntry(
            path: path, kind: kind, bytes: kind == .regular ? Int(status.st_size) : 0,
            identity: [UInt64(status.st_dev), UInt64(status.st_ino)], mode: UInt32(status.st_mode & 0o7777))
    }
}
