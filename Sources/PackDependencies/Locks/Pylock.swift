/// Reads `pylock.toml` (PEP 751): a package is installed if its marker holds, whoever needs it.
enum Pylock {
    static func read(_ document: TOMLDocument, file: String, selection: DependencySelection) -> DeclaredDependencies {
        var reader = PylockReader(fields: LockFields(file: file), selection: selection)
        return reader.read(document.root)
    }
}

private struct PylockReader {
    var fields: LockFields
    var selection: DependencySelection

    mutating func read(_ root: TOMLValue) -> DeclaredDependencies {
        fields.expect(.string, root["lock-version"], "lock-version")
        if let version = root["lock-version"]?.string, version != "1.0", !version.hasPrefix("1.") {
            fields.note(root["lock-version"]?.line, "has version \(version) of the format; version 1 is what is read")
        }
        let defaults = root["default-groups"]?.elements.compactMap(\.string) ?? []
        selection.groups.formUnion(defaults.map { PackageName.normalized($0) })
        let environment = selection.markers
        var declared: [DeclaredPackage] = []
        var needed: Set<String> = []
        for (name, table) in fields.packages(root["packages"]) {
            let verdict = fields.marker(table["marker"])?.evaluate(environment) ?? .yes
            guard verdict != .no else { continue }
            var package = DeclaredPackage(self.package(name, table), file: fields.file, target: selection.target)
            package.certainty = verdict
            let names = (table["dependencies"]?.elements ?? []).compactMap { $0["name"]?.string }
            package.dependencies = LockGraph.sorted(Set(names.map { PackageName.normalized($0) }))
            needed.formUnion(package.dependencies)
            declared.append(package)
        }
        let names = Set(declared.map(\.name))
        for index in declared.indices { declared[index].dependencies.removeAll { !names.contains($0) } }
        checkEnvironments(root, environment)
        return DeclaredDependencies(
            path: fields.file, kind: .pylock, isLocked: true, packages: declared,
            roots: needed.isEmpty ? [] : names.filter { !needed.contains($0) }, problems: fields.problems,
            requiresPython: fields.pythons(root["requires-python"]))
    }

    private mutating func checkEnvironments(_ root: TOMLValue, _ environment: MarkerEnvironment) {
        let markers = (root["environments"]?.elements ?? []).compactMap { fields.marker($0) }
        if !markers.isEmpty && markers.allSatisfy({ $0.evaluate(environment) == .no }) {
            fields.note(root["environments"]?.line, "was locked for other environments than the target")
        }
    }

    private mutating func package(_ name: String, _ table: TOMLValue) -> LockedPackage {
        var package = LockedPackage(name: name, version: table["version"]?.string, line: table.line)
        package.wheels = (table["wheels"]?.elements ?? []).compactMap { file($0) }
        package.hasSource = table["sdist"] != nil
        for kind in ["vcs", "directory", "archive"] {
            guard let source = table[kind] else { continue }
            package.origin = source["url"]?.string ?? source["path"]?.string
            if kind == "archive", let archive = file(source), WheelName(archive.name) != nil {
                package.wheels.append(archive)
            } else {
                package.hasSource = true
            }
        }
        return package
    }

    private func file(_ value: TOMLValue) -> LockedFile? {
        guard let place = value["name"]?.string ?? value["url"]?.string ?? value["path"]?.string else { return nil }
        let hashes = (value["hashes"]?.members ?? []).compactMap { name, digest in digest.string.map { "\(name):\($0)" }
        }
        return LockedFile(name: LockedFile.name(of: place), bytes: value["size"]?.int, hashes: hashes)
    }
}
