/// Paths within a tree, joined and taken apart by their bytes.
enum PathParts {
    private static let slash = UInt8(ascii: "/")

    /// The folder of a path; empty at the root.
    static func folder(_ path: String) -> String {
        guard let end = path.utf8.lastIndex(of: slash) else { return "" }
        return String(path[..<end])
    }

    /// The last component of a path.
    static func name(_ path: String) -> Substring {
        path.utf8.lastIndex(of: slash).map { path[path.utf8.index(after: $0)...] } ?? path[...]
    }

    /// A path below a folder, which is empty for the root.
    static func join(_ folder: String, _ path: some StringProtocol) -> String {
        folder.isEmpty ? String(path) : folder + "/" + path
    }

    /// The number of components.
    static func depth(_ path: String) -> Int {
        path.isEmpty ? 0 : path.utf8.count { $0 == slash } + 1
    }

    /// A path below a folder with `.` and `..` resolved; `nil` if it climbs above the root of the tree or is absolute.
    static func resolve(_ path: some Collection<UInt8>, below folder: String) -> [UInt8]? {
        guard path.first != slash else { return nil }
        var result = Array(folder.utf8)
        for part in path.split(separator: slash, omittingEmptySubsequences: true) {
            if part.elementsEqual(".".utf8) { continue }
            if part.elementsEqual("..".utf8) {
                guard !result.isEmpty else { return nil }
                result.removeSubrange((result.lastIndex(of: slash) ?? 0)...)
                continue
            }
            if !result.isEmpty { result.append(slash) }
            result.append(contentsOf: part)
        }
        return result
    }

    /// A path without the `..`, `.` and `/` that it begins with.
    static func withoutClimbs<Path: Collection<UInt8>>(_ path: Path) -> Path.SubSequence {
        var rest = path[...]
        while let first = rest.split(separator: slash, maxSplits: 1, omittingEmptySubsequences: false).first {
            guard first.isEmpty || first.elementsEqual("..".utf8) || first.elementsEqual(".".utf8) else { return rest }
            let end = rest.index(rest.startIndex, offsetBy: first.count)
            guard end < rest.endIndex else { return rest[end...] }
            rest = rest[rest.index(after: end)...]
        }
        return rest
    }
}

extension StringProtocol {
    /// Whether its bytes end as another's; unlike `hasSuffix`, without regard to Unicode's equivalences.
    func endsInBytes(_ end: StaticString) -> Bool {
        let count = end.utf8CodeUnitCount
        guard utf8.count >= count else { return false }
        return end.withUTF8Buffer { utf8.suffix(count).elementsEqual($0) }
    }

    /// Whether its bytes begin as another's.
    func beginsInBytes(_ start: StaticString) -> Bool {
        start.withUTF8Buffer { utf8.starts(with: $0) }
    }
}
