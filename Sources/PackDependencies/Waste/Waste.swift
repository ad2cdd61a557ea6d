/// What a deployment carries and does not use.
///
/// A byte is counted in one category at most, the first that fits in the order of ``Category``. Only what can be
/// explained is listed: data that is not
/// known is never waste, and files that code was seen to import, or may import, are left out.
public struct Waste: Sendable {
    /// The kinds, in order of precedence.
    public enum Category: String, Hashable, Sendable, CaseIterable {
        /// Programs and libraries of other systems and processors.
        case otherPlatforms
        /// What only runs with a graphics processor, on a target without one.
        case graphics
        /// Weights in other formats beside those in safetensors.
        case secondWeights
        /// pip, setuptools and wheel themselves.
        case installers
        /// Folders of tests.
        case tests
        /// Folders of documentation and examples.
        case documentation
        /// C and C++ headers.
        case headers
        /// Sources of Cython, and types for checkers.
        case sources
        /// Static libraries.
        case staticLibraries
        /// Compiled Python beside its source.
        case caches
        /// Translations.
        case translations
        /// Licence texts and other parts of `.dist-info` that nothing reads.
        case packageRecords
        /// Shared libraries that nothing was seen to need.
        case unneededLibraries
        /// Files with the same bytes as another.
        case duplicates
        /// Debug sections of compiled files.
        case debugSections
        /// Symbol tables of compiled files that only debuggers and linkers read.
        case symbolTables
        /// The rest of packages that nothing was seen to import.
        case unusedPackages
    }

    /// How sure it is that a deployment works without.
    public enum Certainty: String, Hashable, Sendable {
        /// Nothing reads it while a deployment runs.
        case safe
        /// It depends on what the code does; try it.
        case doubtful
    }

    /// What one package has of a category.
    public struct Item: Hashable, Sendable {
        /// The category.
        public var category: Category
        /// Index of the package; `nil` for files of none.
        public var package: Int?
        /// Indices of the files in the tree, in order.
        public var files: [Int]
        /// Bytes that would go. Of debug sections and symbol tables parts of the files, else all of them; hard links
        /// count if no name of them stays.
        public var bytes: Int
        /// How sure it is.
        public var certainty: Certainty
        /// Why, a sentence.
        public var reason: String
        /// The paths of up to three of the files, largest first.
        public var examples: [String]

        package init(
            category: Category, package: Int? = nil, files: [Int], bytes: Int, certainty: Certainty, reason: String,
            examples: [String]
        ) {
            self.category = category
            self.package = package
            self.files = files
            self.bytes = bytes
            self.certainty = certainty
            self.reason = reason
            self.examples = examples
        }
    }

    /// What was found, most bytes first.
    public internal(set) var items: [Item] = []
    /// Files that could not be read.
    public internal(set) var problems: [TreeProblem] = []

    /// Bytes of all items of a certainty.
    public func bytes(_ certainty: Certainty) -> Int {
        items.reduce(0) { $1.certainty == certainty ? $0 + $1.bytes : $0 }
    }

    /// What is known about a tree, and of the target.
    public struct Facts: Sendable {
        /// The files.
        public var tree: FileTree
        /// The packages.
        public var installed: InstalledPackages
        /// Which requires which.
        public var graph: DependencyGraph
        /// The compiled files.
        public var binaries: Binaries
        /// What is imported.
        public var imports: ImportScan
        /// What it is for.
        public var target: TargetEnvironment?
        /// Whether the target has a graphics processor.
        public var hasGraphics: Bool

        /// Collects facts.
        public init(
            _ tree: FileTree, _ installed: InstalledPackages, graph: DependencyGraph, binaries: Binaries,
            imports: ImportScan,
            target: TargetEnvironment?, hasGraphics: Bool = false
        ) {
            self.tree = tree
            self.installed = installed
            self.graph = graph
            self.binaries = binaries
            self.imports = imports
            self.target = target
            self.hasGraphics = hasGraphics
        }
    }

    /// Looks for it.
    /// - Parameter comparesContents: Whether files of equal size are read, to find those with equal bytes.
    public init(_ facts: Facts, comparesContents: Bool = true) {
        var finder = WasteFinder(facts)
        finder.classify()
        finder.addUnneeded()
        if comparesContents { problems = finder.addDuplicates() }
        finder.addStrippable()
        finder.addUnused()
        items = finder.items()
    }
}
