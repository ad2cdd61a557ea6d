import PackFormats
import PackIO

/// Reads files out of zips.
struct ZipContents: TreeContents {
    let zips: [ZipDirectory]
    /// In order of their paths.
    let files: [ArchivedFile]

    func visit(
        _ wanted: [(index: Int, file: TreeFile)], limit: Int,
        _ body: (_ index: Int, _ bytes: UnsafeRawBufferPointer) -> Void
    ) -> [TreeProblem] {
        var problems: [TreeProblem] = []
        for (index, file) in wanted where file.link == nil {
            guard let place = ArchivedFile.find(file.path, in: files) else {
                problems.append(TreeProblem(path: file.path, text: "is not in the archive"))
                continue
            }
            let zip = zips[place.archive]
            let entry = zip.entries[place.entry]
            guard entry.method == 0 || min(entry.bytes, limit) <= UnpackingLimit.bytes(of: entry.compressedBytes) else {
                problems.append(TreeProblem(path: file.path, text: UnpackingLimit.text))
                continue
            }
            do throws(FormatFailure) {
                try zip.withBytes(of: entry, limit: limit) { body(index, $0) }
            } catch {
                problems.append(TreeProblem(file.path, error))
            }
        }
        return problems
    }
}

/// How much of a compressed file is unpacked into memory to be lent.
enum UnpackingLimit {
    /// 256 MiB, and more for what has more stored bytes, up to 2 GiB: libraries compress two to five times.
    static func bytes(of stored: Int) -> Int { min(2 << 30, max(256 << 20, min(stored, 1 << 30) * 8)) }

    static let text = "has too many bytes, or expands too much, to be unpacked in memory"
}

/// Collects the files of zips.
struct ZipCollector {
    var zips: [ZipDirectory] = []
    var problems: [TreeProblem] = []
    /// Entries that can be read and look suspicious.
    var doubts: [TreeProblem] = []

    /// Takes a zip, and lists its files in order of their paths.
    /// - Parameters:
    ///   - prefix: What stands before the names of entries in problems.
    ///   - place: Where the file of an entry goes; nil if it is left out.
    mutating func add(
        _ zip: ZipDirectory, _ prefix: String, place: (_ path: String) -> String?
    ) -> [ArchivedFile] {
        var files: [ArchivedFile] = []
        files.reserveCapacity(zip.entries.count)
        for (index, entry) in zip.entries.enumerated() {
            if let fault = entry.fault {
                let problem = TreeProblem(path: prefix + entry.path, text: fault.text)
                if entry.isReadable { doubts.append(problem) } else { problems.append(problem) }
            }
            guard entry.isReadable, !entry.isFolder else { continue }
            guard let path = place(entry.path) else {
                problems.append(TreeProblem(path: prefix + entry.path, text: "has no place that an installer knows"))
                continue
            }
            guard var file = Self.file(entry, path, zip, &problems) else { continue }
            file.layer = zips.count
            files.append(ArchivedFile(file: file, archive: zips.count, entry: index))
        }
        ArchivedFile.sort(&files)
        problems += PathConflicts.remove(from: &files)
        zips.append(zip)
        return files
    }

    /// The most bytes of a link's path (`PATH_MAX`).
    private static let linkLimit = 4096

    private static func file(
        _ entry: ZipEntry, _ path: String, _ zip: ZipDirectory, _ problems: inout [TreeProblem]
    ) -> TreeFile? {
        // Zips that were not written on Unix have no permissions.
        let mode = entry.mode == 0 ? 0o644 : entry.mode & 0o7777
        var file = TreeFile(path: path, bytes: entry.bytes, zippedBytes: entry.compressedBytes, mode: mode)
        guard entry.isLink else { return file }
        guard (1...linkLimit).contains(entry.bytes) else {
            problems.append(TreeProblem(path: path, text: "is a symbolic link of \(entry.bytes) B, which is no path"))
            return nil
        }
        do throws(FormatFailure) {
            let link = try zip.contents(of: entry, limit: linkLimit)
            guard !link.contains(0) else {
                problems.append(TreeProblem(path: path, text: "is a symbolic link with a NUL in its path"))
                return nil
            }
            file.link = EscapedPath.text(link)
            file.bytes = 0
            return file
        } catch {
            problems.append(TreeProblem(path, error))
            return nil
        }
    }
}
