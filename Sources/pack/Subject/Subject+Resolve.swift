import PackDependencies
import PackIO

extension Subject {
    /// Lets the user's own uv or pip say which packages the requirements stand for; with a cache, its wheels become part of
    /// the deployment.
    mutating func resolve(
        _ options: StackOptions, _ selection: DependencySelection
    ) throws -> [(tree: FileTree, name: String)] {
        guard let list = declared.first else {
            throw Refusal(
                facts: ErrorFacts(
                    "there is nothing to resolve", file: name, expected: "a list of packages, such as requirements.txt")
            )
        }
        let resolver = try Self.resolver(options)
        let input: Resolver.Input =
            list.kind == .requirements
            ? .requirements(list.path)
            : .texts(list.isLocked ? list.pins : list.packages.flatMap(\.requirements))
        guard let cache = options.cache else {
            replace(list, with: try resolver.resolve(input, selection: selection), resolver)
            return []
        }
        let fetched = try resolver.download(input, to: cache, selection: selection)
        replace(list, with: fetched.declared, resolver)
        found.append("\(fetched.wheels.count) wheels in \(cache), each taken as installed")
        return try fetched.wheels.map { (try FileTree.open($0, checkingHashes: false), "") }
    }

    private mutating func replace(
        _ list: DeclaredDependencies, with resolved: DeclaredDependencies, _ resolver: Resolver
    ) {
        found.append("\(resolver.program) resolved \(list.path) to \(resolved.packages.count) packages")
        var resolved = resolved
        resolved.path = list.path
        if resolved.roots.isEmpty { resolved.roots = list.roots }
        declared[0] = resolved
        problems += resolved.problems.map { "\($0.path): \($0.text)" }
    }

    /// The resolver that the user names, else the first on PATH.
    static func resolver(_ options: StackOptions) throws -> Resolver {
        if let program = options.resolver { return try Resolver(program: try MeasuredStart.program(program)) }
        // Only pip fetches wheels into a folder.
        if options.cache != nil { return try Resolver.find(.pip) }
        return try (try? Resolver.find(.uv)) ?? Resolver.find(.pip)
    }
}

extension DeclaredDependencies {
    /// Every package of a lock with its version, as requirements.
    fileprivate var pins: [String] {
        packages.map { package in
            package.origin.map { "\(package.name) @ \($0)" }
                ?? package.version.map { "\(package.name)==\($0)" } ?? package.name
        }
    }
}
