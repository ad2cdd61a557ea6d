import PackFit
import PackReport

extension Assessment {
    /// Adds what a platform says.
    ///
    /// - Parameters:
    ///   - fit: The platform's checks.
    ///   - path: The file that results without one of their own are shown at.
    ///   - unknown: How bad an unknown verdict is.
    ///   - isIgnored: Whether a check does not count.
    mutating func add(
        _ fit: Fit, path: String?, unknown: Level, isIgnored: (Check) -> Bool = { _ in false }
    ) {
        for check in fit.checks {
            let entry = RuleCatalog.entry(of: check.id)
            let level: Level =
                if isIgnored(check) { .note } else {
                    switch check.verdict {
                    case .pass: .none
                    case .fail: .error
                    case .unknown: unknown
                    }
                }
            add(
                Result(
                    rule: entry.code, level: level, outcome: Result.Outcome(check.verdict),
                    message: CheckText.sentence(check, on: fit.profile.name), target: fit.profile.name,
                    path: check.culprits.first?.file ?? path, measured: CheckText.actual(check),
                    limit: CheckText.limit(check),
                    fingerprint: Fingerprint.of([entry.code, fit.profile.name])), entry)
            guard let unit = check.unit else { continue }
            measures.append(
                Measure(
                    name: check.id.rawValue, target: fit.profile.name, unit: Measure.Unit(unit),
                    measured: check.actual.map { $0.high ?? $0.low }, limit: check.limit,
                    outcome: Result.Outcome(check.verdict)))
        }
    }

    /// Adds a finding about the model or its dependencies.
    mutating func add(_ finding: ModelFacts.Finding, path: String?) {
        guard let entry = RuleCatalog.entry(finding.id) else { return }
        let bytes = finding.bytes > 0 ? " (\(NumberText.bytes(finding.bytes)))" : ""
        add(
            Result(
                rule: entry.code, level: .note, outcome: .fail, message: finding.text + bytes, path: path,
                fingerprint: Fingerprint.of([entry.code, finding.text])), entry)
    }

    /// Adds a result and, once, the rule that it is of.
    mutating func add(_ result: Result, _ entry: RuleCatalog.Entry) {
        if rule(entry.code) == nil {
            rules.append(
                Rule(
                    code: entry.code, id: entry.id, title: entry.title, help: entry.help, helpMarkdown: entry.help))
        }
        results.append(result)
    }
}

extension Assessment.Result.Outcome {
    /// A check's verdict.
    init(_ verdict: Check.Verdict) {
        switch verdict {
        case .pass: self = .pass
        case .fail: self = .fail
        case .unknown: self = .unknown
        }
    }
}

extension Assessment.Measure.Unit {
    /// A check's unit.
    init(_ unit: Check.Unit) {
        switch unit {
        case .bytes: self = .bytes
        case .seconds: self = .seconds
        case .count: self = .count
        }
    }
}
