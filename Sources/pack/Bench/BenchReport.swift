import PackReport

/// The result of `pack bench` for people.
enum BenchReport {
    static func document(_ result: BenchResult) -> Document {
        var blocks: [Document.Block] = []
        for cell in result.cells {
            blocks.append(.heading(title(cell)))
            blocks.append(.table(table(cell)))
            for steps in cell.steps { blocks += document(steps) }
        }
        var notes = [
            "\(result.rounds) rounds of \(NumberText.seconds(result.seconds)) for each engine in turn, after one run that is not counted."
        ]
        if !result.peers.isEmpty { notes.append("Peers: \(result.peers.joined(separator: ", ")).") }
        if result.cells.contains(where: { $0.peak != nil }) {
            notes.append("Peak: f32 multiply-adds on registers, measured before each turn with as many threads.")
        }
        blocks.append(.list(notes.map { [Text($0, .faint)] }))
        return Document(blocks)
    }

    private static func title(_ cell: BenchResult.Cell) -> String {
        var parts = [cell.shape.text, "\(cell.threads) \(cell.threads == 1 ? "thread" : "threads")"]
        parts.append("\(rate(cell.operations))OP of matrix products")
        if let peak = cell.peak { parts.append("peak \(rate(peak))OP/s") }
        return parts.filter { !$0.isEmpty }.joined(separator: ", ")
    }

    /// `2.87 GFL`, for an ending of the caller's.
    private static func rate(_ operations: Double) -> String { NumberText.significant(operations / 1e9) + " GFL" }

    private static func table(_ cell: BenchResult.Cell) -> Table {
        let isCompared = cell.timings.contains { $0.isPeer }
        var columns: [Table.Column] = [
            .init("ENGINE"), .init("RUNS", .right), .init("MIN", .right), .init("MEDIAN", .right), .init("P95", .right),
            .init("GFLOP/S", .right),
        ]
        if cell.peak != nil { columns.append(.init("OF PEAK", .right)) }
        if isCompared { columns.append(.init("TIME / BEST PEER'S")) }
        var table = Table(columns)
        table.rows = cell.timings.map { timing in
            let speed = timing.median > 0 ? cell.operations / timing.median : 0
            var row = [
                Text(timing.name, timing.isPeer ? .plain : .strong), Text(NumberText.grouped(timing.count)),
                Text(milliseconds(timing.smallest)), Text(milliseconds(timing.median)), Text(milliseconds(timing.p95)),
                Text(NumberText.significant(speed / 1e9)),
            ]
            if let peak = cell.peak { row.append(Text(timing.isPeer ? "" : fixed(speed / peak, places: 2))) }
            if isCompared { row.append(comparison(timing, cell.rival(of: timing))) }
            return row
        }
        return table
    }

    private static func comparison(_ timing: BenchResult.Timing, _ rival: BenchResult.Timing?) -> Text {
        guard let rival, rival.median > 0 else { return "" }
        let ratio = timing.median / rival.median
        return Text("\(fixed(ratio, places: 2)) of \(rival.name)", ratio <= 1 ? .good : .bad)
    }

    private static func document(_ times: StepTimes) -> [Document.Block] {
        var kinds = Table([
            .init("OPERATOR"), .init("STEPS", .right), .init("MEDIAN", .right), .init("SHARE", .right),
        ])
        kinds.rows = times.kinds.map { kind, count, seconds in
            [Text(kind), Text("\(count)"), Text(milliseconds(seconds)), Text(NumberText.percent(times.share(seconds)))]
        }
        var steps = Table([
            .init("STEP", .right), .init("OPERATOR"), .init("OUTPUT"), .init("MEDIAN", .right), .init("SHARE", .right),
            .init("GFLOP/S", .right), .init("NAME", overflow: .cut),
        ])
        steps.rows = times.steps.map { step in
            let speed = step.seconds > 0 ? step.operations / step.seconds / 1e9 : 0
            return [
                Text("\(step.index)"), Text(step.kind),
                Text(step.extents.map { "\($0)" }.joined(separator: "×")), Text(milliseconds(step.seconds)),
                Text(NumberText.percent(times.share(step.seconds))),
                Text(speed > 0 ? NumberText.significant(speed) : ""), Text(step.name),
            ]
        }
        let total = "\(times.engine), step by step: \(milliseconds(times.total))"
        return [.paragraph([Text(total, .strong)]), .table(kinds), .table(steps)]
    }

    private static func milliseconds(_ seconds: Double) -> String {
        guard seconds >= 1e-4 else { return NumberText.seconds(seconds) }
        return fixed(seconds * 1000, places: seconds < 0.01 ? 3 : 2) + " ms"
    }

    /// A number that is not negative, with so many digits after the point.
    private static func fixed(_ number: Double, places: Int) -> String {
        guard number.isFinite, number >= 0, number < 1e12 else { return "–" }
        let scale = places == 2 ? 100 : 1000
        let (whole, part) = Int((number * Double(scale)).rounded()).quotientAndRemainder(dividingBy: scale)
        let digits = String(part)
        return "\(NumberText.grouped(whole)).\(String(repeating: "0", count: places - digits.utf8.count))\(digits)"
    }
}
