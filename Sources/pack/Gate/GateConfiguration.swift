import PackFit
import PackIO
import PackProfiles

/// `pack.yaml`: what a gate looks at, and what must hold.
///
/// One YAML mapping. All keys are checked: an unknown one or a wrong unit is an error with its line. Paths are relative to the
/// file's folder.
///
///     schema: pack.gate/1
///     paths: [model, build]              # what is deployed; the file's folder if not given
///     targets: [lambda, ./own.yaml]      # platforms that must take it, by name or by a profile's path
///     deploy: as-it-is                   # as-it-is | slim: the files, or the bundle that pack slim would make of the model
///     quantize: int8                     # with deploy slim: none | fp16 | bf16 | int8 | int4
///     entry: app.handler                 # where imports begin
///     python: "3.13"                     # the Python that runs it
///     unknown: fail                      # fail | warn: what counts for a check whose answer is not known
///     baseline: pack-baseline.json       # written by pack gate --write-baseline
///     accuracy: 0.99                     # the smallest cosine that the manifest of a bundle may state
///     budgets:                           # keys: ``GateMeasure``; each limit counts for itself
///       package.zipped: {maximum: 40 MiB, growth: 1 MB, growth-percent: 5}
///       startup.time: {maximum: 2 s}
///     ignore:                            # checks that are let through until a day
///       - {rule: PK203, target: lambda, reason: "measured by hand", until: 2027-03-31}
struct GateConfiguration {
    /// The file; `nil` where there is none.
    var file: String?
    /// What is deployed.
    var paths: [String] = []
    /// Names or paths of profiles.
    var targets: [String] = []
    /// Where imports begin.
    var entry: String?
    /// The Python that runs it.
    var python: String?
    /// The baseline's path.
    var baseline: String?
    /// What must hold.
    var rules = GateRules()

    /// The folder that paths are relative to.
    var folder: String {
        guard let file, let slash = file.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
        return slash == file.startIndex ? "/" : String(file[..<slash])
    }

    private static let keys = [
        "schema", "paths", "targets", "deploy", "quantize", "entry", "python", "unknown", "baseline", "accuracy",
        "budgets", "ignore",
    ]

    /// Reads a configuration.
    /// - Throws: `IOFailure`, or a settings error with line and field.
    static func read(_ file: String) throws -> GateConfiguration {
        let fields = FieldReader(file: file, what: "is not a gate's configuration")
        let node = try fields.compose(try fields.text())
        return try Reader(fields: fields, folder: GateConfiguration(file: file).folder).configuration(node)
    }

    private struct Reader {
        let fields: FieldReader
        let folder: String

        func configuration(_ node: SettingsNode) throws -> GateConfiguration {
            let entries = try fields.mapping(
                node, "", allowed: GateConfiguration.keys, required: ["schema", "targets"])
            var result = GateConfiguration(file: fields.file)
            if let node = entries["schema"] { _ = try fields.word(node, "schema", among: ["pack.gate/1"]) }
            result.paths = try texts(entries["paths"], "paths").map(resolved)
            result.targets = try texts(entries["targets"], "targets").map { $0.contains("/") ? resolved($0) : $0 }
            result.entry = try entries["entry"].map { try fields.text($0, "entry") }
            result.python = try entries["python"].map { try fields.text($0, "python") }
            result.baseline = try entries["baseline"].map { resolved(try fields.text($0, "baseline")) }
            result.rules.deployment = try deployment(entries)
            if let node = entries["unknown"] {
                let word = try fields.word(node, "unknown", among: GateRules.UnknownPolicy.allCases.map(\.rawValue))
                result.rules.unknown = GateRules.UnknownPolicy(rawValue: word) ?? .fail
            }
            result.rules.accuracy = try entries["accuracy"].map(cosine)
            result.rules.budgets = try entries["budgets"].map(budgets) ?? []
            result.rules.exemptions = try entries["ignore"].map(exemptions) ?? []
            return result
        }

        private func resolved(_ path: String) -> String {
            path.hasPrefix("/") || folder == "." ? path : "\(folder)/\(path)"
        }

        private func texts(_ node: SettingsNode?, _ field: String) throws -> [String] {
            guard let node else { return [] }
            return try fields.items(node, field).enumerated().map { try fields.text($1, "\(field)[\($0)]") }
        }

        private func deployment(_ entries: [String: SettingsNode]) throws -> GateRules.Deployment {
            let word = try entries["deploy"].map {
                try fields.word($0, "deploy", among: ["as-it-is", "slim"])
            }
            guard word == "slim" else {
                if let node = entries["quantize"] {
                    throw fields.error(
                        node, "quantize", found: "this field without deploy: slim", expected: "deploy: slim beside it")
                }
                return .asItIs
            }
            let quantization = try entries["quantize"].map {
                try fields.word($0, "quantize", among: ["none", "fp16", "bf16", "int8", "int4"])
            }
            return .slim(quantization: quantization ?? "int8")
        }

        private func cosine(_ node: SettingsNode) throws -> Double {
            let number = try fields.positive(node, "accuracy")
            guard number <= 1 else {
                throw fields.error(node, "accuracy", found: "\(number)", expected: "a cosine: at most 1")
            }
            return number
        }

        private func budgets(_ node: SettingsNode) throws -> [GateRules.Budget] {
            let names = GateMeasure.allCases.map(\.rawValue)
            return try fields.pairs(node, "budgets").map { key, value in
                let field = "budgets." + key.string
                guard let measure = GateMeasure(rawValue: key.string) else {
                    throw fields.error(
                        key, field, found: "an unknown measure", expected: "one of " + names.joined(separator: ", "),
                        hint: Suggestion.nearest(to: key.string, among: names).map { "did you mean \($0)?" })
                }
                let limits = try fields.mapping(
                    value, field, allowed: ["maximum", "growth", "growth-percent"], required: [])
                guard !limits.isEmpty else {
                    throw fields.error(
                        value, field, found: "no limit", expected: "maximum, growth or growth-percent")
                }
                return GateRules.Budget(
                    measure,
                    maximum: try limits["maximum"].map { try amount($0, field + ".maximum", measure.unit) },
                    growthShare: try limits["growth-percent"].map {
                        try fields.positive($0, field + ".growth-percent") / 100
                    },
                    growth: try limits["growth"].map { try amount($0, field + ".growth", measure.unit) },
                    line: value.line)
            }
        }

        private func amount(_ node: SettingsNode, _ field: String, _ unit: Check.Unit) throws -> Double {
            try fields.measured(node, field, unit == .seconds ? .seconds : .bytes)
        }

        private func exemptions(_ node: SettingsNode) throws -> [GateRules.Exemption] {
            try fields.items(node, "ignore").enumerated().map { index, item in
                let field = "ignore[\(index)]"
                let entries = try fields.mapping(
                    item, field, allowed: ["rule", "target", "reason", "until"], required: ["rule", "reason", "until"])
                func node(_ key: String) -> SettingsNode { entries[key] ?? item }
                let rule = try fields.text(node("rule"), field + ".rule")
                guard RuleCatalog.isCheck(rule) else {
                    throw fields.error(
                        node("rule"), field + ".rule", found: rule,
                        expected: "the code or the id of a check of platforms: PK101, package.zipped, …")
                }
                return GateRules.Exemption(
                    rule: rule, target: try entries["target"].map { try fields.text($0, field + ".target") },
                    reason: try fields.text(node("reason"), field + ".reason"),
                    until: try fields.date(node("until"), field + ".until"), line: item.line)
            }
        }
    }
}
