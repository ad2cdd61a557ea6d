/// Blocks of a document as HTML.
enum BlockHTML {
    /// - Parameter label: What a table is called by those who do not see it.
    static func html(_ block: Document.Block, label: String) -> String {
        switch block {
        case .heading(let text): "<h3>\(XMLText.escaped(text))</h3>"
        case .paragraph(let texts): "<p>\(run(texts))</p>"
        case .list(let items): "<ul>" + items.map { "<li>\(run($0))</li>" }.joined() + "</ul>"
        case .command(let text):
            "<div class=\"command\"><pre tabindex=\"0\"><code>\(XMLText.escaped(text))</code></pre>"
                + "<button type=\"button\" class=\"copy\" hidden>Copy</button></div>"
        case .table(let table): html(table, label: label)
        case .chart(let chart): ChartSVG.html(chart)
        }
    }

    private static func html(_ table: Table, label: String) -> String {
        let hasTitles = table.columns.contains { !$0.title.isEmpty }
        let head = table.columns.map { column in
            "<th scope=\"col\"\(side(column))>\(XMLText.escaped(column.title))</th>"
        }
        let rows = table.rows.map { row in
            "<tr>" + zip(table.columns, row).map { "<td\(side($0))>\(run([$1]))</td>" }.joined() + "</tr>"
        }
        return "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"\(XMLText.escaped(label))\"><table>"
            + (hasTitles ? "<thead><tr>\(head.joined())</tr></thead>" : "")
            + "<tbody>\n\(rows.joined(separator: "\n"))\n</tbody></table></div>"
    }

    private static func side(_ column: Table.Column) -> String {
        if column.alignment == .right { return " class=\"n\"" }
        return column.overflow != .keep ? " class=\"w\"" : ""
    }

    private static func run(_ texts: [Text]) -> String {
        texts.map { text in
            let escaped = XMLText.escaped(text.text)
            switch text.style {
            case .plain: return escaped
            case .strong: return "<strong>\(escaped)</strong>"
            case .good: return "<span class=\"good\">\(escaped)</span>"
            case .bad: return "<span class=\"bad\">\(escaped)</span>"
            case .doubtful: return "<span class=\"doubtful\">\(escaped)</span>"
            case .faint: return "<span class=\"faint\">\(escaped)</span>"
            }
        }.joined()
    }
}
