import PackFit
import PackReport

/// `pack.gate/1`, which `Schemas/pack.gate-1.json` describes.
extension GateReport {
    /// The report for programs.
    func json(_ assessment: Assessment) -> JSON {
        var result = Self.head(assessment)
        result["targets"] = .array(judgement.targets.map { AnalyzeReport.json($0) })
        result["budgets"] = .array(judgement.budgets.map(Self.json))
        result["changes"] = judgement.changes.map { .array($0.prefix(100).map(Self.json)) } ?? .null
        result["ignored"] = .array(
            judgement.exempted.map {
                [
                    "target": .string($0.target), "check": .string($0.check.id.rawValue),
                    "reason": .string($0.exemption.reason), "until": .string($0.exemption.until),
                ]
            })
        result["lookedAt"] = .array(lookedAt.map { .string($0) })
        return .object(result)
    }

    /// The report of a gate that could not look at anything.
    static func couldNotJudge(_ assessment: Assessment) -> JSON {
        var result = head(assessment)
        for key in ["targets", "budgets", "ignored", "lookedAt"] { result[key] = [] }
        result["changes"] = .null
        return .object(result)
    }

    private static func head(_ assessment: Assessment) -> [String: JSON] {
        [
            "schema": "pack.gate/1",
            "tool": ["name": "pack", "version": .string(assessment.toolVersion)],
            "config": .string(assessment.configuration),
            "outcome": .string(assessment.outcome.rawValue),
            "exitStatus": .int(assessment.exitStatus),
            "problems": .array(assessment.problems.map { .string($0) }),
        ]
    }

    private static func json(_ budget: GateJudgement.BudgetResult) -> JSON {
        var change: JSON = .null
        if let before = budget.baseline, let now = budget.measured.map({ $0.high ?? $0.low }) {
            change = [
                "amount": .whole(now - before), "percent": before > 0 ? .number((now / before - 1) * 100) : .null,
            ]
        }
        return [
            "id": .string(budget.id), "code": .string(RuleCatalog.entry(rule(of: budget))?.code ?? ""),
            "kind": .string(budget.kind.rawValue), "verdict": .string(budget.verdict.rawValue),
            "measured": .whole(budget.measured.map { $0.high ?? $0.low }), "compared": .whole(budget.actual),
            "limit": .whole(budget.limit), "unit": .optional(budget.unit?.rawValue),
            "baseline": .whole(budget.baseline), "change": change, "note": .optional(budget.note),
        ]
    }

    private static func json(_ change: GateChange) -> JSON {
        [
            "kind": .string(change.part.kind.rawValue), "name": .string(change.part.name),
            "before": .optional(change.before), "after": .optional(change.after),
            "versionBefore": .optional(change.versionBefore), "versionAfter": .optional(change.part.version),
        ]
    }

    /// The report as a page.
    func page(_ assessment: Assessment) -> Page {
        var page = Self.emptyPage(assessment)
        page.cards = judgement.targets.map { AnalyzeReport.card($0, reason: nil) }
        page.sections = Page.sections(of: document, opening: "Summary")
        page.treemap = assessment.treemap
        return page
    }

    /// A page with nothing but the outcome and its problems.
    static func emptyPage(_ assessment: Assessment) -> Page {
        var page = Page(
            title: "pack gate \(assessment.outcome.words)", subtitle: assessment.title,
            footer: "pack \(assessment.toolVersion)", outcome: assessment.outcome)
        if !assessment.problems.isEmpty {
            page.sections = [
                .init("Could not be judged", [.list(assessment.problems.map { [Text($0, .bad)] })])
            ]
        }
        return page
    }
}
