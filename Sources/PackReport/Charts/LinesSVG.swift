/// Lines over an axis, each with a dash of its own, named below; limits and moments as lines across.
enum LinesSVG {
    private static let height = 330.0
    private static let left = 78.0
    private static let right = ChartSVG.width - 24
    private static let top = 26.0
    private static let bottom = 268.0

    static func svg(_ lines: Chart.Lines, label: String) -> String {
        let points = lines.series.flatMap(\.points)
        let x = ChartScale(
            points.map(\.x), unit: lines.x.unit, isLogarithmic: lines.x.isLogarithmic, start: left, end: right,
            isTight: true)
        let y = ChartScale(
            points.map(\.y) + lines.limits.map(\.value), unit: lines.y.unit, isLogarithmic: lines.y.isLogarithmic,
            start: bottom, end: top)
        var parts = [ChartSVG.open(height: height + 20 * Double(rows(lines)), label: label)]
        parts += axes(lines, x, y)
        for limit in lines.limits {
            let place = y.place(limit.value)
            parts.append(ChartSVG.line(left, place, right, place, "limit"))
            parts.append(ChartSVG.words(limit.label, right, place - 5, anchor: "end", "limit"))
        }
        for moment in lines.moments {
            let place = x.place(moment.value)
            parts.append(ChartSVG.line(place, top, place, bottom, "moment"))
            parts.append(ChartSVG.words(moment.label, place + 5, top + 10, "tick"))
        }
        parts += lines.series.map { path($0, x, y) }
        parts += legend(lines)
        return parts.joined() + "</svg>"
    }

    private static func axes(_ lines: Chart.Lines, _ x: ChartScale, _ y: ChartScale) -> [String] {
        var parts: [String] = []
        for tick in y.ticks {
            let place = y.place(tick)
            parts.append(ChartSVG.line(left, place, right, place, "grid"))
            parts.append(ChartSVG.words(y.text(tick), left - 8, place + 4, anchor: "end", "tick"))
        }
        for tick in x.ticks {
            let place = x.place(tick)
            parts.append(ChartSVG.line(place, bottom, place, bottom + 5, "axis"))
            parts.append(ChartSVG.words(x.text(tick), place, bottom + 19, anchor: "middle", "tick"))
        }
        parts.append(ChartSVG.line(left, bottom, right, bottom, "axis"))
        parts.append(ChartSVG.words(lines.y.title, 4, 12, "tick"))
        parts.append(ChartSVG.words(lines.x.title, right, bottom + 36, anchor: "end", "tick"))
        return parts
    }

    /// Points without a finite value interrupt the line.
    private static func path(_ series: Chart.Lines.Series, _ x: ChartScale, _ y: ChartScale) -> String {
        var text = ""
        var isDown = false
        for point in series.points {
            guard point.x.isFinite, point.y.isFinite else {
                isDown = false
                continue
            }
            text += (isDown ? "L" : "M") + ChartSVG.text(x.place(point.x)) + " " + ChartSVG.text(y.place(point.y))
            isDown = true
        }
        return "<path class=\"s\(series.kind % 6)\" d=\"\(text)\"/>"
    }

    /// Names of so many letters stand in a row.
    private static let column = 272.0
    private static func rows(_ lines: Chart.Lines) -> Int { (lines.series.count + 2) / 3 }

    private static func legend(_ lines: Chart.Lines) -> [String] {
        lines.series.enumerated().map { index, series in
            let place = left + Double(index % 3) * column
            let y = bottom + 56 + 20 * Double(index / 3)
            return "<path class=\"s\(series.kind % 6)\" d=\"M\(ChartSVG.text(place)) \(ChartSVG.text(y))h34\"/>"
                + ChartSVG.words(ChartSVG.cut(series.name, 34), place + 42, y + 4)
        }
    }
}
