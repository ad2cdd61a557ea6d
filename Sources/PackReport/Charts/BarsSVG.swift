/// Rows with a bar each, the spread as a line over its end, limits as lines across.
enum BarsSVG {
    private static let row = 26.0
    private static let top = 22.0
    private static let bottom = 26.0

    static func svg(_ bars: Chart.Bars, label: String) -> String {
        let longest = Double(min(bars.rows.map(\.label.count).max() ?? 0, 44))
        let left = longest * ChartSVG.letter + 14
        let right = ChartSVG.width - 150
        let end = top + Double(bars.rows.count) * row
        let scale = ChartScale(
            bars.rows.flatMap { [$0.value, $0.low, $0.high] } + bars.limits.map(\.value), unit: bars.unit,
            isLogarithmic: bars.isLogarithmic, start: left, end: right)
        var parts = [ChartSVG.open(height: end + bottom, label: label)]
        for tick in scale.ticks {
            let x = scale.place(tick)
            parts.append(ChartSVG.line(x, top, x, end, "grid"))
            parts.append(ChartSVG.words(scale.text(tick), x, end + 16, anchor: "middle", "tick"))
        }
        for (index, limit) in bars.limits.enumerated() {
            let x = scale.place(limit.value)
            parts.append(ChartSVG.line(x, top - 4, x, end, "limit"))
            parts.append(
                ChartSVG.words(
                    limit.label, x + (index % 2 == 0 ? -4 : 4), 12, anchor: index % 2 == 0 ? "end" : "start", "limit"))
        }
        parts += bars.rows.enumerated().map { index, row in
            drawn(row, top + Double(index) * Self.row, left, scale, bars.unit)
        }
        return parts.joined() + "</svg>"
    }

    private static func drawn(
        _ row: Chart.Bars.Row, _ y: Double, _ left: Double, _ scale: ChartScale, _ unit: Chart.Unit
    ) -> String {
        let x = scale.place(row.value)
        let middle = y + Self.row / 2
        let (low, high) = (scale.place(row.low), scale.place(row.high))
        let width = ChartSVG.text(max(x - left, 2))
        var text = ChartSVG.words(ChartSVG.cut(row.label, 44), left - 8, middle + 4, anchor: "end")
        text +=
            "<rect class=\"f\(row.kind % 6)\" x=\"\(ChartSVG.text(left))\" y=\"\(ChartSVG.text(y + 5))\" width=\"\(width)\" "
            + "height=\"\(ChartSVG.text(Self.row - 10))\" rx=\"2\"/>"
        if high > low {
            text += ChartSVG.line(low, middle, high, middle, "spread")
            text += ChartSVG.line(low, middle - 4, low, middle + 4, "spread")
            text += ChartSVG.line(high, middle - 4, high, middle + 4, "spread")
        }
        return text + ChartSVG.words(ChartScale.text(row.value, unit), max(x, high) + 8, middle + 4, "value")
    }
}
