/// Follows imports through a tree, a wave of files at a time, as archives are read in passes.
struct ImportWalk {
    let tree: FileTree
    let installed: InstalledPackages
    let graph: DependencyGraph
    let binaries: Binaries
    let paths: PathIndex
    var modules: ModuleIndex
    var uses: [ImportScan.Use]
    var doubts: [ImportScan.Doubt] = []
    var problems: [TreeProblem] = []
    var readCount = 0
    /// For each file that was reached the one that led there and the line; -1 for entries.
    private var parents: [Int: (file: Int, line: Int)] = [:]
    /// For each package the file by which it was reached.
    private var reachedBy: [Int?]
    /// Packages with code that imports what can't be told.
    private var dynamic: Set<Int> = []
    /// Packages of which compiled code was reached.
    private var compiled: Set<Int> = []
    private var ownCodeIsDynamic = false

    init(_ tree: FileTree, _ installed: InstalledPackages, _ graph: DependencyGraph, _ binaries: Binaries) {
        self.tree = tree
        self.installed = installed
        self.graph = graph
        self.binaries = binaries
        paths = PathIndex(tree.files)
        modules = ModuleIndex(tree, paths, roots: [])
        uses = [ImportScan.Use](repeating: .unseen, count: installed.packages.count)
        reachedBy = [Int?](repeating: nil, count: installed.packages.count)
    }

    /// The most sites that modules are looked for in.
    static let siteLimit = 64

    /// Files that were reached.
    var reached: Set<Int> { Set(parents.keys) }

    mutating func run(from entries: [Int]) {
        let sites = installed.sites.prefix(ImportWalk.siteLimit).map(\.path)
        var roots = sites
        for entry in entries {
            let folder = PathParts.folder(tree.files[entry].path)
            if roots.count < 256, !roots.contains(folder) { roots.append(folder) }
        }
        if !roots.contains("") { roots.append("") }
        // The code's own folders come before those of packages, as on `sys.path`.
        modules = ModuleIndex(tree, paths, roots: Array(roots[sites.count...]) + sites)
        for entry in entries { parents[entry] = (-1, 0) }
        follow(entries, as: .imported)
        link()
        guess()
    }

    /// Reads files and those that they import, until there are no new ones.
    private mutating func follow(_ start: [Int], as use: ImportScan.Use) {
        var wave = start
        for file in start { reach(file, as: use) }
        while !wave.isEmpty, readCount < ImportScan.fileLimit {
            let sources = wave.filter { tree.files[$0].path.endsInBytes(".py") && tree.files[$0].link == nil }.sorted()
            readCount += sources.count
            let found = tree.read(sources, limit: ImportScan.byteLimit) { PythonImports($1) }
            problems += found.problems
            wave = []
            for (file, imports) in found.results { take(imports, of: file, as: use, &wave) }
        }
    }

    private mutating func take(
        _ imports: PythonImports, of file: Int, as use: ImportScan.Use, _ wave: inout [Int]
    ) {
        let package = installed.package(ofFile: file)
        if imports.isBroken {
            problems.append(TreeProblem(path: tree.files[file].path, text: "has brackets that are not closed"))
        }
        for call in imports.dynamic where use == .imported {
            doubts.append(ImportScan.Doubt(file: file, line: call.line, call: call.call, group: call.group))
        }
        if imports.isBroken || !imports.dynamic.isEmpty {
            if let package { dynamic.insert(package) } else { ownCodeIsDynamic = true }
        }
        let own = modules.name(ofFile: file)
        for statement in imports.imports {
            guard let name = absolute(statement, own) else { continue }
            let module = modules.resolve(name)
            add(module.files, from: file, statement.line, as: use, &wave)
            // What is no package has no submodules, so that the names are something else.
            guard !module.folders.isEmpty else { continue }
            for submodule in statement.names where submodule != "*" {
                let full = modules.resolve(name.isEmpty ? submodule : name + "." + submodule)
                add(full.files, from: file, statement.line, as: use, &wave)
            }
        }
    }

    /// The module that an import means, dots before it resolved.
    private func absolute(_ statement: PythonImports.Import, _ own: (name: String, isPackage: Bool)?) -> String? {
        guard statement.level > 0 else { return statement.module }
        guard let own else { return nil }
        var parts = own.name.split(separator: ".")
        let climbs = statement.level - (own.isPackage ? 1 : 0)
        guard climbs <= parts.count else { return nil }
        parts.removeLast(climbs)
        if !statement.module.isEmpty { parts.append(Substring(statement.module)) }
        return parts.joined(separator: ".")
    }

