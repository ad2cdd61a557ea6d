import PackFit
import PackReport

extension GateReport {
    /// The same for machines: annotations, code scanning, test reports, comments.
    ///
    /// - Parameter configuration: The path of `pack.yaml`, or what stands for it.
    func assessment(configuration: String, title: String) -> Assessment {
        var assessment = Assessment(
            toolVersion: toolVersion, title: title, outcome: outcome, configuration: configuration)
        let unknown: Assessment.Level = judgement.unknown == .fail ? .error : .warning
        for fit in judgement.targets {
            assessment.add(fit, path: configuration, unknown: unknown) {
                judgement.isExempted($0, on: fit.profile.name)
            }
        }
        for budget in judgement.budgets { add(budget, to: &assessment, configuration, unknown) }
        for stale in judgement.staleExemptions { add(stale, to: &assessment, configuration) }
        assessment.changes = (judgement.changes ?? []).map { change in
            Assessment.Change(
                kind: change.part.kind.rawValue, name: BudgetText.name(change),
                before: change.before.map { NumberText.bytes($0) }, after: change.after.map { NumberText.bytes($0) },
                bytes: change.difference)
        }
        assessment.contributors = parts.sorted { ($1.bytes, $0.name) < ($0.bytes, $1.name) }.prefix(20).map {
            Assessment.Contributor(kind: $0.kind.rawValue, name: $0.name, bytes: $0.bytes)
        }
        assessment.problems = problems
        return assessment
    }

    private func add(
        _ budget: GateJudgement.BudgetResult, to assessment: inout Assessment, _ configuration: String,
        _ unknown: Assessment.Level
    ) {
        guard let entry = RuleCatalog.entry(Self.rule(of: budget)) else { return }
        let level: Assessment.Level =
            switch budget.verdict {
            case .pass: .none
            case .fail: .error
            case .unknown: unknown
            }
        let note = budget.note.map { "; " + $0 } ?? ""
        let message =
            "\(budget.id) \(budget.kind.rawValue): \(BudgetText.actual(budget)), allowed \(BudgetText.limit(budget))\(note)"
        assessment.add(
            .init(
                rule: entry.code, level: level, outcome: .init(budget.verdict), message: message, path: configuration,
                line: budget.line, measured: BudgetText.actual(budget), limit: BudgetText.limit(budget),
                fingerprint: Fingerprint.of([entry.code, budget.id, budget.kind.rawValue])), entry)
        guard let unit = budget.unit, budget.kind == .maximum else { return }
        assessment.measures.append(
            .init(
                name: "budget \(budget.id)", unit: .init(unit), measured: budget.measured.map { $0.high ?? $0.low },
                limit: budget.limit, baseline: budget.baseline, outcome: .init(budget.verdict)))
    }

    private func add(
        _ stale: (exemption: GateRules.Exemption, isExpired: Bool), to assessment: inout Assessment,
        _ configuration: String
    ) {
        guard let entry = RuleCatalog.entry(stale.isExpired ? "exemption.expired" : "exemption.unused") else {
            return
        }
        let message =
            stale.isExpired
            ? "the exemption of \(stale.exemption.rule) ended on \(stale.exemption.until)"
            : "the exemption of \(stale.exemption.rule) is not needed"
        assessment.add(
            .init(
                rule: entry.code, level: .warning, outcome: .fail, message: message, path: configuration,
                line: stale.exemption.line), entry)
    }

    /// The id of the rule that a budget's limit is of.
    static func rule(of budget: GateJudgement.BudgetResult) -> String {
        switch budget.kind {
        case .maximum: "budget.maximum"
        case .growth: "budget.growth"
        case .growthShare: "budget.growth-percent"
        case .minimum: "budget.accuracy"
        }
    }
}
