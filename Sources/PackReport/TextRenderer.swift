/// Lays a document out for a terminal or a plain file.
public struct TextRenderer: Sendable {
    /// Columns at hand.
    public var width: Int
    /// Whether styles become colours.
    public var color: Bool
    /// Whether cells may be cut to keep to the width; what goes to a file is better whole.
    public var cuts: Bool

    /// Makes a renderer.
    public init(width: Int, color: Bool, cuts: Bool) {
        self.width = max(width, 40)
        self.color = color
        self.cuts = cuts
    }

    /// The text of a document.
    public func render(_ document: Document) -> String {
        var lines: [String] = []
        for block in document.blocks {
            if case .heading = block, !lines.isEmpty { lines.append("") }
            lines += render(block)
        }
        return lines.map { RunnerText.inert(trimmed($0)) }.joined(separator: "\n") + "\n"
    }

    private func render(_ block: Document.Block) -> [String] {
        switch block {
        case .heading(let text): return [paint(Escaping.visible(text), .strong)]
        case .paragraph(let texts): return flow(texts, first: "", rest: "  ")
        case .list(let items): return items.flatMap { flow($0, first: "  ", rest: "    ") }
        case .command(let text): return ["    " + Escaping.visible(text)]
        case .table(let table): return render(table)
        case .chart: return []
        }
    }

    /// Runs of text in lines, broken at spaces.
    private func flow(_ texts: [Text], first: String, rest: String) -> [String] {
        var lines: [String] = []
        var line = first
        var used = first.utf8.count
        var isStart = true
        for text in texts {
            for (index, word) in Escaping.visible(text.text).split(separator: " ", omittingEmptySubsequences: false)
                .enumerated()
            {
                let gap = index == 0 ? "" : " "
                let wide = TextWidth.of(String(word))
                if !isStart, index > 0, used + 1 + wide > width {
                    lines.append(line)
                    line = rest
                    used = rest.utf8.count
                } else {
                    line += gap
                    used += gap.utf8.count
                }
                line += paint(String(word), text.style)
                used += wide
                isStart = false
            }
        }
        return lines + [line]
    }

    private func render(_ table: Table) -> [String] {
        var cells = [table.columns.map { Text(Escaping.visible($0.title), .faint) }]
        cells += table.rows.map { row in row.map { Text(Escaping.visible($0.text), $0.style) } }
        let widths = widths(of: table, cells)
        if table.columns.allSatisfy({ $0.title.isEmpty }) { cells.removeFirst() }
        return cells.flatMap { lines(of: $0, table.columns, widths) }
    }

    /// Natural widths; what can give way does so, the widest first, until the table fits.
    private func widths(of table: Table, _ cells: [[Text]]) -> [Int] {
        var widths = table.columns.indices.map { column in
            cells.map { column < $0.count ? TextWidth.of($0[column].text) : 0 }.max() ?? 0
        }
        let least = table.columns.indices.map { column in
            guard table.columns[column].overflow == .wrap else { return 16 }
            return cells.flatMap { $0[column].text.split(separator: " ") }.map { TextWidth.of(String($0)) }.max() ?? 0
        }
        let gaps = 2 * table.columns.count
        let flexible = table.columns.indices.filter { column in
            switch table.columns[column].overflow {
            case .keep: false
            case .cut: cuts
            case .wrap: true
            }
        }
        while widths.reduce(gaps, +) > width {
            let yielding = flexible.filter { widths[$0] > least[$0] }
            guard let widest = yielding.max(by: { widths[$0] < widths[$1] }) else { break }
            widths[widest] -= 1
        }
        return widths
    }

    private func lines(of row: [Text], _ columns: [Table.Column], _ widths: [Int]) -> [String] {
        let parts = zip(row, zip(columns, widths)).map { cell, column -> [String] in
            switch column.0.overflow {
            case .keep: [cell.text]
            case .cut: [cuts ? TextWidth.cut(cell.text, to: column.1) : cell.text]
            case .wrap: TextWidth.wrap(cell.text, to: column.1)
            }
        }
        return (0..<(parts.map(\.count).max() ?? 0)).map { index in
            var line = ""
            for (column, part) in parts.enumerated() {
                let text = index < part.count ? part[index] : ""
                let space = String(repeating: " ", count: max(widths[column] - TextWidth.of(text), 0))
                let painted = paint(text, row[column].style)
                line += "  " + (columns[column].alignment == .right ? space + painted : painted + space)
            }
            return line
        }
    }

    private func paint(_ text: String, _ style: Text.Style) -> String {
        let code: String? =
            switch style {
            case .plain: nil
            case .strong: "1"
            case .good: "32"
            case .bad: "31;1"
            case .doubtful: "33"
            case .faint: "2"
            }
        guard color, !text.isEmpty, let code else { return text }
        return "\u{1B}[\(code)m\(text)\u{1B}[0m"
    }

    private func trimmed(_ line: String) -> String {
        var bytes = line.utf8[...]
        while bytes.last == UInt8(ascii: " ") { bytes.removeLast() }
        return String(bytes) ?? line
    }
}
