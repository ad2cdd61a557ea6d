extension RequirementsFile {
    /// What is asked for on a target.
    ///
    /// It counts as locked where every entry names one version and the digests of its files: pip then installs nothing
    /// else. Constraints limit versions and add no packages.
    public func declared(for selection: DependencySelection) -> DeclaredDependencies {
        var problems = problems
        var order: [String] = []
        var packages: [String: DeclaredPackage] = [:]
        var isLocked = true
        let environment = selection.markers
        for entry in entries where !entry.isConstraint {
            guard let requirement = entry.requirement else {
                isLocked = false
                problems.append(
                    TreeProblem(
                        path: entry.place.description,
                        text: "asks for something whose package is not known: \(DependencyError.excerpt(entry.text))"))
                continue
            }
            let verdict = requirement.applies(in: environment)
            guard verdict != .no else { continue }
            let name = requirement.package
            if packages[name] == nil { order.append(name) }
            var package = packages[name] ?? DeclaredPackage(name: name, place: entry.place)
            package.add(requirement, verdict: packages[name] == nil ? nil : package.certainty, own: verdict)
            package.hashes += entry.hashes
            if let origin = entry.origin { package.take(origin: origin, target: selection.target) }
            if package.version == nil || package.hashes.isEmpty { isLocked = false }
            packages[name] = package
        }
        constrain(&packages, environment)
        return DeclaredDependencies(
            path: path, kind: .requirements, isLocked: isLocked && !packages.isEmpty, packages: Array(packages.values),
            roots: order, problems: problems)
    }

    private func constrain(_ packages: inout [String: DeclaredPackage], _ environment: MarkerEnvironment) {
        for entry in entries where entry.isConstraint {
            guard let requirement = entry.requirement, requirement.applies(in: environment) != .no,
                var package = packages[requirement.package]
            else { continue }
            package.requirements.append(entry.text)
            package.version = package.version ?? requirement.specifiers.pinned?.description
            packages[requirement.package] = package
        }
    }
}

extension DeclaredPackage {
    /// Adds what one more requirement says.
    mutating func add(_ requirement: Requirement, verdict: MarkerVerdict?, own: MarkerVerdict) {
        requirements.append(requirement.text)
        extras = LockGraph.sorted(Set(extras).union(requirement.extras))
        version = version ?? requirement.specifiers.pinned?.description
        certainty = verdict == .yes || own == .yes ? .yes : .unknown
        reason = [name]
    }

    /// Takes a URL or path, which may be of a wheel.
    mutating func take(origin: String, target: TargetEnvironment) {
        self.origin = origin
        guard let name = WheelName(LockedFile.name(of: origin)) else { return }
        version = name.version.description
        take([LockedFile(name: name.fileName, hashes: hashes)], hasSource: false, target: target)
    }
}
