extension FileTree {
    /// Several trees as one deployment.
    ///
    /// Each tree's files stand in a folder that is called as `names` says; an empty name puts them at the root. Of two files
    /// with the same path the first counts, and the other is a problem.
    ///
    /// - Parameters:
    ///   - trees: The trees, each as `path` of the whole names it.
    ///   - names: A name for each tree.
    ///   - path: What the whole is called.
    public static func joined(_ trees: [FileTree], as names: [String], path: String) -> FileTree {
        guard trees.count != 1 || names.first?.isEmpty == false, !trees.isEmpty else {
            let none = FileTree(path: path, form: .folder, files: [], contents: JoinedContents(parts: []))
            var tree = trees.first ?? none
            tree.path = path
            return tree
        }
        var files: [(file: TreeFile, origin: JoinedContents.Origin)] = []
        var layers: [TreeLayer] = []
        var problems: [TreeProblem] = []
        var doubts: [TreeProblem] = []
        for (part, tree) in trees.enumerated() {
            let prefix = names[part].isEmpty ? "" : names[part] + "/"
            for (index, file) in tree.files.enumerated() {
                var moved = file
                moved.path = prefix + file.path
                moved.layer += layers.count
                // Hard links of different trees are told apart by the part that they are in.
                moved.identity = file.identity.map { $0 &* 1021 &+ UInt64(part) }
                files.append((moved, .init(part: part, index: index)))
            }
            layers += tree.layers
            problems += tree.problems.map { TreeProblem(path: prefix + $0.path, text: $0.text) }
            doubts += tree.doubts.map { TreeProblem(path: prefix + $0.path, text: $0.text) }
        }
        files.sort {
            $0.file.path == $1.file.path
                ? $0.origin.part < $1.origin.part
                : $0.file.path.utf8.lexicographicallyPrecedes($1.file.path.utf8)
        }
        var kept: [(file: TreeFile, origin: JoinedContents.Origin)] = []
        kept.reserveCapacity(files.count)
        for item in files {
            if let last = kept.last, last.file.path == item.file.path {
                problems.append(TreeProblem(path: item.file.path, text: "is there twice; the first counts"))
            } else {
                kept.append(item)
            }
        }
        return FileTree(
            path: path, form: trees.allSatisfy { $0.form == .wheels } ? .wheels : .folder, files: kept.map(\.file),
            layers: layers, problems: problems, doubts: doubts,
            contents: JoinedContents(parts: trees, origins: Dictionary(kept.map { ($0.file.path, $0.origin) }) { $1 }))
    }

    /// The tree without the files that a closure refuses.
    public func filtered(_ isKept: (TreeFile) -> Bool) -> FileTree {
        var tree = self
        tree.files = files.filter(isKept)
        return tree
    }
}

/// Reads each file from the tree that it came from.
private struct JoinedContents: TreeContents {
    struct Origin: Sendable {
        var part: Int
        var index: Int
    }

    let parts: [FileTree]
    var origins: [String: Origin] = [:]

    func location(of file: TreeFile) -> String? {
        origins[file.path].flatMap { parts[$0.part].location(of: parts[$0.part].files[$0.index]) }
    }

    func visit(
        _ wanted: [(index: Int, file: TreeFile)], limit: Int,
        _ body: (_ index: Int, _ bytes: UnsafeRawBufferPointer) -> Void
    ) -> [TreeProblem] {
        var byPart: [Int: [(own: Int, index: Int)]] = [:]
        for (index, file) in wanted {
            guard let origin = origins[file.path] else { continue }
            byPart[origin.part, default: []].append((origin.index, index))
        }
        return byPart.sorted { $0.key < $1.key }.flatMap { part, pairs in
            let outer = Dictionary(pairs.map { ($0.own, $0.index) }) { $1 }
            return parts[part].visit(pairs.map(\.own), limit: limit) { own, bytes in
                if let index = outer[own] { body(index, bytes) }
            }
        }
    }
}
