/// Which installed packages require which, from their metadata, for a target.
///
/// Requirements are followed whose markers hold on the target, with the extras that others ask for. Where a marker
/// depends on
/// what is not known of the target, an installed package is taken to be required and a missing one is not reported.
public struct DependencyGraph: Sendable {
    /// A requirement that an installed package meets, or should.
    public struct Edge: Hashable, Sendable {
        /// Index of the package that requires.
        public var from: Int
        /// Index of the package that is required.
        public var to: Int
        /// The requirement as the metadata write it.
        public var requirement: String
    }

    /// A requirement that is not met.
    public struct Unmet: Hashable, Sendable {
        /// Index of the package that requires.
        public var from: Int
        /// The requirement as the metadata write it.
        public var requirement: String
        /// The name that it asks for, normalized.
        public var name: String
        /// The version that is installed instead; `nil` if there is none.
        public var installedVersion: String?
    }

    /// Requirements that are met by an installed package, of whatever version.
    public internal(set) var edges: [Edge] = []
    /// Requirements that are not met.
    public internal(set) var unmet: [Unmet] = []
    /// Lines of metadata that are no requirements, with the package's index.
    public internal(set) var malformed: [(package: Int, text: String)] = []
    /// Packages that were asked for by name, or that nobody requires; of a cycle that nobody else requires, the first.
    public internal(set) var roots: [Int] = []
    /// Declared names that are not installed.
    public internal(set) var missingRoots: [String] = []
    /// Packages that require each other in a circle.
    public internal(set) var cycles: [[Int]] = []
    /// For each package the index of the one through which the shortest path from a root leads; `nil` for roots and
    /// for packages that
    /// none leads to.
    public internal(set) var parents: [Int?]
    /// For each package the edges that begin there.
    var outgoing: [[Int]]

    /// The most requirements that are followed.
    static let edgeLimit = 1_000_000

    /// Builds the graph.
    ///
    /// - Parameters:
    ///   - target: What markers are evaluated for; without it they are all unknown.
    ///   - declared: What was asked for, as requirements or names; empty if that is not known.
    public init(_ installed: InstalledPackages, target: TargetEnvironment?, declared: [String] = []) {
        let count = installed.packages.count
        parents = [Int?](repeating: nil, count: count)
        outgoing = [[Int]](repeating: [], count: count)
        var builder = GraphBuilder(installed, target)
        let asked = builder.declare(declared)
        builder.follow()
        edges = builder.edges
        unmet = builder.unmet
        malformed = builder.malformed
        missingRoots = builder.missingRoots
        for (index, edge) in edges.enumerated() { outgoing[edge.from].append(index) }
        let components = StrongComponents(count: count) { package in outgoing[package].map { edges[$0].to } }
        cycles = components.members.filter { $0.count > 1 }.map { $0.sorted() }
        roots = asked.isEmpty ? sources(components) : asked
        walk()
    }

    /// The packages that nothing outside their own cycle requires.
    func sources(_ components: StrongComponents) -> [Int] {
        var isRequired = [Bool](repeating: false, count: components.members.count)
        for edge in edges where components.of[edge.from] != components.of[edge.to] {
            isRequired[components.of[edge.to]] = true
        }
        return components.members.indices.filter { !isRequired[$0] }.compactMap { components.members[$0].min() }
            .sorted()
    }

    private mutating func walk() {
        var seen = [Bool](repeating: false, count: parents.count)
        var queue = roots
        for root in roots { seen[root] = true }
        var next = 0
        while next < queue.count {
            let package = queue[next]
            next += 1
            for edge in outgoing[package] where !seen[edges[edge].to] {
                seen[edges[edge].to] = true
                parents[edges[edge].to] = package
                queue.append(edges[edge].to)
            }
        }
    }

    /// Why a package is there: the shortest path from a root to it, both included; `nil` if none leads there.
    public func path(to package: Int) -> [Int]? {
        var path = [package]
        while let last = path.last, let parent = parents[last], path.count <= parents.count { path.append(parent) }
        guard let last = path.last, roots.contains(last) else { return nil }
        return path.reversed()
    }
}

