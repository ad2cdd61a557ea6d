/// Reads `uv.lock`.
///
/// Every `[[package]]` has its edges with markers; of the same name there may be several, each with
/// `resolution-markers` of which one must hold. The project itself is a package whose source is a folder.
enum UVLock {
    static func read(_ document: TOMLDocument, file: String, selection: DependencySelection) -> DeclaredDependencies {
        var reader = UVLockReader(fields: LockFields(file: file), selection: selection)
        return reader.read(document.root)
    }
}

private struct UVLockReader {
    var fields: LockFields
    let selection: DependencySelection
    private var members: [(package: LockedPackage, table: TOMLValue)] = []

    init(fields: LockFields, selection: DependencySelection) {
        self.fields = fields
        self.selection = selection
    }

    mutating func read(_ root: TOMLValue) -> DeclaredDependencies {
        if let version = root["version"]?.int, version != 1 {
            fields.note(root["version"]?.line, "has version \(version) of the format; version 1 is what is read")
        }
        var packages: [LockedPackage] = []
        let wanted = Set(root["manifest"]?["members"]?.elements.compactMap(\.string).map(PackageName.normalized) ?? [])
        for (name, table) in fields.packages(root["package"]) {
            let source = table["source"]
            let folder = source?["virtual"]?.string ?? source?["editable"]?.string
            let package = self.package(name, table)
            if folder == "." || (folder != nil && wanted.contains(name)) { members.append((package, table)) }
            packages.append(package)
        }
        let atRoot = members.filter {
            ($0.table["source"]?["virtual"] ?? $0.table["source"]?["editable"])?.string == "."
        }
        let projects = atRoot.isEmpty ? members : atRoot
        var edges = projects.flatMap { rootEdges($0.package, $0.table) }
        edges += self.edges(root["manifest"]?["requirements"])
        if edges.isEmpty && projects.isEmpty { fields.note(nil, "names no project that its packages are for") }
        let graph = LockGraph(packages: packages, environment: environment(projects.map(\.package.name)))
        let walk = graph.walk(from: edges)
        for name in LockGraph.sorted(Set(walk.missing.keys)) {
            fields.note(nil, "has no package \(name), which is needed")
        }
        let own = Set(projects.map(\.package.name))
        let declared = graph.declared(walk, file: fields.file, target: selection.target)
            .filter { !own.contains($0.name) }
        return DeclaredDependencies(
            path: fields.file, kind: .uvLock, isLocked: true, packages: declared,
            roots: walk.roots.map { packages[$0].name }.filter { !own.contains($0) }, problems: fields.problems,
            requiresPython: fields.pythons(root["requires-python"]))
    }

    /// Extras and groups that exclude one another are written as extras with a name of their own.
    private func environment(_ projects: [String]) -> MarkerEnvironment {
        var extras = selection.extras
        for project in projects {
            for extra in selection.extras { extras.insert("extra-\(project.utf8.count)-\(project)-\(extra)") }
            for group in selection.groups { extras.insert("group-\(project.utf8.count)-\(project)-\(group)") }
        }
        return selection.target.markers(extras: extras, groups: selection.groups)
    }

    private mutating func rootEdges(_ project: LockedPackage, _ table: TOMLValue) -> [LockedEdge] {
        var result = project.dependencies
        for extra in LockGraph.sorted(selection.extras) { result += project.optional[extra] ?? [] }
        for (group, list) in table["dev-dependencies"]?.members ?? []
        where selection.groups.contains(PackageName.normalized(group)) {
            result += edges(list)
        }
        return result
    }

    private mutating func package(_ name: String, _ table: TOMLValue) -> LockedPackage {
        var package = LockedPackage(name: name, version: table["version"]?.string, line: table.line)
        package.conditions = (table["resolution-markers"]?.elements ?? []).compactMap { fields.marker($0) }
        package.dependencies = edges(table["dependencies"])
        for (extra, list) in table["optional-dependencies"]?.members ?? [] {
            package.optional[PackageName.normalized(extra)] = edges(list)
        }
        package.wheels = (table["wheels"]?.elements ?? []).compactMap { file($0) }
        package.hasSource = table["sdist"] != nil
        for (kind, value) in table["source"]?.members ?? [] where kind != "registry" && kind != "subdirectory" {
            package.origin = value.string
        }
        return package
    }

    private mutating func edges(_ list: TOMLValue?) -> [LockedEdge] {
        (list?.elements ?? []).compactMap { value in
            guard let name = value["name"]?.string else {
                fields.note(value.line, "has a dependency without a name")
                return nil
            }
            let extras = (value["extra"] ?? value["extras"])?.elements.compactMap(\.string) ?? []
            return LockedEdge(
                name: PackageName.normalized(name), version: value["version"]?.string,
                extras: extras.map { PackageName.normalized($0) }, marker: fields.marker(value["marker"]))
        }
    }

    private func file(_ value: TOMLValue) -> LockedFile? {
        guard let place = value["filename"]?.string ?? value["url"]?.string ?? value["path"]?.string else { return nil }
        let hashes = value["hash"]?.string.map { [$0] } ?? []
        return LockedFile(name: LockedFile.name(of: place), bytes: value["size"]?.int, hashes: hashes)
    }
}
