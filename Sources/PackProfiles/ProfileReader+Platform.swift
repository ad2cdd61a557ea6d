extension ProfileReader {
    /// CPU features by the names that the Linux kernel reports or nearly so.
    private static let features = [
        "x86_64": [
            "sse2", "sse4.1", "sse4.2", "avx", "avx2", "fma", "f16c", "bmi2", "avxvnni", "avx512f", "avx512bw",
            "avx512vl", "avx512vnni", "amx-int8",
        ],
        "arm64": ["neon", "crc32", "crypto", "lse", "rcpc", "fp16", "dotprod", "i8mm", "bf16", "sve", "sve2"],
    ]

    func architectures(_ node: SettingsNode) throws(ProfileError) -> [Profile.Architecture] {
        var result: [Profile.Architecture] = []
        for (index, item) in try fields.items(node, "architectures").enumerated() {
            let field = "architectures[\(index)]"
            let entries = try sourced(item, field, ["name", "features"])
            let name = try fields.word(
                entries["name"], join(field, "name"), among: Self.features.keys.sorted())
            guard !result.contains(where: { $0.name == name }) else {
                throw fields.error(entries["name"], join(field, "name"), found: name, expected: "each one once")
            }
            var features: [String] = []
            for feature in try fields.items(entries["features"], join(field, "features")) {
                features.append(
                    try fields.word(feature, join(field, "features"), among: Self.features[name] ?? []))
            }
            result.append(
                Profile.Architecture(name: name, features: features, provenance: try provenance(entries, field)))
        }
        return result
    }

    func libc(_ node: SettingsNode) throws(ProfileError) -> Profile.LibC {
        let entries = try sourced(node, "libc", ["name"], optional: ["version"])
        let names = Profile.LibC.Kind.allCases.map(\.rawValue)
        let kind = Profile.LibC.Kind(rawValue: try fields.word(entries["name"], "libc.name", among: names)) ?? .any
        let version = try optionalText(entries, "version", "libc")
        if kind == .glibc {
            guard let version else {
                throw fields.error(node, "libc.version", found: "nothing", expected: "this field")
            }
            guard Version(version) != nil else {
                throw fields.error(
                    entries["version"], "libc.version", found: version, expected: "a version such as \"2.34\"")
            }
        }
        return Profile.LibC(kind: kind, version: version, provenance: try provenance(entries, "libc"))
    }

    func sizes(_ node: SettingsNode) throws(ProfileError) -> [Profile.Size] {
        let entries = try sourced(node, "sizes", ["unit", "rows"])
        let (_, factor) = try unit(entries, "sizes", .bytes)
        let provenance = try provenance(entries, "sizes")
        var result: [Profile.Size] = []
        for (index, item) in try fields.items(entries["rows"], "sizes.rows").enumerated() {
            let field = "sizes.rows[\(index)]"
            let keys = ["vcpus", "minimum", "maximum"]
            let row = Entries(
                values: try fields.mapping(item, field, allowed: keys + ["step"], required: keys), node: item)
            let minimum = try fields.positive(row["minimum"], join(field, "minimum")) * factor
            let maximum = try fields.positive(row["maximum"], join(field, "maximum")) * factor
            guard minimum <= maximum, maximum < 9e15 else {
                throw fields.error(item, field, found: "a minimum above the maximum", expected: "at most that")
            }
            let step = try row.values["step"].map { node throws(ProfileError) in
                min(try fields.positive(node, join(field, "step")) * factor, 9e15)
            }
            result.append(
                Profile.Size(
                    vcpus: try fields.positive(row["vcpus"], join(field, "vcpus")), minimum: Int(minimum),
                    maximum: Int(maximum), step: step.map { Int($0) }, provenance: provenance))
        }
        return result
    }

    func memorySizes(_ node: SettingsNode) throws(ProfileError) -> [Int] {
        let entries = try sourced(node, "memory-sizes", ["unit", "values"])
        let (_, factor) = try unit(entries, "memory-sizes", .bytes)
        _ = try provenance(entries, "memory-sizes")
        var sizes: [Int] = []
        for (index, item) in try fields.items(entries["values"], "memory-sizes.values").enumerated() {
            let field = "memory-sizes.values[\(index)]"
            let bytes = try fields.positive(item, field) * factor
            guard bytes < 9e15, bytes > Double(sizes.last ?? 0) else {
                throw fields.error(item, field, found: "a size out of order", expected: "sizes in ascending order")
            }
            sizes.append(Int(bytes))
        }
        return sizes
    }

    func python(_ node: SettingsNode) throws(ProfileError) -> (versions: [String], source: Provenance) {
        let entries = try sourced(node, "python", ["versions"])
        var versions: [String] = []
        for (index, item) in try fields.items(entries["versions"], "python.versions").enumerated() {
            let field = "python.versions[\(index)]"
            let text = try fields.text(item, field)
            guard let version = Version(text), version.parts.count == 2, version.parts[0] >= 2 else {
                throw fields.error(item, field, found: text, expected: "a version such as \"3.12\"")
            }
            versions.append(text)
        }
        return (versions, try provenance(entries, "python"))
    }

    func environment(_ node: SettingsNode) throws(ProfileError) -> [String: String] {
        let entries = try sourced(node, "environment", ["variables"])
        _ = try provenance(entries, "environment")
        var result: [String: String] = [:]
        for (key, value) in try fields.pairs(entries["variables"], "environment.variables") {
            result[key.string] = try fields.text(value, "environment.variables." + key.string)
        }
        return result
    }
}
