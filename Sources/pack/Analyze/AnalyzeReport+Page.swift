import PackFit
import PackReport

extension AnalyzeReport {
    /// The report as a page by itself.
    func page(treemap: TreemapNode?) -> Page {
        var page = Page(
            title: analysis.name, subtitle: "What it is, whether platforms take it and why, and what would help",
            footer: "pack \(toolVersion)")
        page.cards = analysis.answers.map { Self.card($0.fit, reason: reason($0)) }
        page.sections = Page.sections(of: document, opening: "Summary")
        page.treemap = treemap
        return page
    }

    /// A platform's answer with its limits as bars.
    static func card(_ fit: Fit, reason: String?) -> Page.Card {
        let outcome: Assessment.Result.Outcome =
            switch fit.verdict {
            case .fits: .pass
            case .doesNotFit: .fail
            case .unknown: .unknown
            }
        let limits = fit.checks.map { check in
            Page.Limit(
                name: check.id.rawValue, use: share(check), used: CheckText.actual(check),
                allowed: CheckText.limit(check), outcome: .init(check.verdict))
        }
        return Page.Card(
            name: fit.profile.name, outcome: outcome, words: verdict(fit.verdict).text,
            reason: reason ?? fit.deciding.map(binding) ?? "", limits: limits)
    }

    private static func share(_ check: Check) -> Double? {
        guard let limit = check.limit, limit > 0, let actual = check.actual else { return nil }
        return (check.verdict == .fail ? actual.low : actual.high ?? actual.low) / limit
    }
}
