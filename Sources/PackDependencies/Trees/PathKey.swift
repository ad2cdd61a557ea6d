import Glibc

/// A path that is compared and hashed by its bytes: two spellings of one letter are two names.
struct PathKey: Hashable, Comparable {
    let path: String

    init(_ path: some StringProtocol) { self.path = String(path) }

    static func == (left: PathKey, right: PathKey) -> Bool { compare(left.path, right.path) == 0 }

    static func < (left: PathKey, right: PathKey) -> Bool { compare(left.path, right.path) < 0 }

    func hash(into hasher: inout Hasher) {
        var path = path
        path.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }

    /// Negative, 0 or positive as a path's bytes come before, equal or follow another's.
    static func compare(_ left: String, _ right: String) -> Int {
        var (left, right) = (left, right)
        return left.withUTF8 { left in
            right.withUTF8 { right in
                let count = min(left.count, right.count)
                if count > 0, let first = left.baseAddress, let second = right.baseAddress {
                    let order = memcmp(first, second, count)
                    if order != 0 { return Int(order) }
                }
                return left.count - right.count
            }
        }
    }

    /// The path of the folder that holds it; nil at the root.
    var parent: PathKey? {
        path.utf8.lastIndex(of: UInt8(ascii: "/")).map { PathKey(path[..<$0]) }
    }
}

/// Files that lie below other files or below links, where no unpacker could or should put them.
enum PathConflicts {
    /// Removes them from the files of one archive, and says so.
    static func remove(from files: inout [ArchivedFile]) -> [TreeProblem] {
        var folders: Set<PathKey> = []
        var last: PathKey?
        for file in files {
            var folder = PathKey(file.file.path).parent
            if folder == last { continue }
            last = folder
            while let next = folder, folders.insert(next).inserted { folder = next.parent }
        }
        let blocked = Set(files.lazy.map { PathKey($0.file.path) }.filter(folders.contains))
        guard !blocked.isEmpty else { return [] }
        var problems: [TreeProblem] = []
        files.removeAll { file in
            var folder = PathKey(file.file.path).parent
            while let next = folder {
                if blocked.contains(next) {
                    problems.append(
                        TreeProblem(path: file.file.path, text: "lies below \(next.path), which is no folder"))
                    return true
                }
                folder = next.parent
            }
            return false
        }
        return problems
    }
}

/// A file and where it is stored: the number of its archive, and of its entry there.
struct ArchivedFile: Sendable {
    var file: TreeFile
    var archive: Int
    var entry: Int

    /// Sorts by path.
    static func sort(_ files: inout [ArchivedFile]) {
        files.sort { PathKey.compare($0.file.path, $1.file.path) < 0 }
    }

    /// Finds a file by its path among sorted ones.
    static func find(_ path: String, in files: [ArchivedFile]) -> ArchivedFile? {
        var range = files.indices
        while !range.isEmpty {
            let middle = range.lowerBound + range.count / 2
            let order = PathKey.compare(files[middle].file.path, path)
            if order == 0 { return files[middle] }
            range = order < 0 ? middle + 1..<range.upperBound : range.lowerBound..<middle
        }
        return nil
    }
}
