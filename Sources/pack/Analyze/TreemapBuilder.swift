import PackDependencies
import PackFit
import PackReport

/// Where the bytes of a deployment are, as a tree to be drawn: packages with their folders and files, then the model's files
/// with their tensors, then everything else.
struct TreemapBuilder {
    /// A folder while it is being filled.
    private final class Folder {
        var folders: [String: Folder] = [:]
        var files: [TreemapNode] = []

        func folder(_ name: String) -> Folder {
            if let known = folders[name] { return known }
            let made = Folder()
            folders[name] = made
            return made
        }

        func node(_ name: String, _ kind: TreemapNode.Kind) -> TreemapNode {
            let children = folders.map { $0.value.node($0.key, .folder) } + files
            return TreemapNode(name, kind: kind, children: TreemapBuilder.sorted(children))
        }
    }

    /// The tree of one deployment.
    ///
    /// - Parameters:
    ///   - name: What the whole is called.
    ///   - tree: Its files; `nil` where only the model is known.
    ///   - owners: For each file the name of the package that it is of, if any.
    ///   - unused: Indices of files that a deployment never uses.
    ///   - models: The models among the files.
    static func build(
        _ name: String, tree: FileTree?, owners: [String?], unused: Set<Int>, models: [ModelFacts]
    ) -> TreemapNode {
        var packages: [String: Folder] = [:]
        let rest = Folder()
        let weights = Dictionary(
            models.flatMap { model in model.files.map { (absolute(model.path, $0.path), model) } },
            uniquingKeysWith: { first, _ in first })
        for (index, file) in (tree?.files ?? []).enumerated() where file.link == nil {
            let parts = file.path.split(separator: "/").map(String.init)
            var folder = rest
            if index < owners.count, let owner = owners[index] {
                if packages[owner] == nil { packages[owner] = Folder() }
                folder = packages[owner] ?? rest
            }
            for part in parts.dropLast() { folder = folder.folder(part) }
            let model = tree.flatMap { weights[absolute($0.path, file.path)] }
            folder.files.append(node(file, isUnused: unused.contains(index), model))
        }
        if tree == nil {
            for model in models { rest.files.append(tensors(of: model, name: model.path, bytes: model.fileBytes)) }
        }
        let children =
            packages.map { $0.value.node($0.key, .package) } + rest.folders.map { $0.value.node($0.key, .folder) }
            + rest.files
        return TreemapNode(name, kind: .folder, children: sorted(children))
    }

    private static func absolute(_ folder: String, _ path: String) -> String {
        folder.hasSuffix("/") ? folder + path : folder + "/" + path
    }

    private static func sorted(_ nodes: [TreemapNode]) -> [TreemapNode] {
        nodes.sorted { ($1.bytes, $0.name) < ($0.bytes, $1.name) }
    }

    private static func node(_ file: TreeFile, isUnused: Bool, _ model: ModelFacts?) -> TreemapNode {
        let name = String(file.name)
        if let model, name.hasSuffix(".safetensors"), model.files.count(where: { $0.path.hasSuffix(".safetensors") }) == 1 {
            return tensors(of: model, name: name, bytes: file.bytes)
        }
        return TreemapNode(
            name, bytes: file.bytes, kind: isUnused ? .unused : kind(of: name),
            note: isUnused ? "a deployment never uses it" : nil)
    }

    private static func tensors(of model: ModelFacts, name: String, bytes: Int) -> TreemapNode {
        let tensors = model.tensors.map { tensor in
            TreemapNode(tensor.name, bytes: tensor.bytes, kind: .tensor, note: "\(tensor.dtype) \(tensor.shape)")
        }
        return TreemapNode(name, bytes: bytes, kind: .weights, children: sorted(tensors))
    }

    private static func kind(of name: String) -> TreemapNode.Kind {
        if name.hasSuffix(".so") || name.contains(".so.") { return .library }
        if name.hasSuffix(".py") || name.hasSuffix(".pyc") { return .code }
        if [".safetensors", ".bin", ".onnx", ".gguf", ".pt", ".h5"].contains(where: { name.hasSuffix($0) }) {
            return .weights
        }
        return .data
    }
}
