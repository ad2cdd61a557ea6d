import Yams

/// Reads a profile.
///
/// A profile is one YAML mapping. All keys are checked: an unknown or missing one, a wrong unit, or a number that is
/// not above zero is an error with its line.
///
///     schema: pack.profile/1
///     name: lambda                       # as the file is called
///     title: AWS Lambda, zip package     # one line for people
///     as-of: 2026-11-23                  # the day that it describes
///     packaging: zip                     # zip | image
///     protocol: lambda-runtime-api       # lambda-runtime-api | http
///     runtime: provided.al2023           # optional
///     files-count-as-memory: false
///     architectures:                     # PROVENANCE is source, date, verified, and optionally note
///       - {name: x86_64, features: [avx2, fma], PROVENANCE}
///     libc: {name: glibc, version: "2.34", PROVENANCE}     # glibc (with version) | musl | any
///     limits:                            # keys: ``LimitID``; value: a number, or none where the platform has no such limit
///       package.zipped: {value: 50, unit: MiB, PROVENANCE, lifted-by: "…"}     # lifted-by is optional
///     sizes:                             # optional
///       {unit: GiB, PROVENANCE, rows: [{vcpus: 1, minimum: 0.5, maximum: 4}]}
///     environment: {PROVENANCE, variables: {TZ: UTC}}      # optional
///     prices:                            # optional; keys: ``PriceID``
///       requests: {value: 0.20, unit: USD/million requests, PROVENANCE}
public struct ProfileReader {
    /// The largest file that is read, in bytes.
    public static let limit = 1 << 20

    let fields: FieldReader

    private static let required = [
        "schema", "name", "title", "as-of", "packaging", "protocol", "files-count-as-memory", "architectures", "libc",
        "limits",
    ]

    /// Reads a profile from its text.
    ///
    /// - Parameters:
    ///   - yaml: The text of the file.
    ///   - file: The file's name, for errors.
    /// - Throws: The first fault, with line and field.
    public static func read(_ yaml: String, file: String) throws(ProfileError) -> Profile {
        let node: Node?
        do {
            node = try Yams.compose(yaml: yaml, .basic)
        } catch {
            throw ProfileError(yamlError: error, file: file)
        }
        guard let node else {
            throw ProfileError(file: file, found: "an empty file", expected: "a profile")
        }
        return try ProfileReader(fields: FieldReader(file: file)).profile(node)
    }

    private func profile(_ node: Node) throws(ProfileError) -> Profile {
        let entries = try fields.mapping(
            node, "", allowed: Self.required + ["runtime", "sizes", "environment", "prices"], required: Self.required)
        let top = Entries(values: entries, node: node)
        _ = try fields.word(top["schema"], "schema", among: ["pack.profile/1"])
        let packaging = try word(top, "packaging", Profile.Packaging.self)
        let limits = try quantities(top["limits"], "limits", LimitID.self, measure: \.measure)
        try requireLimits(of: packaging, in: limits, at: top["limits"])
        var profile = Profile(
            name: try fields.text(top["name"], "name"),
            title: try fields.text(top["title"], "title"),
            asOf: try fields.date(top["as-of"], "as-of"),
            packaging: packaging,
            requestProtocol: try word(top, "protocol", Profile.RequestProtocol.self),
            runtime: nil,
            filesCountAsMemory: try fields.flag(top["files-count-as-memory"], "files-count-as-memory"),
            architectures: try architectures(top["architectures"]),
            libc: try libc(top["libc"]),
            limits: limits, prices: [:], sizes: [], environment: [:])
        if let node = entries["runtime"] { profile.runtime = try fields.text(node, "runtime") }
        if let node = entries["sizes"] { profile.sizes = try sizes(node) }
        if let node = entries["environment"] { profile.environment = try environment(node) }
        if let node = entries["prices"] {
            profile.prices = try quantities(node, "prices", PriceID.self, measure: \.measure)
        }
        return profile
    }

    private func requireLimits(
        of packaging: Profile.Packaging, in limits: [LimitID: Quantity], at node: Node
    ) throws(ProfileError) {
        let package: [LimitID] = packaging == .zip ? [.packageZipped, .packageUnpacked] : [.imageSize]
        let needed = package + [.memoryDefault, .memoryMaximum, .startupTime, .requestTime]
        if let missing = needed.first(where: { limits[$0] == nil }) {
            throw fields.error(
                node, "limits." + missing.rawValue, found: "nothing",
                expected: "this limit, which packaging \(packaging.rawValue) needs",
                hint: "where the platform has no such limit, say value: none")
        }
        if let minimum = limits[.memoryMinimum]?.base, let maximum = limits[.memoryMaximum]?.base, minimum > maximum {
            throw fields.error(
                node, "limits.memory.minimum", found: "more than limits.memory.maximum", expected: "at most that")
        }
    }

    private func word<T: RawRepresentable & CaseIterable>(
        _ top: Entries, _ key: String, _: T.Type
    ) throws(ProfileError) -> T where T.RawValue == String {
        let names = T.allCases.map(\.rawValue)
        let text = try fields.word(top[key], key, among: names)
        guard let value = T(rawValue: text) else {
            throw fields.error(top[key], key, found: text, expected: "one of " + names.joined(separator: ", "))
        }
        return value
    }
}

/// Entries of a mapping whose required keys were checked; a missing one reads as the mapping itself.
struct Entries {
    var values: [String: Node]
    var node: Node
    subscript(key: String) -> Node { values[key] ?? node }
}
