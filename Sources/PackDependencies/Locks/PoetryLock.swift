/// Reads `poetry.lock`, versions 1.x and 2.x of the format.
///
/// What the project itself asks for is not in it but in `pyproject.toml`. Since 2.1 each package has its `groups` and
/// `markers`, which say whether it is installed; before, only edges do.
enum PoetryLock {
    /// - Parameter project: What `pyproject.toml` asks for, if it is there.
    static func read(
        _ document: TOMLDocument, file: String, project: DeclaredDependencies?, selection: DependencySelection
    ) -> DeclaredDependencies {
        var reader = PoetryLockReader(fields: LockFields(file: file), selection: selection)
        return reader.read(document.root, project: project)
    }
}

private struct PoetryLockReader {
    var fields: LockFields
    let selection: DependencySelection

    mutating func read(_ root: TOMLValue, project: DeclaredDependencies?) -> DeclaredDependencies {
        var packages: [LockedPackage] = []
        let wanted = optionalNames(root)
        for (name, table) in fields.packages(root["package"]) {
            guard isWanted(name, table, wanted) else { continue }
            packages.append(package(name, table, old: root["metadata"]?["files"]))
        }
        let graph = LockGraph(packages: packages, environment: selection.markers)
        let edges = project.map(rootEdges) ?? looseEdges(packages)
        if project == nil { fields.note(nil, "has no pyproject.toml beside it that says what the project asks for") }
        let walk = graph.walk(from: edges)
        for name in LockGraph.sorted(Set(walk.missing.keys)) where project?.roots.contains(name) == true {
            fields.note(nil, "has no package \(name), which the project asks for")
        }
        return DeclaredDependencies(
            path: fields.file, kind: .poetryLock, isLocked: true,
            packages: graph.declared(walk, file: fields.file, target: selection.target),
            roots: walk.roots.map { packages[$0].name }, problems: fields.problems,
            requiresPython: python(root["metadata"]?["python-versions"]))
    }

    private func python(_ value: TOMLValue?) -> SpecifierSet? {
        let sets = value?.string.flatMap(PoetryConstraint.alternatives) ?? []
        return sets.count == 1 ? sets[0] : nil
    }

    /// Packages of the extras that are asked for.
    private func optionalNames(_ root: TOMLValue) -> Set<String> {
        var names: Set<String> = []
        for (extra, list) in root["extras"]?.members ?? []
        where selection.extras.contains(PackageName.normalized(extra)) {
            for text in list.elements.compactMap(\.string) {
                let name = text.prefix { $0 != " " && $0 != "[" && $0 != "(" }
                names.insert(PackageName.normalized(name))
            }
        }
        return names
    }

    /// Whether a package belongs to what is asked for, as far as it says so itself.
    private mutating func isWanted(_ name: String, _ table: TOMLValue, _ optional: Set<String>) -> Bool {
        if let groups = table["groups"]?.elements.compactMap(\.string) {
            let chosen = groups.filter { $0 == "main" || selection.groups.contains(PackageName.normalized($0)) }
            guard let markers = table["markers"], markers.kind == .table else { return !chosen.isEmpty }
            return chosen.contains { group in
                markers[group] == nil || fields.marker(markers[group])?.evaluate(selection.markers) != .no
            }
        }
        if let category = table["category"]?.string, category != "main", !selection.groups.contains(category) {
            return false
        }
        return true
    }

    private func rootEdges(_ project: DeclaredDependencies) -> [LockedEdge] {
        project.packages.map { LockedEdge(name: $0.name, extras: $0.extras) }
    }

    /// Without the project's file: whatever no other package needs.
    private func looseEdges(_ packages: [LockedPackage]) -> [LockedEdge] {
        let needed = Set(packages.flatMap { $0.dependencies.map(\.name) })
        return packages.filter { !needed.contains($0.name) }.map { LockedEdge(name: $0.name) }
    }

    private mutating func package(_ name: String, _ table: TOMLValue, old: TOMLValue?) -> LockedPackage {
        var package = LockedPackage(name: name, version: table["version"]?.string, line: table.line)
        if let markers = table["markers"], markers.kind == .string, let marker = fields.marker(markers) {
            package.conditions = [marker]
        }
        let edges = (table["dependencies"]?.members ?? []).flatMap { self.edges($0.key, $0.value) }
        package.dependencies = edges.filter { !$0.isOptional }.map(\.edge)
        for (extra, list) in table["extras"]?.members ?? [] {
            let key = PackageName.normalized(extra)
            package.optional[key] = list.elements.compactMap { optionalEdge($0, extra: key) }
        }
        let listed = table["files"] ?? old?.members.first { PackageName.normalized($0.key) == name }?.value
        let files = (listed?.elements ?? []).compactMap { value in
            value["file"]?.string.map { LockedFile(name: $0, hashes: value["hash"]?.string.map { [$0] } ?? []) }
        }
        package.wheels = files.filter { $0.name.hasSuffix(".whl") }
        package.hasSource = files.count > package.wheels.count
        if let source = table["source"], let kind = source["type"]?.string, kind != "legacy" {
            package.origin = source["url"]?.string
            package.hasSource = package.wheels.isEmpty
        }
        return package
    }

    private mutating func optionalEdge(_ value: TOMLValue, extra: String) -> LockedEdge? {
        guard let wanted = value.string.flatMap({ Requirement($0) }) else {
            fields.note(value.line, "has an extra that can't be read: \(DependencyError.excerpt(value.text))")
            return nil
        }
        var edge = LockedEdge(name: wanted.package, extras: wanted.extras, marker: wanted.marker)
        edge.alternatives = [wanted.specifiers]
        edge.extra = extra
        return edge
    }

    private mutating func edges(_ name: String, _ value: TOMLValue) -> [(edge: LockedEdge, isOptional: Bool)] {
        (value.kind == .array ? value.elements : [value]).map { item in
            let dependency = PoetryDependency(name: name, value: item)
            if let problem = dependency.problem { fields.note(item.line, problem) }
            var edge = LockedEdge(
                name: PackageName.normalized(name), extras: dependency.requirement?.extras ?? [],
                marker: dependency.requirement?.marker)
            edge.alternatives = dependency.alternatives
            return (edge, item["optional"]?.bool == true)
        }
    }
}
