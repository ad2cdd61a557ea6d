/// Writes a page as one HTML file that needs nothing else: style, script and data are inside, and its own policy
/// (Content Security Policy Level 3) lets a browser run only that script and load nothing.
///
/// Everything but the treemap is readable without the script.
public enum PageRenderer {
    /// The file.
    public static func render(_ page: Page) -> String {
        let script = page.treemap == nil ? [TableScript.text] : [TableScript.text, TreemapScript.text]
        let hasCharts = page.sections.contains { section in
            section.blocks.contains { if case .chart = $0 { true } else { false } }
        }
        let style = PageStyle.text + TreemapStyle.text + (hasCharts ? ChartStyle.text : "")
        let parts: [String] =
            [head(page, script: script.joined(), style: style)]
            + ["<body>", header(page), "<main id=\"main\">"]
            + [PageCards.html(page.cards)]
            + [page.treemap.map(TreemapSection.html) ?? ""]
            + page.sections.enumerated().map { section($1, number: $0) }
            + ["</main>", "<footer>\(XMLText.escaped(page.footer))</footer>"]
            + ["<script>\(script.joined())</script>", "</body>", "</html>"]
        return parts.filter { !$0.isEmpty }.joined(separator: "\n") + "\n"
    }

    private static func head(_ page: Page, script: String, style: String) -> String {
        let policy =
            "default-src 'none'; script-src '\(InlineHash.of(script))'; style-src '\(InlineHash.of(style))'; "
            + "base-uri 'none'; form-action 'none'"
        return """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta http-equiv="Content-Security-Policy" content="\(policy)">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <meta name="referrer" content="no-referrer">
            <title>\(XMLText.escaped(page.title)) · pack</title>
            <style>\(style)</style>
            </head>
            """
    }

    private static func header(_ page: Page) -> String {
        var links = page.cards.isEmpty ? [] : [("verdicts", "Verdicts")]
        if page.treemap != nil { links.append(("bytes", "Where the bytes are")) }
        links += page.sections.enumerated().map { ("s\($0)", $1.title) }
        let items = links.map { "<li><a href=\"#\($0)\">\(XMLText.escaped($1))</a></li>" }.joined()
        return """
            <a class="skip" href="#main">Skip to the report</a>
            <header>
            <div class="title"><h1>\(XMLText.escaped(page.title))</h1>\(page.outcome.map(badge) ?? "")</div>
            <p>\(XMLText.escaped(page.subtitle))</p>
            <nav aria-label="Parts of the report"><ul>\(items)</ul></nav>
            </header>
            """
    }

    private static func badge(_ outcome: Assessment.Outcome) -> String {
        let kind: Assessment.Result.Outcome =
            switch outcome {
            case .passes: .pass
            case .fails: .fail
            case .couldNotJudge: .unknown
            }
        return PageCards.badge(kind, outcome.words)
    }

    private static func section(_ section: Page.Section, number: Int) -> String {
        var label = section.title
        var tables = 0
        let blocks = section.blocks.map { block in
            if case .heading(let text) = block { label = text }
            if case .table = block { tables += 1 }
            return BlockHTML.html(block, label: "\(label), table \(tables)")
        }
        return "<section id=\"s\(number)\" aria-labelledby=\"s\(number)-title\">\n"
            + "<h2 id=\"s\(number)-title\">\(XMLText.escaped(section.title))</h2>\n"
            + blocks.joined(separator: "\n") + "\n</section>"
    }
}
