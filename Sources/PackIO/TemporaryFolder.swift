import Glibc

/// A new folder that goes, with what is in it, when the object goes.
public final class TemporaryFolder: Sendable {
    /// Its absolute path.
    public let path: String

    /// Makes a folder below `TMPDIR`, or `/tmp`.
    public init(prefix: String = "pack") throws(IOFailure) {
        let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(parent)/\(prefix)-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw .system(.create, path: parent, code: errno) }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        guard let entries = try? FolderWalk.entries(of: path, maximumCount: 1_000_000, maximumDepth: 256) else {
            return
        }
        // What is read-only could not be emptied by who is not root.
        for entry in entries where entry.kind == .folder { chmod("\(path)/\(entry.path)", 0o700) }
        for entry in entries.reversed() {
            let target = "\(path)/\(entry.path)"
            if entry.kind == .folder { rmdir(target) } else { unlink(target) }
        }
        rmdir(path)
    }
}
