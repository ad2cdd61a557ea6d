import PackFormats
import PackIO

/// Reads `Pipfile.lock`, which is JSON: versions and digests, without edges and names of files.
enum PipfileLock {
    /// - Parameter pipfile: The `Pipfile` that it belongs to, if it is there.
    static func read(
        _ document: JSONDocument, file: String, pipfile: TOMLDocument?, selection: DependencySelection
    ) -> DeclaredDependencies {
        var fields = LockFields(file: file)
        var packages: [String: DeclaredPackage] = [:]
        let sections = ["default"] + (selection.groups.isDisjoint(with: ["dev", "develop"]) ? [] : ["develop"])
        if document.root.kind != .object { fields.note(nil, "is no lock file: it holds no object") }
        for section in sections {
            if let value = document.root[section], value.kind != .object {
                fields.note(nil, "has packages that are no object, at \(section)")
            }
            for (key, value) in (document.root[section]?.members ?? []).prefix(LockFields.packageLimit) {
                guard PackageName.isValid(key), let package = package(key, value, selection, &fields) else { continue }
                if packages[package.name] == nil { packages[package.name] = package }
            }
        }
        let roots = roots(pipfile, sections).filter { packages[$0] != nil }
        for name in roots { packages[name]?.reason = [name] }
        let python = document.root["_meta"]?["requires"]?["python_version"]?.string
        return DeclaredDependencies(
            path: file, kind: .pipfileLock, isLocked: true, packages: Array(packages.values), roots: roots,
            problems: fields.problems, requiresPython: python.flatMap { SpecifierSet("==\($0).*") })
    }

    private static func package(
        _ key: String, _ value: JSONValue, _ selection: DependencySelection, _ fields: inout LockFields
    ) -> DeclaredPackage? {
        var verdict = MarkerVerdict.yes
        if let text = value["markers"]?.string {
            if let marker = Marker(text) {
                verdict = marker.evaluate(selection.markers)
            } else {
                fields.note(nil, "has a marker that can't be read: \(DependencyError.excerpt(text))")
                verdict = .unknown
            }
        }
        guard verdict != .no else { return nil }
        var package = DeclaredPackage(
            name: PackageName.normalized(key), place: DeclaredPackage.Place(file: fields.file, line: nil))
        package.certainty = verdict
        package.version = value["version"]?.string.flatMap { SpecifierSet($0)?.pinned?.description }
        package.hashes = value["hashes"]?.elements.compactMap(\.string) ?? []
        package.extras = (value["extras"]?.elements.compactMap(\.string) ?? []).map { PackageName.normalized($0) }
        if let origin = ["file", "path", "git"].compactMap({ value[$0]?.string }).first {
            package.take(origin: origin, target: selection.target)
        } else if package.version == nil {
            fields.note(nil, "names no version of \(package.name)")
        }
        return package
    }

    private static func roots(_ pipfile: TOMLDocument?, _ sections: [String]) -> [String] {
        let tables = ["packages"] + (sections.count > 1 ? ["dev-packages"] : [])
        return tables.flatMap { pipfile?.root[$0]?.members.map { PackageName.normalized($0.key) } ?? [] }
    }
}
