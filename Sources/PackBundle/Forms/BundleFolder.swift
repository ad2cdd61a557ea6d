import CPackSystem
import Glibc
import PackIO

/// A bundle as a folder: its files, written beside the folder's place and put there whole.
public enum BundleFolder {
    /// Whether a bundle may be put at a path: where nothing is, an empty folder, or one with a bundle's files and no others.
    public static func isReplaceable(_ path: String) throws(IOFailure) -> Bool {
        guard let kind = try FileContents.kind(of: path) else { return true }
        guard kind == .folder else { return false }
        let found = Set(try FolderWalk.names(in: path, limit: 1000))
        return found.isEmpty || found.isSubset(of: BundleFiles.names) && found.contains("manifest.json")
    }

    /// Writes the folder in place of an earlier bundle.
    ///
    /// - Throws: `BundleError.archive` where something else is there.
    static func write(_ entries: [BundleEntry], to path: String) throws(BundleError) {
        let isFree: Bool
        do throws(IOFailure) { isFree = try isReplaceable(path) } catch { throw .io(error) }
        guard isFree else { throw .archive(path: path, message: "something other than a bundle is there") }
        do throws(IOFailure) { try replace(path, with: entries) } catch { throw .io(error) }
    }

    private static func replace(_ path: String, with entries: [BundleEntry]) throws(IOFailure) {
        var place = path
        while place.utf8.count > 1, place.hasSuffix("/") { place.removeLast() }
        let draft = try fill(entries, beside: place)
        // By then the earlier bundle, where there was one.
        defer { remove(draft) }
        try put(draft, at: place)
    }

    /// Writes the files into a new folder beside a path; its own path.
    private static func fill(_ entries: [BundleEntry], beside path: String) throws(IOFailure) -> String {
        let parent = path.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(path[...$0]) } ?? ""
        let draft = "\(parent).pack-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
        guard mkdir(draft, 0o755) == 0 else { throw .system(.create, path: path, code: errno) }
        do throws(IOFailure) {
            for entry in entries { try write(entry, to: "\(draft)/\(entry.name)") }
        } catch {
            remove(draft)
            throw error
        }
        return draft
    }

    private static func write(_ entry: BundleEntry, to path: String) throws(IOFailure) {
        let file = try AtomicFile(path: path, mode: entry.isExecutable ? 0o755 : 0o644)
        var failure: IOFailure?
        entry.withBytes { bytes in
            do throws(IOFailure) { try file.write(bytes) } catch { failure = error }
        }
        if let failure { throw failure }
        try file.commit()
    }

    /// Puts a folder in its place; what was there is then where it was.
    private static func put(_ draft: String, at path: String) throws(IOFailure) {
        // Over an empty folder, or where nothing is.
        if rename(draft, path) == 0 || pack_exchange_paths(draft, path) == 0 { return }
        // A file system that cannot exchange two: for a moment nothing is there.
        let old = draft + "-old"
        guard rename(path, old) == 0 else { throw .system(.rename, path: path, code: errno) }
        guard rename(draft, path) == 0 else {
            let code = errno
            rename(old, path)
            throw .system(.rename, path: path, code: code)
        }
        remove(old)
    }

    private static func remove(_ folder: String) {
        for name in (try? FolderWalk.names(in: folder, limit: 1000)) ?? [] { unlink("\(folder)/\(name)") }
        rmdir(folder)
    }
}
