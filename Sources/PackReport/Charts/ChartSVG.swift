/// Charts as SVG inside a page. Colours come from the page's style, so that they follow light and dark.
enum ChartSVG {
    static let width = 860.0
    /// About the width of a letter of 12 pixels.
    static let letter = 6.4

    /// A figure with the chart and what it shows.
    static func html(_ chart: Chart) -> String {
        let drawing =
            switch chart.content {
            case .bars(let bars): BarsSVG.svg(bars, label: chart.title)
            case .lines(let lines): LinesSVG.svg(lines, label: chart.title)
            }
        return "<figure class=\"chart\"><figcaption><strong>\(XMLText.escaped(chart.title))</strong> "
            + "<span class=\"faint\">\(XMLText.escaped(chart.note))</span></figcaption>\n"
            + "<div class=\"plot\" tabindex=\"0\" role=\"region\" aria-label=\"\(XMLText.escaped(chart.title))\">\(drawing)</div></figure>"
    }

    static func open(height: Double, label: String) -> String {
        "<svg viewBox=\"0 0 \(text(width)) \(text(height))\" width=\"\(text(width))\" height=\"\(text(height))\" role=\"img\" "
            + "aria-label=\"\(XMLText.escaped(label))\">"
    }

    static func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ style: String) -> String {
        "<line class=\"\(style)\" x1=\"\(text(x1))\" y1=\"\(text(y1))\" x2=\"\(text(x2))\" y2=\"\(text(y2))\"/>"
    }

    /// - Parameter anchor: `start`, `middle` or `end`.
    static func words(
        _ content: String, _ x: Double, _ y: Double, anchor: String = "start", _ style: String = ""
    ) -> String {
        let kind = style.isEmpty ? "" : " class=\"\(style)\""
        return
            "<text\(kind) x=\"\(text(x))\" y=\"\(text(y))\" text-anchor=\"\(anchor)\">\(XMLText.escaped(content))</text>"
    }

    /// A coordinate with one place after the point.
    static func text(_ number: Double) -> String {
        let tenths = Int((min(max(number, -1e6), 1e6) * 10).rounded())
        let rest = tenths.magnitude % 10
        let sign = tenths < 0 ? "-" : ""
        return sign + String(tenths.magnitude / 10) + (rest == 0 ? "" : "." + String(rest))
    }

    /// Text that is no longer than so many letters.
    static func cut(_ text: String, _ letters: Int) -> String {
        text.count <= letters ? text : text.prefix(max(letters - 1, 1)) + "…"
    }
}
