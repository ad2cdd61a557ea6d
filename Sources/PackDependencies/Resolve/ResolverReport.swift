import PackFormats
import PackIO

/// Reads the JSON that `pip install --dry-run --report FILE` writes (version 1 of its format).
struct ResolverReport {
    /// The packages, with what they need; their markers are not evaluated yet.
    private(set) var packages: [LockedPackage] = []
    /// What was asked for by name.
    private(set) var requested: [LockedEdge] = []
    /// The Python that pip ran on, such as `3.11`.
    private let python: String?
    private var fields: LockFields

    /// Reads a report that was kept in a file.
    static func read(file: String, selection: DependencySelection) throws(DependencyError) -> DeclaredDependencies {
        let bytes = try DependencyError.reading { () throws(IOFailure) in try FileContents.bytes(of: file) }
        let report = ResolverReport(try DeclaredDependencies.json(bytes, file: file), file: file)
        return report.declared(report.walk(from: report.requested, selection), selection)
    }

    init(_ document: JSONDocument, file: String) {
        fields = LockFields(file: file)
        python = document.root["environment"]?["python_version"]?.string
        if let version = document.root["version"]?.string, version != "1" {
            fields.note(nil, "has version \(version) of the format; version 1 is what is read")
        }
        for item in (document.root["install"]?.elements ?? []).prefix(LockFields.packageLimit) {
            guard let metadata = item["metadata"], let name = metadata["name"]?.string, PackageName.isValid(name) else {
                fields.note(nil, "has a package without a name")
                continue
            }
            let package = Self.package(PackageName.normalized(name), metadata, item["download_info"])
            if item["requested"]?.bool == true {
                let extras = item["requested_extras"]?.elements.compactMap(\.string) ?? []
                requested.append(LockedEdge(name: package.name, extras: extras.map { PackageName.normalized($0) }))
            }
            packages.append(package)
        }
    }

    /// What the target needs of the packages, by the target's markers: pip evaluates them for the Python that it runs on.
    func walk(from roots: [LockedEdge], _ selection: DependencySelection) -> LockGraph.Walk {
        graph(selection).walk(from: roots)
    }

    func declared(_ walk: LockGraph.Walk, _ selection: DependencySelection) -> DeclaredDependencies {
        var fields = fields
        let wanted = selection.target.python.prefix(2).map(String.init).joined(separator: ".")
        // pip compares `Requires-Python` with the Python that it runs on, whatever it is asked for.
        if let python, python != wanted {
            fields.note(
                nil,
                "comes from a pip on Python \(python), which may pass over releases for Python \(wanted); uv does not")
        }
        for name in LockGraph.sorted(Set(walk.missing.keys)) {
            fields.note(nil, "has no package \(name), which the target needs")
        }
        return DeclaredDependencies(
            path: fields.file, kind: .resolved, isLocked: true,
            packages: graph(selection).declared(walk, file: fields.file, target: selection.target),
            roots: walk.roots.map { packages[$0].name }, problems: fields.problems)
    }

    private func graph(_ selection: DependencySelection) -> LockGraph {
        LockGraph(packages: packages, environment: selection.target.markers())
    }

    private static func package(_ name: String, _ metadata: JSONValue, _ download: JSONValue?) -> LockedPackage {
        var package = LockedPackage(name: name, version: metadata["version"]?.string)
        let extras = (metadata["provides_extra"]?.elements.compactMap(\.string) ?? []).prefix(256)
        for text in (metadata["requires_dist"]?.elements ?? []).compactMap(\.string).prefix(10_000) {
            guard let requirement = Requirement(text) else { continue }
            var edge = LockedEdge(name: requirement.package, extras: requirement.extras, marker: requirement.marker)
            edge.text = requirement.withoutMarker
            package.dependencies.append(edge)
            guard let marker = requirement.marker, marker.text.contains("extra") else { continue }
            for extra in extras {
                edge.extra = PackageName.normalized(extra)
                package.optional[PackageName.normalized(extra), default: []].append(edge)
            }
        }
        let hashes = download?["archive_info"]?["hashes"]?.members.compactMap { name, digest in
            digest.string.map { "\(name):\($0)" }
        }
        if let url = download?["url"]?.string {
            package.wheels = [LockedFile(name: LockedFile.name(of: url), hashes: hashes ?? [])]
            if download?["vcs_info"] != nil || download?["dir_info"] != nil { package.origin = url }
        }
        return package
    }
}

extension Requirement {
    /// The requirement as text, without the condition.
    var withoutMarker: String {
        let extras = extras.isEmpty ? "" : "[" + extras.joined(separator: ",") + "]"
        return name + extras + (url.map { " @ \($0)" } ?? specifiers.description)
    }
}
