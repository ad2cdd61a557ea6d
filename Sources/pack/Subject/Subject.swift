import PackDependencies
import PackFit
import PackIO
import PackImport

/// What lies at the paths that were given, before anything is judged.
struct Subject {
    /// The paths, as they were given.
    var paths: [String]
    /// All files that would be deployed; `nil` where only a file of weights or a list of packages was given.
    var tree: FileTree?
    /// The models among them, the one that counts first.
    var models: [ModelReading] = []
    /// What describes the packages, the one that counts first.
    var declared: [DeclaredDependencies] = []
    /// What was found and what it is taken for, a line each.
    var found: [String] = []
    /// What was left out, and why, a line each.
    var leftOut: [String] = []
    /// What could not be read, a line each.
    var problems: [String] = []
    /// What is fixed of a model, and whether there was an ONNX model to fix it of.
    private var specialization = ONNXSpecialization()
    private var isFixed = false

    /// The folders that code is found in when the files are deployed as they are.
    var folders: [String] = []

    /// Whether the files are a deployment by themselves, with nothing to come: an image or a function's zip.
    var isComplete: Bool { tree.map { $0.form == .image || $0.form == .zip } ?? false }

    /// What the whole is called.
    var name: String { paths.joined(separator: " ") }
}

extension Subject {
    /// Looks at paths.
    ///
    /// - Parameters:
    ///   - paths: Folders, archives, files of weights, lists of packages.
    ///   - options: Layers, and whether requirements are resolved.
    ///   - environment: The Python, processor and C library that lists of packages are read for; asked for only where there
    ///     may be such lists.
    ///   - specialization: What is fixed of the ONNX model among the paths.
    /// - Throws: What makes a path unusable; what concerns single files is a problem.
    static func find(
        _ paths: [String], _ options: StackOptions, for environment: () throws -> TargetEnvironment,
        fixing specialization: ONNXSpecialization = ONNXSpecialization()
    ) throws -> Subject {
        var subject = Subject(paths: paths)
        subject.specialization = specialization
        func selection() throws -> DependencySelection { DependencySelection(target: try environment()) }
        var trees: [(tree: FileTree, name: String)] = []
        let outers = try enclosing(paths)
        for (path, outer) in zip(paths, outers) {
            if let outer {
                subject.leftOut.append("\(path): lies in \(outer), which is taken whole")
                continue
            }
            switch try PathKind(path) {
            case .list(let kind):
                subject.add(try DeclaredDependencies(path: path, kind: kind, selection: selection()))
            case .weights: subject.models.append(try subject.read(path))
            case .tree:
                let found = try subject.trees(at: path, options, selection())
                let prefix = paths.count > 1 ? displayName(path) : ""
                trees += found.map { ($0.tree, [prefix, $0.name].filter { !$0.isEmpty }.joined(separator: "/")) }
            }
        }
        guard specialization.isEmpty || subject.isFixed else { throw ImportError.notFixable(subject.name) }
        if options.resolve, !subject.declared.isEmpty || trees.isEmpty {
            trees += try subject.resolve(options, selection())
        }
        if !trees.isEmpty {
            subject.tree = .joined(trees.map(\.tree), as: trees.map(\.name), path: subject.name)
            subject.problems += subject.tree?.problems.map { "\($0.path) \($0.text)" } ?? []
        }
        return subject
    }

    /// For each path another of them that it lies in as a folder, or that is the same folder before it.
    private static func enclosing(_ paths: [String]) throws -> [String?] {
        let folders = try paths.map { path in
            try FileContents.kind(of: path) == .folder ? (try? ContainedFolder.resolve(path)).map { $0 + "/" } : nil
        }
        return folders.enumerated().map { index, own in
            guard let own else { return nil }
            return folders.enumerated().first { other, whole in
                guard let whole, other != index else { return false }
                return own == whole ? other < index : own.hasPrefix(whole == "//" ? "/" : whole)
            }.map { paths[$0.offset] }
        }
    }

    /// What a path is taken for.
    private enum PathKind {
        case list(DeclaredDependencies.Kind)
        case weights
        case tree

        init(_ path: String) throws {
            let name = path.split(separator: "/").last.map(String.init) ?? path
            if try FileContents.kind(of: path) == .folder {
                self = .tree
            } else if let kind = DeclaredDependencies.kind(ofFile: name) {
                self = .list(kind)
            } else {
                let suffixes = [".safetensors", ".safetensors.index.json", ".onnx"]
                let isWeights = suffixes.contains { name.hasSuffix($0) }
                self = isWeights ? .weights : .tree
            }
        }
    }

    /// Takes a list of packages.
    mutating func add(_ list: DeclaredDependencies) {
        declared.append(list)
        let count = list.packages.count
        let what = list.isLocked ? "locked" : "asked for"
        found.append("\(list.path): \(count) package\(count == 1 ? "" : "s") \(what)")
        problems += list.problems.map { "\($0.path): \($0.text)" }
    }

    /// Reads a model that a path leads to; what is to be fixed of an ONNX model is fixed.
    mutating func read(_ path: String) throws -> ModelReading {
        guard ONNXImport.path(at: path) != nil else { return try ModelReading.read(path) }
        isFixed = true
        return try ModelReading.read(path, specialization)
    }

    /// The last component of a path, which its files stand under when several paths are given.
    private static func displayName(_ path: String) -> String {
        path.split(separator: "/").last { $0 != "." && $0 != ".." }.map(String.init) ?? ""
    }

    /// The files at a path, without what is never deployed; what a project folder describes is added.
    private mutating func trees(
        at path: String, _ options: StackOptions, _ selection: DependencySelection
    ) throws -> [(tree: FileTree, name: String)] {
        if let tree = BundleTree.open(path) { return [(tree, "")] }
        let tree = try FileTree.open(
            path, layers: options.layer, architecture: selection.target.architecture,
            checkingHashes: options.zip ?? true)
        switch tree.form {
        case .folder: return try project(tree, selection)
        case .wheels: found.append("\(path): \(tree.layers.count) wheels, each taken as installed")
        case .zip:
            let layers = tree.layers.count > 1 ? " and \(tree.layers.count - 1) layers" : ""
            found.append("\(path): a zip\(layers)")
        case .image: found.append("\(path): an image of \(tree.layers.count) layers")
        }
        return [(tree, "")]
    }
}
