/// Writes a document as GitHub-flavoured Markdown.
public enum MarkdownRenderer {
    /// The text of a document.
    public static func render(_ document: Document) -> String {
        document.blocks.filter(isShown).map(render).joined(separator: "\n\n") + "\n"
    }

    private static func isShown(_ block: Document.Block) -> Bool {
        if case .chart = block { false } else { true }
    }

    private static func render(_ block: Document.Block) -> String {
        switch block {
        case .chart: return ""
        case .heading(let text): return "### " + Escaping.markdown(text)
        case .paragraph(let texts): return RunnerText.inert(run(texts))
        case .list(let items): return items.map { "- " + run($0) }.joined(separator: "\n")
        case .command(let text): return code(text)
        case .table(let table): return render(table)
        }
    }

    private static func render(_ table: Table) -> String {
        let titles = table.columns.map { Escaping.markdown($0.title) }
        let rules = table.columns.map { $0.alignment == .right ? "---:" : ":---" }
        let rows = table.rows.map { row in row.map { cell in run([cell]) } }
        return ([titles, rules] + rows).map { "| " + $0.joined(separator: " | ") + " |" }.joined(separator: "\n")
    }

    private static func run(_ texts: [Text]) -> String {
        texts.map { text in
            let escaped = Escaping.markdown(text.text)
            switch text.style {
            case .strong, .good, .bad, .doubtful: return emphasized(escaped)
            case .plain, .faint: return escaped
            }
        }.joined()
    }

    /// Emphasis does not open before a space, so spaces stay outside.
    private static func emphasized(_ text: String) -> String {
        let core = text.drop { $0 == " " }
        guard let last = core.lastIndex(where: { $0 != " " }) else { return text }
        let head = text[..<core.startIndex]
        return head + "**" + core[...last] + "**" + core[core.index(after: last)...]
    }

    /// A fence longer than any run of backticks in the text.
    private static func code(_ text: String) -> String {
        let visible = RunnerText.inert(Escaping.visible(text))
        var longest = 0
        var run = 0
        for byte in visible.utf8 {
            run = byte == UInt8(ascii: "`") ? run + 1 : 0
            longest = max(longest, run)
        }
        let fence = String(repeating: "`", count: max(3, longest + 1))
        return "\(fence)\n\(visible)\n\(fence)"
    }
}
