extension InstalledPackages {
    /// Packages that were not made for a target, by their wheels' tags and the Python that they ask for.
    ///
    /// A wheel may be installed in spite of that, as installers can be forced; what its files need is told by
    /// ``Binaries``.
    public func findings(for target: TargetEnvironment) -> [InstalledFinding] {
        packages.indices.flatMap { index in
            [tagFinding(index, target), pythonFinding(index, target)].compactMap { $0 }
        }
    }

    private func tagFinding(_ index: Int, _ target: TargetEnvironment) -> InstalledFinding? {
        let package = packages[index]
        // A tag stands for what a wheel's name ends with, sets of several included.
        let stem = PathParts.name(package.folder).dropLast(10)
        let wheels = package.tags.prefix(64).compactMap { WheelName("\(stem)-\($0).whl") }
        guard let first = wheels.first, !wheels.contains(where: { target.accepts($0) }) else { return nil }
        return InstalledFinding(
            kind: .tagsRefused, package: index, path: package.folder + "/WHEEL", count: 1,
            detail: target.refusal(of: first)?.text ?? "is for \(package.tags[0])")
    }

    private func pythonFinding(_ index: Int, _ target: TargetEnvironment) -> InstalledFinding? {
        guard let text = packages[index].requiresPython, let wanted = SpecifierSet(text) else { return nil }
        let release = target.python.map(String.init).joined(separator: ".")
        // Of a release without its last number, the first and a late one stand for all.
        let versions = target.python.count > 2 ? [release] : [release + ".0", release + ".99"]
        guard !versions.compactMap({ PythonVersion($0) }).contains(where: wanted.matches) else { return nil }
        return InstalledFinding(
            kind: .pythonRefused, package: index, path: packages[index].folder + "/METADATA", count: 1,
            detail: "wants Python \(text); the target has \(release)")
    }
}
