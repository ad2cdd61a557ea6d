/// A `.dist-info` or `.egg-info` of a tree, which is a folder or, for old eggs, a file.
struct InfoFolder {
    /// Its path.
    var path: String
    /// The folder that holds it.
    var site: String
    /// Indices of the files in it, or of itself.
    var files: [Int]
    /// Whether it is a `.egg-info`.
    var isEgg: Bool

    private var stem: Substring { PathParts.name(path).dropLast(isEgg ? 9 : 10) }

    /// The name that its own name states: `name-version.dist-info`, `name-version-py3.12.egg-info`.
    var statedName: String { String(stem.prefix { $0 != "-" }) }

    /// The version that its own name states; empty where there is none.
    var statedVersion: String {
        let rest = stem.drop { $0 != "-" }.dropFirst()
        guard isEgg else { return String(rest) }
        return String(rest.split(separator: "-", maxSplits: 1).first ?? "")
    }

    /// Whether it describes the sources beside it, as setuptools writes it into a project.
    var isOfSources: Bool { isEgg && statedVersion.isEmpty }

    /// All of a tree. The outermost, if one holds another.
    static func all(in tree: FileTree) -> [InfoFolder] {
        var folders: [InfoFolder] = []
        var isOpen = false
        for (index, file) in tree.files.enumerated() {
            // Files of a folder stand together.
            if isOpen, let last = folders.last, file.path.utf8.starts(with: last.path.utf8),
                file.path.utf8.dropFirst(last.path.utf8.count).first == UInt8(ascii: "/")
            {
                folders[folders.count - 1].files.append(index)
                continue
            }
            isOpen = false
            guard let (path, isEgg) = info(in: file.path) else { continue }
            folders.append(InfoFolder(path: path, site: PathParts.folder(path), files: [index], isEgg: isEgg))
            isOpen = true
        }
        return folders
    }

    /// The part of a path that ends with the first component of such a name.
    private static func info(in path: String) -> (path: String, isEgg: Bool)? {
        let bytes = path.utf8
        var start = bytes.startIndex
        while start < bytes.endIndex {
            let end = bytes[start...].firstIndex(of: UInt8(ascii: "/")) ?? bytes.endIndex
            let part = bytes[start..<end]
            if part.last == UInt8(ascii: "o"), part.count > 9 {
                let isDist = part.count > 10 && part.suffix(10).elementsEqual(".dist-info".utf8) && end < bytes.endIndex
                let isEgg = part.suffix(9).elementsEqual(".egg-info".utf8)
                if isDist || isEgg { return (String(path[..<end]), isEgg) }
            }
            start = end < bytes.endIndex ? bytes.index(after: end) : end
        }
        return nil
    }
}
