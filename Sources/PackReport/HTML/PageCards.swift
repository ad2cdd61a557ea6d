/// What each platform says, as a card with a bar for each limit.
enum PageCards {
    static func html(_ cards: [Page.Card]) -> String {
        guard !cards.isEmpty else { return "" }
        return "<section id=\"verdicts\" aria-labelledby=\"verdicts-title\">\n<h2 id=\"verdicts-title\">Verdicts</h2>\n"
            + "<div class=\"cards\">\n" + cards.map(html).joined(separator: "\n") + "\n</div>\n</section>"
    }

    /// A verdict with a sign, so that it does not hang on its colour.
    static func badge(_ outcome: Assessment.Result.Outcome, _ words: String) -> String {
        let sign =
            switch outcome {
            case .pass: "✓"
            case .fail: "✕"
            case .unknown: "?"
            }
        return "<span class=\"badge \(outcome.rawValue)\"><span aria-hidden=\"true\">\(sign)</span> "
            + "\(XMLText.escaped(words))</span>"
    }

    private static func html(_ card: Page.Card) -> String {
        "<article class=\"card \(card.outcome.rawValue)\">\n"
            + "<div class=\"title\"><h3>\(XMLText.escaped(card.name))</h3>\(badge(card.outcome, card.words))</div>\n"
            + "<p>\(XMLText.escaped(card.reason))</p>\n"
            + (card.limits.isEmpty
                ? "" : "<ul class=\"limits\">\n\(card.limits.map(html).joined(separator: "\n"))\n</ul>\n")
            + "</article>"
    }

    private static func html(_ limit: Page.Limit) -> String {
        let isOver = (limit.use ?? 0) > 1 || limit.outcome == .fail
        let words = Self.words(limit)
        let between = limit.use == nil ? "; allowed: " : " of "
        let numbers = XMLText.escaped(limit.used + between + limit.allowed)
        return
            "<li class=\"\(isOver ? "fail" : limit.outcome.rawValue)\"><span class=\"name\">\(XMLText.escaped(limit.name))"
            + "</span><span class=\"share\">\(words)</span>\(bar(limit))"
            + "<span class=\"numbers\">\(numbers)</span></li>"
    }

    private static func words(_ limit: Page.Limit) -> String {
        let share = limit.use.map { NumberText.percent($0) }
        switch limit.outcome {
        case .pass: return share.map { "\($0) used" } ?? "fits"
        case .unknown: return share.map { "\($0) at least" } ?? "not known"
        case .fail:
            guard let use = limit.use, use > 3, use < 1e6 else { return share.map { "over: \($0)" } ?? "does not fit" }
            return "over: \(NumberText.significant(use)) ×"
        }
    }

    /// The used part, what is over the limit, and a mark where the limit is; attributes, because the policy of the page
    /// forbids styles in elements.
    private static func bar(_ limit: Page.Limit) -> String {
        if limit.use == nil, limit.outcome != .unknown { return "" }
        let start = "<svg class=\"bar\" viewBox=\"0 0 1000 10\" preserveAspectRatio=\"none\" aria-hidden=\"true\">"
        guard let use = limit.use, use.isFinite, use >= 0 else { return start + "</svg>" }
        let end = use > 1 ? Int((1000 / use).rounded()) : 1000
        let used = min(Int((min(use, 1) * 1000).rounded()), end)
        var parts = "<rect class=\"used\" width=\"\(use > 0 ? max(used, 4) : 0)\" height=\"10\"/>"
        if use > 1 {
            parts += "<rect class=\"over\" x=\"\(end)\" width=\"\(1000 - end)\" height=\"10\"/>"
            parts += "<rect class=\"mark\" x=\"\(max(end - 3, 0))\" width=\"6\" height=\"10\"/>"
        }
        return start + parts + "</svg>"
    }
}
