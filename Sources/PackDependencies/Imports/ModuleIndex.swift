/// Finds the files of modules as Python's path finder does (PEP 420): in each folder of the path a package, then an
/// extension
/// module, then a source; a folder without `__init__.py` is a part of a namespace package.
struct ModuleIndex {
    private let tree: FileTree
    private let paths: PathIndex
    /// The folders of `sys.path`, in order.
    private let roots: [String]
    /// Modules that were looked for.
    private var known: [String: Module] = [:]

    /// What a module is.
    struct Module {
        /// Its file; `nil` for namespace packages.
        var file: Int?
        /// Folders that its submodules are in.
        var folders: [String] = []
        var isFound: Bool { file != nil || !folders.isEmpty }
    }

    init(_ tree: FileTree, _ paths: PathIndex, roots: [String]) {
        self.tree = tree
        self.paths = paths
        self.roots = roots
    }

    /// The most components of a module's name.
    private static let depthLimit = 64

    /// Names that were resolved.
    private var resolved: [String: Resolved] = [:]

    /// What importing a name leads to.
    struct Resolved {
        /// The files that it runs: of the packages that hold the module, outermost first, and its own, up to the first
        /// that is not found.
        var files: [Int] = []
        /// The folders in which the module has submodules; empty if it has none, or is not found.
        var folders: [String] = []
    }

    /// What importing a name leads to.
    mutating func resolve(_ name: String) -> Resolved {
        if let known = resolved[name] { return known }
        var result = Resolved()
        var (dotted, folders) = ("", roots)
        for part in name.split(separator: ".").prefix(ModuleIndex.depthLimit) {
            dotted += dotted.isEmpty ? String(part) : "." + part
            let module = known[dotted] ?? find(String(part), in: folders)
            known[dotted] = module
            folders = module.folders
            guard module.isFound else { break }
            if let file = module.file { result.files.append(file) }
        }
        result.folders = name.isEmpty ? roots : folders
        resolved[name] = result
        return result
    }

    private func find(_ name: String, in folders: [String]) -> Module {
        var namespace: [String] = []
        for folder in folders {
            let path = PathParts.join(folder, name)
            if let file = paths[path + "/__init__.py"] ?? paths[path + "/__init__.pyc"] {
                return Module(file: file, folders: [path])
            }
            if let file = extensionModule(path) ?? paths[path + ".py"] ?? paths[path + ".pyc"] {
                return Module(file: file)
            }
            if !paths.range(below: path).isEmpty { namespace.append(path) }
        }
        return Module(file: nil, folders: namespace)
    }

    /// `name.TAG.so` or `name.so`.
    private func extensionModule(_ path: String) -> Int? {
        let prefix = Array((path + ".").utf8)
        var index = paths.lowerBound(prefix)
        while index < tree.files.count, tree.files[index].path.utf8.starts(with: prefix) {
            let rest = tree.files[index].path.utf8.dropFirst(prefix.count)
            if rest.suffix(2).elementsEqual("so".utf8), !rest.contains(UInt8(ascii: "/")) { return index }
            index += 1
        }
        return nil
    }

    /// The name of the module that a file is; for `__init__.py` that of its folder. `nil` for files below none of the
    /// roots.
    func name(ofFile index: Int) -> (name: String, isPackage: Bool)? {
        let path = tree.files[index].path
        var best: String?
        for root in roots where root.isEmpty || path.utf8.starts(with: (root + "/").utf8) {
            if best.map({ $0.utf8.count < root.utf8.count }) ?? true { best = root }
        }
        guard let best else { return nil }
        var parts = path.utf8.dropFirst(best.isEmpty ? 0 : best.utf8.count + 1).split(separator: UInt8(ascii: "/"))
        guard let last = parts.popLast(), let dot = last.firstIndex(of: UInt8(ascii: ".")) else { return nil }
        let stem = last[..<dot]
        let isPackage = stem.elementsEqual("__init__".utf8)
        let names = parts.map { String(Substring($0)) } + (isPackage ? [] : [String(Substring(stem))])
        return (names.joined(separator: "."), isPackage)
    }
}
