extension PyprojectReader {
    /// Adds what stands under `tool.poetry`.
    mutating func readPoetry() {
        guard let poetry = root["tool"]?["poetry"] else { return }
        addPoetry(poetry["dependencies"], isMain: true)
        if selection.groups.contains("dev") { addPoetry(poetry["dev-dependencies"], isMain: false) }
        for (name, group) in poetry["group"]?.members ?? []
        where selection.groups.contains(PackageName.normalized(name)) {
            addPoetry(group["dependencies"], isMain: false)
        }
    }

    private mutating func addPoetry(_ table: TOMLValue?, isMain: Bool) {
        fields.expect(.table, table, "table of dependencies")
        let wanted = poetryExtras()
        for (name, value) in (table?.members ?? []).prefix(LockFields.packageLimit) {
            if name == "python" {
                let sets = value.string.flatMap(PoetryConstraint.alternatives)
                if isMain && requiresPython == nil && sets?.count == 1 { requiresPython = sets?.first }
                continue
            }
            guard PackageName.isValid(name) else {
                fields.note(value.line, "has a dependency with a bad name: \(DependencyError.excerpt(name))")
                continue
            }
            // Where both are there, `project.dependencies` is what counts, and these only add sources.
            if isMain && root["project"]?["dependencies"] != nil { continue }
            for item in value.kind == .array ? value.elements : [value] {
                if item["optional"]?.bool == true && !wanted.contains(PackageName.normalized(name)) { continue }
                add(PoetryDependency(name: name, value: item), value: item)
            }
        }
    }

    private mutating func add(_ dependency: PoetryDependency, value: TOMLValue) {
        if let problem = dependency.problem { fields.note(value.line, problem) }
        if let requirement = dependency.requirement {
            add(requirement, line: value.line, isMarkerUnknown: dependency.isMarkerUnknown)
        }
    }

    /// Optional packages of the extras that are asked for.
    private func poetryExtras() -> Set<String> {
        var names: Set<String> = []
        for (extra, list) in root["tool"]?["poetry"]?["extras"]?.members ?? []
        where selection.extras.contains(PackageName.normalized(extra)) {
            for text in list.elements.compactMap(\.string) { names.insert(PackageName.normalized(text)) }
        }
        return names
    }
}

/// A dependency in Poetry's notation: a constraint, or a table of `version`, `extras`, `markers`, `python`, `git`, …
struct PoetryDependency {
    var requirement: Requirement?
    /// Whether a condition could not be read.
    var isMarkerUnknown = false
    /// What is wrong with it.
    var problem: String?
    /// What versions will do, one of them.
    var alternatives: [SpecifierSet] = []

    init(name: String, value: TOMLValue) {
        let constraint = value.string ?? value["version"]?.string ?? "*"
        if let read = PoetryConstraint.alternatives(constraint) {
            alternatives = read
        } else {
            problem = "has a version constraint that can't be read: \(DependencyError.excerpt(constraint))"
        }
        let extras = (value["extras"]?.elements ?? []).compactMap(\.string).map { PackageName.normalized($0) }
        let url = ["url", "path", "git", "file"].compactMap { value[$0]?.string }.first
        let shown = alternatives.count == 1 ? alternatives[0].description : " \(constraint)"
        var text = name + (extras.isEmpty ? "" : "[" + extras.joined(separator: ",") + "]") + shown
        let marker = marker(value)
        if let marker { text += " ; \(marker.text)" }
        requirement = Requirement(
            text: text, name: name, extras: extras,
            specifiers: alternatives.count == 1 ? alternatives[0] : SpecifierSet([]), url: url, marker: marker)
    }

    /// The condition of a table: `markers`, `python` and `platform`, which must all hold.
    private mutating func marker(_ value: TOMLValue) -> Marker? {
        var parts: [String] = []
        if let text = value["markers"]?.string { parts.append("(\(text))") }
        if let platform = value["platform"]?.string { parts.append("sys_platform == \"\(platform)\"") }
        if let python = value["python"]?.string {
            let sets = PoetryConstraint.alternatives(python) ?? []
            let alternatives = sets.map { set in
                let name =
                    set.specifiers.contains { ($0.version?.release.count ?? 0) > 2 }
                    ? "python_full_version" : "python_version"
                return set.specifiers.map { "\(name) \($0.comparison.rawValue) \"\($0.text)\"" }
                    .joined(separator: " and ")
            }.filter { !$0.isEmpty }
            if sets.isEmpty { isMarkerUnknown = true }
            if !alternatives.isEmpty { parts.append("(" + alternatives.joined(separator: " or ") + ")") }
        }
        guard !parts.isEmpty else { return nil }
        let marker = Marker(parts.joined(separator: " and "))
        if marker == nil {
            isMarkerUnknown = true
            problem = "has a marker that can't be read: \(DependencyError.excerpt(parts.joined(separator: " and ")))"
        }
        return marker
    }
}
