/// The sizes of installed packages with what they require.
public struct PackageTree: Sendable {
    /// Sizes of a package.
    public struct Sizes: Hashable, Sendable {
        /// Bytes of its own files.
        public var own: Int
        /// Bytes of it and all that it leads to, each once; `nil` for more packages than are summed.
        public var subtree: Int?
        /// Bytes that would go if it went: its own, and those of packages to which every path from a root leads
        /// through it.
        public var unique: Int
    }

    /// A line of the view as a tree.
    public struct Row: Hashable, Sendable {
        /// 0 for roots.
        public var depth: Int
        /// Index of the package.
        public var package: Int
        /// The requirement that leads here; `nil` for roots.
        public var requirement: String?
        /// Whether it was shown before, with what it requires, which is left out here.
        public var isRepeated: Bool
    }

    /// For each package its sizes.
    public private(set) var sizes: [Sizes]
    private let graph: DependencyGraph
    /// Roots, and the packages that no root leads to and nobody requires.
    private let entries: [Int]

    /// The most packages of which subtrees are summed, as that takes their number squared.
    static let subtreeLimit = 4096

    /// Sums sizes.
    public init(_ installed: InstalledPackages, _ graph: DependencyGraph) {
        self.graph = graph
        let packages = installed.packages
        let next = { (package: Int) in graph.outgoing[package].map { graph.edges[$0].to } }
        let sources = graph.sources(StrongComponents(count: packages.count, next))
        let roots = Set(graph.roots)
        entries = graph.roots + sources.filter { !roots.contains($0) }
        let own = packages.map(\.bytes)
        let unique = Dominators(count: packages.count, entries: entries, next).sums(own)
        sizes = packages.indices.map { index in
            let subtree = packages.count <= PackageTree.subtreeLimit ? PackageTree.sum(from: index, own, next) : nil
            return Sizes(own: own[index], subtree: subtree, unique: unique[index])
        }
    }

    private static func sum(from start: Int, _ own: [Int], _ next: (Int) -> [Int]) -> Int {
        var seen = [Bool](repeating: false, count: own.count)
        var (stack, sum) = ([start], 0)
        seen[start] = true
        while let node = stack.popLast() {
            sum += own[node]
            for target in next(node) where !seen[target] {
                seen[target] = true
                stack.append(target)
            }
        }
        return sum
    }

    /// The packages by their own bytes, largest first.
    public var largestFirst: [Int] { sorted(Array(sizes.indices)) { sizes[$0].own } }

    private func sorted(_ packages: [Int], _ size: (Int) -> Int) -> [Int] {
        packages.sorted { size($0) != size($1) ? size($0) > size($1) : $0 < $1 }
    }

    /// The tree from its roots, larger branches first. A package is followed where it is shown first, so that there
    /// are no more
    /// rows than requirements and roots.
    public var rows: [Row] {
        var rows: [Row] = []
        var seen = [Bool](repeating: false, count: sizes.count)
        let heavy = { (package: Int) in sizes[package].subtree ?? sizes[package].own }
        var stack = sorted(entries, heavy).reversed().map {
            Row(depth: 0, package: $0, requirement: nil, isRepeated: false)
        }
        while var row = stack.popLast() {
            row.isRepeated = seen[row.package]
            rows.append(row)
            guard !row.isRepeated else { continue }
            seen[row.package] = true
            let edges = graph.outgoing[row.package].map { graph.edges[$0] }
            for edge in edges.sorted(by: { heavy($0.to) != heavy($1.to) ? heavy($0.to) < heavy($1.to) : $0.to > $1.to })
            {
                stack.append(
                    Row(depth: row.depth + 1, package: edge.to, requirement: edge.requirement, isRepeated: false))
            }
        }
        return rows
    }
}
