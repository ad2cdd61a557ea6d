/// Reads a profile.
///
/// A profile is one YAML mapping. All keys are checked: an unknown or missing one, a wrong unit, or a number that is
/// not above zero is an error with its line. Aliases are refused.
///
///     schema: pack.profile/1
///     name: lambda                       # as the file is called
///     title: AWS Lambda, zip package     # one line for people
///     as-of: 2026-11-23                  # the day that it describes
///     packaging: zip                     # zip | image
///     protocol: lambda-runtime-api       # lambda-runtime-api | http | function (the platform's runtime calls a function)
///     runtime: provided.al2023           # optional
///     python: {versions: ["3.12"], PROVENANCE}             # optional; what the managed runtime brings
///     default: true                      # optional; shown when no target is named
///     as-image: lambda-image             # optional; the profile of the same platform that takes an image
///     as-program: lambda                 # optional; the profile of the same platform that starts a program of one's own
///     billing: request                   # optional; request (each pays its time) | instance (while it has requests) | always-on
///     files-count-as-memory: false
///     architectures:                     # PROVENANCE is source, date, verified, and optionally note
///       - {name: x86_64, features: [avx2, fma], PROVENANCE}
///     libc: {name: glibc, version: "2.34", PROVENANCE}     # glibc (with version) | musl | any
///     limits:                            # keys: ``LimitID``; value: a number; none where the platform has no such limit; unknown
///       package.zipped: {value: 50, unit: MiB, PROVENANCE, lifted-by: "…"}     # lifted-by is optional
///     sizes:                             # optional; step is optional, in the same unit
///       {unit: GiB, PROVENANCE, rows: [{vcpus: 1, minimum: 0.5, maximum: 4, step: 0.5}]}
///     memory-sizes: {unit: MiB, values: [2048, 4096], PROVENANCE}    # optional; the only ones there are
///     environment: {PROVENANCE, variables: {TZ: UTC}}      # optional
///     prices:                            # optional; keys: ``PriceID``
///       requests: {value: 0.20, unit: USD/million requests, PROVENANCE}
///     priced-as: fargate                 # optional; the profile with the prices of a usual way to run this platform
///     scaling:                           # optional; keys: per-request, managed, knative, horizontal; in each: ``ScalingID``
///       per-request:
///         instances.burst: {value: 1000, unit: count, PROVENANCE}
///
/// Units: B, KB, MB, GB, KiB, MiB, GiB; ms, s, min; count; vCPU; prices in USD/request, USD/million requests, USD/GiB-s,
/// USD/GiB-h, USD/vCPU-s, USD/vCPU-h; what is free in requests/month, GiB-s/month, vCPU-s/month; count/s,
/// count/10 s, count/min; %; times; MB/s, MiB/s.
public struct ProfileReader {
    /// The largest file that is read, in bytes.
    public static let limit = FieldReader.limit

    let fields: FieldReader
    /// What is wrong, in the order of reading.
    var faults: [ProfileError] = []
    /// Fields whose value is given as unknown.
    var unknown: Set<String> = []

    static let required = [
        "schema", "name", "title", "as-of", "packaging", "protocol", "files-count-as-memory", "architectures", "libc",
        "limits",
    ]
    static let optional = [
        "runtime", "python", "default", "billing", "as-image", "as-program", "sizes", "memory-sizes", "environment",
        "prices", "priced-as", "scaling",
    ]

    /// Reads a profile from its text.
    ///
    /// - Parameters:
    ///   - yaml: The text of the file.
    ///   - file: The file's name, for errors.
    /// - Throws: The first fault, with line and field.
    public static func read(_ yaml: String, file: String) throws(ProfileError) -> Profile {
        let (profile, faults) = check(yaml, file: file)
        // A fault with a hint, such as a misspelt key, says more than the ones that follow from it.
        if let first = faults.first(where: { $0.hint != nil }) ?? faults.first { throw first }
        guard let profile else { throw ProfileError(file: file, found: "no profile", expected: "a profile") }
        return profile
    }

    /// Reads a profile from its text, or tells everything that is wrong with it.
    ///
    /// - Parameters:
    ///   - yaml: The text of the file.
    ///   - file: The file's name, for errors.
    /// - Returns: The profile, if there is no fault; and the faults in the order of lines.
    public static func check(_ yaml: String, file: String) -> (profile: Profile?, faults: [ProfileError]) {
        do throws(ProfileError) {
            let fields = Self.fields(of: file)
            let root = try fields.compose(yaml)
            var reader = ProfileReader(fields: fields)
            let profile = try reader.profile(root)
            let order = reader.faults.enumerated().sorted {
                ($0.element.line ?? 0, $0.offset) < ($1.element.line ?? 0, $1.offset)
            }
            return (reader.faults.isEmpty ? profile : nil, order.map(\.element))
        } catch {
            return (nil, [error])
        }
    }

    static func fields(of file: String) -> FieldReader { FieldReader(file: file, what: "is not a profile") }

