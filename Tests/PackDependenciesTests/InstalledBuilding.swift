import PackDependencies

/// A tree of files whose contents are in memory.
struct BuiltTree: TreeContents {
    private(set) var contents: [(path: String, bytes: [UInt8])] = []

    func visit(
        _ wanted: [(index: Int, file: TreeFile)], limit: Int,
        _ body: (_ index: Int, _ bytes: UnsafeRawBufferPointer) -> Void
    ) -> [TreeProblem] {
        let byPath = Dictionary(contents.map { ($0.path, $0.bytes) }) { first, _ in first }
        var problems: [TreeProblem] = []
        for (index, file) in wanted {
            guard let bytes = byPath[file.path] else {
                problems.append(TreeProblem(path: file.path, text: "cannot be read"))
                continue
            }
            bytes.prefix(limit).withUnsafeBytes { body(index, $0) }
        }
        return problems
    }

    mutating func add(_ path: String, _ text: String) { contents.append((path, Array(text.utf8))) }

    mutating func add(_ path: String, bytes: [UInt8]) { contents.append((path, bytes)) }

    /// A package with METADATA, WHEEL and a true RECORD of these files.
    mutating func addPackage(
        _ name: String, _ version: String = "1.0", site: String = "", requires: [String] = [],
        tag: String = "py3-none-any",
        files: [(String, String)] = [], headers: String = ""
    ) {
        let prefix = site.isEmpty ? "" : site + "/"
        let info = "\(name.replacing("-", with: "_"))-\(version).dist-info"
        let lines = requires.map { "Requires-Dist: \($0)\n" }.joined()
        let metadata = "Metadata-Version: 2.1\nName: \(name)\nVersion: \(version)\n\(lines)\(headers)\nAbout \(name).\n"
        let all = files + [("\(info)/METADATA", metadata), ("\(info)/WHEEL", "Wheel-Version: 1.0\nTag: \(tag)\n")]
        for (path, text) in all { add(prefix + path, text) }
        let rows = all.map { "\($0.0),,\($0.1.utf8.count)\r\n" } + ["\(info)/RECORD,,\r\n"]
        add("\(prefix)\(info)/RECORD", rows.joined())
    }

    var tree: FileTree {
        let files = contents.map { TreeFile(path: $0.path, bytes: $0.bytes.count) }
        return FileTree(
            path: "built", form: .folder,
            files: files.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }, contents: self)
    }
}

extension FileTree {
    static func built(_ build: (inout BuiltTree) -> Void) -> FileTree {
        var tree = BuiltTree()
        build(&tree)
        return tree.tree
    }

    /// The paths of files by their indices.
    func paths(_ indices: [Int]) -> [String] { indices.map { files[$0].path } }
}
