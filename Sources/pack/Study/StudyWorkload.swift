import PackProfiles
import PackSimulation

/// What a study asks of platforms: a YAML file.
///
/// One mapping. All keys are checked: an unknown or missing one, or a wrong unit, is an error with its line.
///
///     schema: pack.workload/1
///     spacing: poisson             # optional; poisson (at random) | constant (at equal distances)
///     phases:                      # one after the other
///       - {time: 60 s, rate: 1}    # requests a second
///       - {time: 5 min, rate: 100}
///     bound: 1 s                   # optional; what the slowest twentieth of requests may take at most
///     requests-a-month: 10000000   # optional; for costs
struct StudyWorkload {
    /// When requests come.
    var load = Arrivals.step
    /// The latency in seconds that 95 of 100 requests are to keep to.
    var bound = 1.0
    /// Requests a month, for costs.
    var requestsAMonth = 10_000_000.0

    /// The longest time of all phases in seconds, and the most requests.
    private static let longest = 86400.0
    private static let most = 5e6

    /// The step of the study of 2020.
    init() {}

    /// Reads a file.
    /// - Throws: `SettingsError` with line and field.
    init(file: String) throws {
        let fields = FieldReader(file: file, what: "is not a workload")
        let root = try fields.compose(try fields.text())
        let keys = ["schema", "spacing", "phases", "bound", "requests-a-month"]
        let entries = try fields.mapping(root, "", allowed: keys, required: ["schema", "phases"])
        if let node = entries["schema"] { _ = try fields.word(node, "schema", among: ["pack.workload/1"]) }
        if let node = entries["phases"] { load.phases = try Self.phases(node, fields) }
        if let node = entries["spacing"] {
            let names = Arrivals.Spacing.allCases.map(\.rawValue)
            load.spacing = Arrivals.Spacing(rawValue: try fields.word(node, "spacing", among: names)) ?? .poisson
        }
        if let node = entries["bound"] {
            bound = try fields.measured(node, "bound", .seconds)
            guard bound > 0 else { throw fields.error(node, "bound", found: "0", expected: "a time above zero") }
        }
        if let node = entries["requests-a-month"] {
            requestsAMonth = try fields.positive(node, "requests-a-month")
            guard requestsAMonth <= 1e12 else {
                throw fields.error(node, "requests-a-month", found: "\(requestsAMonth)", expected: "at most 1e12")
            }
        }
        try check(root, fields)
    }

    private static func phases(_ node: SettingsNode, _ fields: FieldReader) throws -> [Arrivals.Phase] {
        try fields.items(node, "phases").enumerated().map { index, item in
            let field = "phases[\(index)]"
            let entries = try fields.mapping(item, field, allowed: ["time", "rate"], required: ["time", "rate"])
            var phase = Arrivals.Phase(seconds: 0, rate: 0)
            if let node = entries["time"] { phase.seconds = try fields.measured(node, field + ".time", .seconds) }
            guard phase.seconds >= 1 else {
                throw fields.error(item, field + ".time", found: "less than a second", expected: "at least 1 s")
            }
            if let node = entries["rate"] { phase.rate = try fields.positive(node, field + ".rate") }
            return phase
        }
    }

    private func check(_ root: SettingsNode, _ fields: FieldReader) throws {
        guard load.seconds <= Self.longest else {
            throw fields.error(root, "phases", found: "\(load.seconds) s", expected: "at most a day in all")
        }
        guard load.requests <= Self.most else {
            throw fields.error(
                root, "phases", found: "\(Int(min(load.requests, 1e15))) requests", expected: "at most 5000000 in all")
        }
        guard load.largestRise != nil else {
            throw fields.error(
                root, "phases", found: "no phase with a higher rate than the one before",
                expected: "a rise, such as from 1 to 100 requests a second")
        }
    }

    /// In words: `60 s at 1/s, then 300 s at 100/s`.
    var text: String {
        load.phases.map { "\(StudyText.number($0.seconds)) s at \(StudyText.number($0.rate)) requests/s" }
            .joined(separator: ", then ")
    }
}