    /// What `body` gives; a fault of it is kept, and the reading goes on.
    mutating func attempt<T>(_ body: (ProfileReader) throws(ProfileError) -> T) -> T? {
        do throws(ProfileError) {
            return try body(self)
        } catch {
            faults.append(error)
            return nil
        }
    }

    /// A profile that is worth something only if there are no faults.
    private mutating func profile(_ node: SettingsNode) throws(ProfileError) -> Profile {
        let (top, keyFaults) = try fields.checkedMapping(
            node, "", allowed: Self.required + Self.optional, required: Self.required)
        faults += keyFaults
        _ = section(top, "schema") { reader, node throws(ProfileError) in
            try reader.fields.word(node, "schema", among: ["pack.profile/1"])
        }
        let packaging = word(top, "packaging", Profile.Packaging.self)
        let limits = quantities(top, "limits", LimitID.self, measure: \.measure)
        if let packaging { requireLimits(of: packaging, in: limits, top) }
        let nowhere = Provenance(source: "", date: "", verified: false)
        var profile = Profile(
            name: name(top), title: text(top, "title"), asOf: date(top, "as-of"), packaging: packaging ?? .zip,
            requestProtocol: word(top, "protocol", Profile.RequestProtocol.self) ?? .http,
            filesCountAsMemory: flag(top, "files-count-as-memory") ?? false,
            architectures: section(top, "architectures") { reader, node throws(ProfileError) in
                try reader.architectures(node)
            } ?? [],
            libc: section(top, "libc") { reader, node throws(ProfileError) in try reader.libc(node) }
                ?? Profile.LibC(kind: .unknown, provenance: nowhere),
            limits: limits, prices: [:], sizes: [], environment: [:])
        readOptional(top, into: &profile)
        profile.unknownLimits = LimitID.allCases.filter { unknown.contains("limits." + $0.rawValue) }
        return profile
    }

    private mutating func text(_ top: Entries, _ key: String) -> String {
        section(top, key) { reader, node throws(ProfileError) in try reader.fields.text(node, key) } ?? ""
    }

    /// The name by which it is asked for, and that its file in a library has.
    private mutating func name(_ top: Entries) -> String {
        section(top, "name") { reader, node throws(ProfileError) in
            let name = try reader.fields.text(node, "name")
            guard !name.contains("/"), name != ".", name != "..", name.allSatisfy({ !$0.isWhitespace }) else {
                throw reader.fields.error(node, "name", found: name, expected: "a name without slashes and spaces")
            }
            return name
        } ?? ""
    }

    private mutating func date(_ top: Entries, _ key: String) -> String {
        section(top, key) { reader, node throws(ProfileError) in try reader.fields.date(node, key) } ?? ""
    }

    private mutating func readOptional(_ top: Entries, into profile: inout Profile) {
        profile.runtime = section(top, "runtime") { reader, node throws(ProfileError) in
            try reader.fields.text(node, "runtime")
        }
        profile.imageVariant = section(top, "as-image") { reader, node throws(ProfileError) in
            try reader.fields.text(node, "as-image")
        }
        profile.programVariant = section(top, "as-program") { reader, node throws(ProfileError) in
            try reader.fields.text(node, "as-program")
        }
        profile.pricedAs = section(top, "priced-as") { reader, node throws(ProfileError) in
            try reader.fields.text(node, "priced-as")
        }
        profile.scaling = scaling(top)
        profile.isDefault = flag(top, "default") ?? false
        if top.values["billing"] != nil { profile.billing = word(top, "billing", Profile.Billing.self) }
        let python = section(top, "python") { reader, node throws(ProfileError) in try reader.python(node) }
        profile.python = python?.versions ?? []
        profile.pythonSource = python?.source
        profile.sizes = section(top, "sizes") { reader, node throws(ProfileError) in try reader.sizes(node) } ?? []
        profile.memorySizes =
            section(top, "memory-sizes") { reader, node throws(ProfileError) in try reader.memorySizes(node) } ?? []
        profile.environment =
            section(top, "environment") { reader, node throws(ProfileError) in try reader.environment(node) } ?? [:]
        profile.prices = quantities(top, "prices", PriceID.self, measure: \.measure)
    }

    /// The value of a key, if the key is there; a fault is kept.
    mutating func section<T>(
        _ top: Entries, _ key: String, _ body: (ProfileReader, SettingsNode) throws(ProfileError) -> T
    ) -> T? {
        guard let node = top.values[key] else { return nil }
        return attempt { reader throws(ProfileError) in try body(reader, node) }
    }

    private mutating func flag(_ top: Entries, _ key: String) -> Bool? {
        section(top, key) { reader, node throws(ProfileError) in try reader.fields.flag(node, key) }
    }

    private mutating func word<T: RawRepresentable & CaseIterable>(
        _ top: Entries, _ key: String, _: T.Type
    ) -> T? where T.RawValue == String {
        let names = T.allCases.map(\.rawValue)
        return section(top, key) { reader, node throws(ProfileError) in
            T(rawValue: try reader.fields.word(node, key, among: names))
        } ?? nil
    }
}
