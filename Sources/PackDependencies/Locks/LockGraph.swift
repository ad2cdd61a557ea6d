/// The packages of a lock file that can be reached from a project.
struct LockGraph {
    let packages: [LockedPackage]
    let environment: MarkerEnvironment
    private let places: [String: [Int]]

    /// What was reached.
    struct Walk {
        /// Indices of packages, with whether it is certain that they are installed.
        var certainty: [Int: MarkerVerdict] = [:]
        /// Names of what they need.
        var dependencies: [Int: Set<String>] = [:]
        /// Extras of them that are asked for.
        var extras: [Int: Set<String>] = [:]
        /// The package through which each was first reached; none for roots.
        var parents: [Int: Int] = [:]
        /// Packages that the project itself asks for.
        var roots: Set<Int> = []
        /// Names that were asked for and are not in the lock, with the requirements that ask for them.
        var missing: [String: Set<String>] = [:]
    }

    init(packages: [LockedPackage], environment: MarkerEnvironment) {
        self.packages = packages
        self.environment = environment
        places = Dictionary(grouping: packages.indices) { packages[$0].name }
    }

    /// Follows edges, nearest first, so that reasons are short. Circles do no harm.
    func walk(from edges: [LockedEdge]) -> Walk {
        var walk = Walk()
        /// What is still to be followed: a package's own edges, or those of one of its extras.
        var queue: [(index: Int, extra: String?)] = []
        var seen: [Step: MarkerVerdict] = [:]
        func follow(_ edge: LockedEdge, from parent: Int?, certainty: MarkerVerdict) {
            let verdict = Self.both(evaluate(edge), certainty)
            guard verdict != .no else { return }
            let found = matches(edge)
            if found.isEmpty { walk.missing[edge.name, default: []].insert(edge.text ?? edge.name) }
            for (index, condition) in found {
                let certainty = Self.both(verdict, condition)
                if let parent { walk.dependencies[parent, default: []].insert(edge.name) }
                walk.extras[index, default: []].formUnion(edge.extras)
                if parent == nil { walk.roots.insert(index) }
                if walk.certainty[index] == nil, let parent { walk.parents[index] = parent }
                if walk.certainty[index] != .yes { walk.certainty[index] = certainty }
                for extra in [nil] + edge.extras.map(Optional.some) {
                    let step = Step(index: index, extra: extra)
                    guard seen[step] == nil || (seen[step] == .unknown && certainty == .yes) else { continue }
                    seen[step] = certainty
                    queue.append((index, extra))
                }
            }
        }
        for edge in edges { follow(edge, from: nil, certainty: .yes) }
        var position = 0
        while position < queue.count {
            let (index, extra) = queue[position]
            position += 1
            let certainty = seen[Step(index: index, extra: extra)] ?? .yes
            let next = extra.map { packages[index].optional[$0] ?? [] } ?? packages[index].dependencies
            for edge in next { follow(edge, from: index, certainty: certainty) }
        }
        return walk
    }

    private struct Step: Hashable {
        let index: Int
        let extra: String?
    }

    /// Names from a root to a package.
    func reason(_ index: Int, in walk: Walk) -> [String] {
        var names = [packages[index].name]
        var current = index
        while !walk.roots.contains(current), let parent = walk.parents[current], names.count < 256 {
            names.append(packages[parent].name)
            current = parent
        }
        return names.reversed()
    }

    /// Packages of one name that are looked at.
    private static let forkLimit = 256

    private func evaluate(_ edge: LockedEdge) -> MarkerVerdict {
        guard let marker = edge.marker else { return .yes }
        guard let extra = edge.extra else { return marker.evaluate(environment) }
        return marker.evaluate(environment.with(extras: environment.extras.union([extra])))
    }

    /// The packages that an edge can mean, those whose conditions don't hold left out.
    private func matches(_ edge: LockedEdge) -> [(index: Int, certainty: MarkerVerdict)] {
        let candidates = (places[edge.name] ?? []).prefix(Self.forkLimit)
        return candidates.compactMap { index in
            let version = packages[index].version
            if let wanted = edge.version, version != wanted { return nil }
            if candidates.count > 1, !edge.alternatives.isEmpty, let version = version.flatMap({ PythonVersion($0) }),
                !edge.alternatives.contains(where: { $0.matches(version) })
            {
                return nil
            }
            let verdict = packages[index].verdict(in: environment)
            return verdict == .no ? nil : (index, verdict)
        }
    }

    static func both(_ one: MarkerVerdict, _ other: MarkerVerdict) -> MarkerVerdict {
        one == .no || other == .no ? .no : one == .unknown || other == .unknown ? .unknown : .yes
    }

    /// What was reached, as it would be installed.
    func declared(_ walk: Walk, file: String, target: TargetEnvironment) -> [DeclaredPackage] {
        walk.certainty.keys.sorted().map { index in
            var package = DeclaredPackage(packages[index], file: file, target: target)
            package.certainty = walk.certainty[index] ?? .yes
            package.dependencies = Self.sorted(walk.dependencies[index] ?? [])
            package.extras = Self.sorted(walk.extras[index] ?? [])
            package.reason = reason(index, in: walk)
            return package
        }
    }

    static func sorted(_ names: Set<String>) -> [String] {
        names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }
}
