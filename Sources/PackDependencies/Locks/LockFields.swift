/// Reads fields of lock files in TOML; what has the wrong form is noted and left out.
struct LockFields {
    let file: String
    var problems: [TreeProblem] = []

    /// Problems that are listed.
    static let problemLimit = 1000
    /// Packages that are read of one file.
    static let packageLimit = 100_000

    mutating func note(_ line: Int?, _ text: String) {
        guard problems.count < Self.problemLimit else { return }
        problems.append(TreeProblem(path: line.map { "\(file):\($0)" } ?? file, text: text))
    }

    /// Notes a value of another kind than its key has; none at all is right.
    mutating func expect(_ kind: TOMLValue.Kind, _ value: TOMLValue?, _ key: String) {
        guard let value, value.kind != kind else { return }
        note(value.line, "has \(value.kind.rawValue) as \(key), which is \(kind.rawValue)")
    }

    /// A marker, if there is one that can be read.
    mutating func marker(_ value: TOMLValue?) -> Marker? {
        guard let value else { return nil }
        if let text = value.string, let marker = Marker(text) { return marker }
        note(value.line, "has a marker that can't be read: \(DependencyError.excerpt(value.text))")
        return nil
    }

    /// A requirement of Pythons.
    mutating func pythons(_ value: TOMLValue?) -> SpecifierSet? {
        guard let value else { return nil }
        if let text = value.string, let set = SpecifierSet(text) { return set }
        note(value.line, "has a Python requirement that can't be read: \(DependencyError.excerpt(value.text))")
        return nil
    }

    /// The tables of packages, with their normalized names.
    mutating func packages(_ value: TOMLValue?) -> [(name: String, table: TOMLValue)] {
        var result: [(name: String, table: TOMLValue)] = []
        expect(.array, value, "list of packages")
        for table in (value?.elements ?? []).prefix(Self.packageLimit) {
            guard let name = table["name"]?.string, PackageName.isValid(name) else {
                note(table.line, "has a package without a name")
                continue
            }
            result.append((PackageName.normalized(name), table))
        }
        if let count = value?.elements.count, count > Self.packageLimit {
            note(value?.line, "has \(count) packages, of which \(Self.packageLimit) are read")
        }
        return result
    }
}
