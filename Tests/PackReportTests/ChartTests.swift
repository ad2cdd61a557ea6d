import PackReport
import Testing

/// What charts of a page say and where they draw it.
@Suite struct ChartTests {
    private func page(_ content: Chart.Content, title: String = "A chart") -> String {
        let chart = Document.Block.chart(Chart(title, note: "measured", content))
        return PageRenderer.render(
            Page(title: "t", subtitle: "s", footer: "f", sections: [.init("Part", [chart])]))
    }

    private static let bars = Chart.Bars(
        unit: .seconds, isLogarithmic: true,
        rows: [
            .init("fast", 0.002, low: 0.001, high: 0.004, kind: 0), .init("slow", 2, kind: 1),
            .init("unknown", .nan, kind: 2), .init("endless", .infinity, kind: 3),
        ], limits: [.init(10, "limit 10 s")])

    private static let lines = Chart.Lines(
        x: .init("seconds", .count), y: .init("latency", .seconds, isLogarithmic: true),
        series: [.init("a <b>", [(0, 0.1), (1, .nan), (2, 100), (3, 0)], kind: 7)], limits: [.init(1, "bound 1 s")],
        moments: [.init(1, "the step")])

    @Test func barsHaveUnitsLimitsAndSpread() {
        let text = page(.bars(Self.bars))
        for word in [">2 ms<", ">2 s<", ">1 ms<", ">10 s<", ">limit 10 s<", "class=\"spread\"", "class=\"limit\""] {
            #expect(text.contains(word), "\(word)")
        }
    }

    @Test func linesHaveTitlesLimitsAndMoments() {
        let text = page(.lines(Self.lines))
        for word in [">latency<", ">seconds<", ">bound 1 s<", ">the step<", "class=\"s1\"", "a &lt;b&gt;"] {
            #expect(text.contains(word), "\(word)")
        }
        // The line is interrupted where a value is missing.
        #expect(
            text.split(separator: "<path class=\"s1\" d=\"")[1].prefix { $0 != "\"" }.filter { $0 == "M" }.count == 2)
    }

    @Test(arguments: [
        Chart.Content.bars(bars), .lines(lines), .bars(.init(unit: .bytes, isLogarithmic: false, rows: [])),
    ])
    func everyNumberCanBeDrawn(_ content: Chart.Content) {
        let text = page(content)
        #expect(!text.contains("nan\"") && !text.contains("inf\""))
        #expect(text.contains("<svg"))
    }

    @Test func onlyPagesShowCharts() {
        let document = Document([
            .heading("Part"), .chart(Chart("A chart", note: "", .bars(Self.bars))), .paragraph(["end"]),
        ])
        #expect(MarkdownRenderer.render(document) == "### Part\n\nend\n")
        #expect(TextRenderer(width: 80, color: false, cuts: false).render(document) == "Part\nend\n")
    }

    @Test func pagesWithoutChartsAreAsTheyWere() {
        let text = PageRenderer.render(Page(title: "t", subtitle: "s", footer: "f", sections: [.init("Part", [])]))
        #expect(!text.contains(".chart"))
    }
}
