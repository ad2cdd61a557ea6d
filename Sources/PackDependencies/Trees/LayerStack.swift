/// Layers put over each other: what a container sees.
struct LayerStack {
    private let root = Node()
    private(set) var problems: [TreeProblem] = []
    private var identities: UInt64 = 0

    /// A name: a file, a folder, or both a file of a lower layer and what hides it.
    private final class Node {
        var children: [PathKey: Node] = [:]
        var leaf: ArchivedFile?
        /// The highest layer that put something at this place or below it.
        var layer = -1
    }

    /// Puts a layer over those before. Whiteouts act on the layers below only, wherever in the tar they stand.
    mutating func add(_ changes: LayerChanges, layer: Int) {
        for path in changes.deleted { remove(path[...], below: root) }
        for path in changes.emptied {
            guard let node = find(path) else { continue }
            node.children = [:]
        }
        for addition in changes.additions { put(addition, layer) }
    }

    private func find(_ path: [Substring]) -> Node? {
        var node = root
        for part in path {
            guard let next = node.children[PathKey(part)] else { return nil }
            node = next
        }
        return node
    }

    private func remove(_ path: ArraySlice<Substring>, below root: Node) {
        guard let parent = find(Array(path.dropLast())), let last = path.last else { return }
        parent.children[PathKey(last)] = nil
    }

    private mutating func put(_ addition: LayerChanges.Addition, _ layer: Int) {
        var file = ArchivedFile(file: addition.file, archive: layer, entry: addition.entry)
        if let target = addition.target {
            guard let shared = share(target) else {
                problems.append(TreeProblem(path: addition.file.path, text: "is a hard link to nothing"))
                return
            }
            file.file.bytes = shared.file.bytes
            file.file.link = shared.file.link
            file.file.identity = shared.file.identity
            (file.archive, file.entry) = (shared.archive, shared.entry)
        }
        guard let node = descend(addition, layer) else { return }
        if addition.isFolder {
            node.leaf = nil
        } else if node.layer == layer, !node.children.isEmpty {
            problems.append(TreeProblem(path: addition.file.path, text: "is a folder in the same layer"))
        } else {
            node.children = [:]
            node.leaf = file
        }
        node.layer = layer
    }

    /// Goes to the place of an addition. A file or link of a lower layer on the way gives way to a folder.
    private mutating func descend(_ addition: LayerChanges.Addition, _ layer: Int) -> Node? {
        var node = root
        for part in addition.path {
            if node.leaf != nil {
                guard node.layer < layer else {
                    problems.append(
                        TreeProblem(path: addition.file.path, text: "lies below what is no folder in the same layer"))
                    return nil
                }
                node.leaf = nil
            }
            if node !== root { node.layer = layer }
            let key = PathKey(part)
            let next = node.children[key] ?? Node()
            node.children[key] = next
            node = next
        }
        return node
    }

    /// The file at a path, marked as one that has several names.
    private mutating func share(_ path: [Substring]) -> ArchivedFile? {
        guard let node = find(path), var leaf = node.leaf else { return nil }
        if leaf.file.identity == nil, leaf.file.link == nil {
            leaf.file.identity = identities
            identities += 1
            node.leaf = leaf
        }
        return leaf
    }

    /// The files that are seen, in order of their paths.
    var files: [ArchivedFile] {
        var files: [ArchivedFile] = []
        Self.collect(root, &files)
        ArchivedFile.sort(&files)
        return files
    }

    private static func collect(_ root: Node, _ files: inout [ArchivedFile]) {
        var pending = [root]
        while let node = pending.popLast() {
            if let leaf = node.leaf { files.append(leaf) }
            pending += node.children.values
        }
    }
}