    private mutating func add(
        _ files: [Int], from file: Int, _ line: Int, as use: ImportScan.Use, _ wave: inout [Int]
    ) {
        for target in files where parents[target] == nil {
            parents[target] = (file, line)
            reach(target, as: use)
            wave.append(target)
        }
    }

    private mutating func reach(_ file: Int, as use: ImportScan.Use) {
        guard let package = installed.package(ofFile: file) else { return }
        if tree.files[file].path.endsInBytes(".so") { compiled.insert(package) }
        guard uses[package] == .unseen || (use == .imported && uses[package] != .imported) else { return }
        uses[package] = use
        reachedBy[package] = file
    }

    /// Marks packages whose libraries are needed by compiled files of used packages.
    private mutating func link() {
        var providers: [String: Int] = [:]
        for binary in binaries.all where binary.package != nil {
            providers[String(tree.files[binary.file].name)] =
                providers[String(tree.files[binary.file].name)] ?? binary.file
            if let soname = binary.elf.soname { providers[soname] = providers[soname] ?? binary.file }
        }
        let byPackage = Dictionary(grouping: binaries.all.filter { $0.package != nil }) { $0.package ?? -1 }
        var waiting = uses.indices.filter { uses[$0] == .imported }
        while let package = waiting.popLast() {
            for binary in byPackage[package] ?? [] {
                for name in binary.elf.needed {
                    guard let file = providers[name], let other = installed.package(ofFile: file),
                        uses[other] == .unseen
                    else {
                        continue
                    }
                    uses[other] = .linked
                    reachedBy[other] = file
                    if parents[file] == nil { parents[file] = (binary.file, 0) }
                    if parents[binary.file] == nil, let first = reachedBy[package] { parents[binary.file] = (first, 0) }
                    waiting.append(other)
                }
            }
        }
    }

    /// Marks what may be loaded: all modules of packages whose code imports by names made at run time, what those
    /// import, and what is
    /// required by packages with compiled code, which may import too.
    private mutating func guess() {
        var done: Set<Int> = []
        while true {
            let next = dynamic.subtracting(done).sorted()
            guard !next.isEmpty else { break }
            done.formUnion(next)
            for package in next {
                let sources = installed.packages[package].files.filter { file in
                    parents[file] == nil && tree.files[file].path.endsInBytes(".py") && !isTest(tree.files[file].path)
                }
                let first = reachedBy[package] ?? -1
                for file in sources { parents[file] = (first, 0) }
                follow(sources, as: .possible)
            }
        }
        if ownCodeIsDynamic {
            for package in uses.indices where uses[package] == .unseen { uses[package] = .possible }
        }
        guessRequired()
        guessPlugins()
    }

    /// Whether a source belongs to a package's own tests, which its code does not load.
    private func isTest(_ path: String) -> Bool {
        path.utf8.split(separator: UInt8(ascii: "/")).contains {
            $0.elementsEqual("tests".utf8) || $0.elementsEqual("test".utf8)
        }
    }

    private mutating func guessRequired() {
        for package in uses.indices
        where uses[package] != .unseen && (compiled.contains(package) || uses[package] == .linked) {
            for edge in graph.outgoing[package] where uses[graph.edges[edge].to] == .unseen {
                uses[graph.edges[edge].to] = .possible
            }
        }
    }

    /// Packages that offer plugins of a group that used code looks for.
    private mutating func guessPlugins() {
        let groups = Set(doubts.compactMap(\.group))
        let looksForAny = doubts.contains { $0.call.utf8.elementsEqual("entry_points".utf8) && $0.group == nil }
        for package in uses.indices where uses[package] == .unseen {
            let offered = installed.packages[package].entryPoints.map(\.group).filter {
                $0 != "console_scripts" && $0 != "gui_scripts"
            }
            if offered.contains(where: { groups.contains($0) || looksForAny }) { uses[package] = .possible }
        }
    }

    /// The files from an entry to a package.
    func chain(to package: Int) -> [ImportScan.Step] {
        guard var file = reachedBy[package] else { return [] }
        var steps = [ImportScan.Step(file: file, line: 0)]
        while let parent = parents[file], parent.file >= 0, steps.count < 10_000 {
            steps.append(ImportScan.Step(file: parent.file, line: parent.line))
            file = parent.file
        }
        return steps.reversed()
    }
}
