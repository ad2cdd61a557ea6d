/// Reads `pyproject.toml`: PEP 621, PEP 735, and what Poetry keeps under `tool.poetry`.
enum Pyproject {
    /// What is asked for on a target.
    /// - Throws: Where groups or extras include one another in a circle.
    static func read(
        _ document: TOMLDocument, file: String, selection: DependencySelection
    ) throws(DependencyError) -> DeclaredDependencies {
        var reader = PyprojectReader(root: document.root, fields: LockFields(file: file), selection: selection)
        try reader.read()
        return reader.declared()
    }
}

/// Collects requirements of a project.
struct PyprojectReader {
    let root: TOMLValue
    var fields: LockFields
    let selection: DependencySelection
    var requiresPython: SpecifierSet?
    private var order: [String] = []
    private var packages: [String: DeclaredPackage] = [:]
    /// Extras of the project itself that have been taken.
    private var extras: Set<String> = []

    init(root: TOMLValue, fields: LockFields, selection: DependencySelection) {
        self.root = root
        self.fields = fields
        self.selection = selection
    }

    mutating func read() throws(DependencyError) {
        let project = root["project"]
        fields.expect(.table, project, "project")
        requiresPython = fields.pythons(project?["requires-python"])
        if let dynamic = project?["dynamic"], dynamic.elements.contains(where: { $0.string == "dependencies" }),
            root["tool"]?["poetry"]?["dependencies"] == nil
        {
            fields.note(dynamic.line, "has dependencies that only its build tells")
        }
        addAll(project?["dependencies"])
        for extra in LockGraph.sorted(selection.extras) { add(extra: extra, askedFor: true) }
        readPoetry()
        for group in LockGraph.sorted(selection.groups) {
            let names = try PyprojectGroups.requirements(of: group, in: root, fields: &fields)
            for value in names ?? [] { add(value) }
            if names == nil && root["tool"]?["poetry"]?["group"]?[group] == nil && !hasOldDevelopment(group) {
                fields.note(nil, "has no dependency group \(group)")
            }
        }
    }

    func declared() -> DeclaredDependencies {
        DeclaredDependencies(
            path: fields.file, kind: .pyproject, isLocked: false, packages: Array(packages.values), roots: order,
            problems: fields.problems, requiresPython: requiresPython)
    }

    private var name: String { PackageName.normalized(root["project"]?["name"]?.string ?? "") }

    private func hasOldDevelopment(_ group: String) -> Bool {
        group == "dev" && root["tool"]?["poetry"]?["dev-dependencies"] != nil
    }

    private mutating func add(extra: String, askedFor: Bool = false) {
        guard extras.insert(extra).inserted else { return }
        let lists = root["project"]?["optional-dependencies"]?.members ?? []
        let found = lists.first { PackageName.normalized($0.key) == extra }
        if let found { return addAll(found.value) }
        let isPoetry = root["tool"]?["poetry"]?["extras"]?.members.contains { PackageName.normalized($0.key) == extra }
        if isPoetry != true { fields.note(nil, "has no extra \(extra)") }
    }

    private mutating func addAll(_ list: TOMLValue?) {
        fields.expect(.array, list, "list of dependencies")
        for value in (list?.elements ?? []).prefix(LockFields.packageLimit) { add(value) }
    }

    private mutating func add(_ value: TOMLValue) {
        guard let text = value.string, let requirement = Requirement(text) else {
            return fields.note(
                value.line, "has a dependency that is no requirement: \(DependencyError.excerpt(value.text))")
        }
        if !name.isEmpty && requirement.package == name {
            guard requirement.applies(in: selection.markers) != .no else { return }
            for extra in requirement.extras { add(extra: extra) }
            return
        }
        add(requirement, line: value.line)
    }

    /// Adds a requirement if it applies on the target.
    mutating func add(_ requirement: Requirement, line: Int, isMarkerUnknown: Bool = false) {
        let verdict = isMarkerUnknown ? .unknown : requirement.applies(in: selection.markers)
        guard verdict != .no else { return }
        let name = requirement.package
        if packages[name] == nil { order.append(name) }
        let place = DeclaredPackage.Place(file: fields.file, line: line)
        var package = packages[name] ?? DeclaredPackage(name: name, place: place)
        package.add(requirement, verdict: packages[name]?.certainty, own: verdict)
        if let url = requirement.url { package.take(origin: url, target: selection.target) }
        packages[name] = package
    }
}

/// Dependency groups (PEP 735).
enum PyprojectGroups {
    /// The requirements of a group and those that it includes; `nil` if there is no such group.
    static func requirements(
        of group: String, in root: TOMLValue, fields: inout LockFields
    ) throws(DependencyError) -> [TOMLValue]? {
        var groups: [String: TOMLValue] = [:]
        for (name, list) in root["dependency-groups"]?.members ?? [] { groups[PackageName.normalized(name)] = list }
        guard let list = groups[PackageName.normalized(group)] else { return nil }
        var reader = GroupReader(groups: groups)
        try reader.collect(PackageName.normalized(group), list, fields: &fields)
        return reader.result
    }

    private struct GroupReader {
        let groups: [String: TOMLValue]
        var result: [TOMLValue] = []
        private var stack: [String] = []
        private var seen: Set<String> = []

        init(groups: [String: TOMLValue]) {
            self.groups = groups
        }

        mutating func collect(_ name: String, _ list: TOMLValue, fields: inout LockFields) throws(DependencyError) {
            if stack.contains(name) {
                throw .cycle(
                    file: fields.file, line: list.line, what: "has groups that include themselves in a circle",
                    names: stack.drop { $0 != name } + [name])
            }
            guard seen.insert(name).inserted else { return }
            guard stack.count < RequirementsFile.depthLimit else {
                return fields.note(list.line, "has groups that include one another too deeply")
            }
            stack.append(name)
            defer { stack.removeLast() }
            for value in list.elements.prefix(LockFields.packageLimit) {
                guard let included = value["include-group"]?.string else {
                    result.append(value)
                    continue
                }
                let name = PackageName.normalized(included)
                guard let list = groups[name] else {
                    fields.note(
                        value.line, "includes a group that it does not have: \(DependencyError.excerpt(included))")
                    continue
                }
                try collect(name, list, fields: &fields)
            }
        }
    }
}
