/// Which installed packages the code of a deployment uses, seen from its sources alone: imports are followed from an
/// entry point, nothing
/// is run.
///
/// Imports in functions, conditions and `try` count; those for type checkers don't. Modules that are loaded by names
/// made at run time
/// can't be seen: from a package that does so, all its modules may be loaded, so what only they import is possible and
/// not known.
public struct ImportScan: Sendable {
    /// Whether and how a package is used.
    public enum Use: Hashable, Sendable {
        /// A chain of imports leads to it.
        case imported
        /// A library of it is needed by a compiled file of a package that is used.
        case linked
        /// Code that may be loaded imports it, or compiled or dynamic code of a package that requires it may.
        case possible
        /// Nothing was seen to use it.
        case unseen
    }

    /// A step of a chain: a file, and the line of it that leads to the next. The last one's line is 0.
    public struct Step: Hashable, Sendable {
        /// Index of the file in the tree.
        public var file: Int
        /// The line, from 1.
        public var line: Int
    }

    /// A place where the source does not say what is imported.
    public struct Doubt: Hashable, Sendable {
        /// Index of the file in the tree.
        public var file: Int
        /// The line, from 1.
        public var line: Int
        /// What is called there: `import_module`, `entry_points`.
        public var call: String
        /// The group of plugins that is looked for.
        public var group: String?
    }

    /// For each package how it is used; empty where there is no entry point, so that nothing is known.
    public internal(set) var uses: [Use] = []
    /// For each package a chain from the entry point, of those that are imported, linked or possible through an import.
    public internal(set) var chains: [[Step]] = []
    /// Files that the imports were followed from.
    public internal(set) var entries: [Int] = []
    /// Entry points that were asked for and are not there.
    public internal(set) var missingEntries: [String] = []
    /// Places of the followed code where an import can't be told.
    public internal(set) var doubts: [Doubt] = []
    /// Sources that could not be read to their end.
    public internal(set) var problems: [TreeProblem] = []
    /// Files that are imported, or may be.
    public internal(set) var reached: Set<Int> = []
    /// The number of files that were read.
    public internal(set) var readCount = 0

    /// Whether there was something to follow imports from.
    public var isKnown: Bool { !entries.isEmpty }

    /// Whether code imports a package or links with it; `nil` where that is not known.
    public func isUsed(_ package: Int) -> Bool? {
        guard isKnown, uses.indices.contains(package) else { return nil }
        switch uses[package] {
        case .imported, .linked: return true
        case .possible: return nil
        case .unseen: return false
        }
    }

    /// The most files that are read.
    package static let fileLimit = 100_000
    /// The most bytes of a file that are read.
    package static let byteLimit = 16 << 20

    /// Follows imports.
    ///
    /// - Parameter entries: Files (`src/app.py`), handlers or modules (`app.handler`, `pkg.main:run`); empty for all
    ///   sources
    ///   that belong to no package, which leaves out those of a Python that is in the tree.
    public init(
        _ tree: FileTree, _ installed: InstalledPackages, graph: DependencyGraph, binaries: Binaries,
        entries: [String] = []
    ) {
        var walk = ImportWalk(tree, installed, graph, binaries)
        let (files, missing) = walk.resolve(entries)
        missingEntries = missing
        guard !files.isEmpty else { return }
        self.entries = files
        walk.run(from: files)
        uses = walk.uses
        chains = installed.packages.indices.map { walk.chain(to: $0) }
        doubts = walk.doubts.sorted { ($0.file, $0.line) < ($1.file, $1.line) }
        problems = walk.problems
        readCount = walk.readCount
        reached = walk.reached
    }
}