/// Follows requirements until no new extras are asked for.
private struct GraphBuilder {
    let installed: InstalledPackages
    let environment: MarkerEnvironment
    var edges: [DependencyGraph.Edge] = []
    var unmet: [DependencyGraph.Unmet] = []
    var malformed: [(package: Int, text: String)] = []
    var missingRoots: [String] = []
    private let requirements: [[Requirement?]]
    private let byName: [String: [Int]]
    private var extras: [Set<String>]
    /// For each package and requirement whether it was followed.
    private var isFollowed: [[Bool]]

    init(_ installed: InstalledPackages, _ target: TargetEnvironment?) {
        self.installed = installed
        environment = target?.markers() ?? MarkerEnvironment(values: [:])
        requirements = installed.packages.map { $0.requires.map { Requirement($0) } }
        byName = Dictionary(grouping: installed.packages.indices) { installed.packages[$0].normalizedName }
        extras = [Set<String>](repeating: [], count: installed.packages.count)
        isFollowed = requirements.map { [Bool](repeating: false, count: $0.count) }
        for (package, lines) in requirements.enumerated() {
            for (index, line) in lines.enumerated() where line == nil {
                malformed.append((package, installed.packages[package].requires[index]))
            }
        }
    }

    /// Finds what was asked for by name.
    mutating func declare(_ declared: [String]) -> [Int] {
        var found: [Int] = []
        for text in declared {
            guard let requirement = Requirement(text), let package = byName[requirement.package]?.first else {
                missingRoots.append(text)
                continue
            }
            extras[package].formUnion(requirement.extras)
            if !found.contains(package) { found.append(package) }
        }
        return found
    }

    mutating func follow() {
        var waiting = Array(installed.packages.indices)
        while let package = waiting.popLast() {
            let asked = environment.with(extras: extras[package])
            for (index, requirement) in requirements[package].enumerated() where !isFollowed[package][index] {
                guard let requirement, edges.count < DependencyGraph.edgeLimit else { continue }
                let verdict = requirement.applies(in: asked)
                guard verdict != .no else { continue }
                isFollowed[package][index] = true
                if let changed = follow(requirement, of: package, isCertain: verdict == .yes) {
                    waiting.append(changed)
                }
            }
        }
        edges.sort { ($0.from, $0.to) < ($1.from, $1.to) }
        // Several lines may ask for one package, for several of its extras.
        edges = edges.enumerated().filter { index, edge in
            index == 0 || edges[index - 1].from != edge.from || edges[index - 1].to != edge.to
        }.map(\.element)
        unmet.sort { ($0.from, $0.requirement) < ($1.from, $1.requirement) }
    }

    /// - Returns: A package of which further extras are asked for.
    private mutating func follow(_ requirement: Requirement, of package: Int, isCertain: Bool) -> Int? {
        let own = installed.packages[package]
        let candidates = byName[requirement.package] ?? []
        guard let found = candidates.first(where: { installed.packages[$0].site == own.site }) ?? candidates.first
        else {
            if isCertain { miss(requirement, package, nil) }
            return nil
        }
        let version = installed.packages[found].version
        if isCertain, requirement.url == nil, let parsed = PythonVersion(version),
            !requirement.specifiers.matches(parsed)
        {
            miss(requirement, package, version)
        }
        // A package may ask for its own extras.
        if found != package {
            edges.append(DependencyGraph.Edge(from: package, to: found, requirement: requirement.text))
        }
        let further = Set(requirement.extras).subtracting(extras[found])
        guard !further.isEmpty else { return nil }
        extras[found].formUnion(further)
        return found
    }

    private mutating func miss(_ requirement: Requirement, _ package: Int, _ version: String?) {
        unmet.append(
            DependencyGraph.Unmet(
                from: package, requirement: requirement.text, name: requirement.package, installedVersion: version))
    }
}
