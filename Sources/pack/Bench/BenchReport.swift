import PackReport

/// The result of `pack bench` for people.
enum BenchReport {
    static func document(_ result: BenchResult) -> Document {
        var blocks: [Document.Block] = []
        for cell in result.cells {
            blocks.append(.heading(title(cell)))
            blocks.append(.table(table(cell)))
            if let footprint = footprint(cell) { blocks.append(.table(footprint)) }
            for steps in cell.steps { blocks += document(steps) }
        }
        var notes = [
            "\(result.rounds) rounds of \(NumberText.seconds(result.seconds)) for each engine in turn, after one run that is not counted."
        ]
        if !result.peers.isEmpty { notes.append("Peers: \(result.peers.joined(separator: ", ")).") }
        if result.cells.contains(where: { $0.peak != nil }) {
            notes.append("Peak: f32 multiply-adds on registers, measured before each turn with as many threads.")
        }
        notes += remarks(on: result.cells.flatMap(\.timings))
        notes += result.missing.map { "Not measured: \($0.name): \($0.reason)" }
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

    private static func remarks(on timings: [BenchResult.Timing]) -> [String] {
        var notes: [String] = []
        if let accuracy = timings.compactMap(\.accuracy).first {
            notes.append(
                "Cosine: the mean (and the smallest) of \(accuracy.samples) samples, with the same engine's fp32.")
        }
        if timings.contains(where: { $0.start != nil }) {
            notes.append(
                "Start: a process of its own, files in the page cache, until its answer (and until it had ended); its memory at the peak."
            )
        }
        return notes
    }

    private static func table(_ cell: BenchResult.Cell) -> Table {
        let columns = BenchColumn.all(for: cell)
        var table = Table(columns.map { $0.column })
        table.rows = cell.timings.map { timing in columns.map { $0.text(timing, cell) } }
        return table
    }

    /// What engines take on disk and as processes of their own; nil where none is known.
    private static func footprint(_ cell: BenchResult.Cell) -> Table? {
        let columns = BenchColumn.footprint(for: cell)
        guard columns.count > 1 else { return nil }
        var table = Table(columns.map { $0.column })
        table.rows = cell.timings.map { timing in columns.map { $0.text(timing, cell) } }
        return table
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

    static func milliseconds(_ seconds: Double) -> String {
        guard seconds >= 1e-4 else { return NumberText.seconds(seconds) }
        return fixed(seconds * 1000, places: seconds < 0.01 ? 3 : 2) + " ms"
    }

    /// A number that is not negative, with so many digits after the point.
    static func fixed(_ number: Double, places: Int) -> String {
        guard number.isFinite, number >= 0, number < 1e12 else { return "–" }
        let scale = (0..<places).reduce(1) { scale, _ in scale * 10 }
        let (whole, part) = Int((number * Double(scale)).rounded()).quotientAndRemainder(dividingBy: scale)
        let digits = String(part)
        return "\(NumberText.grouped(whole)).\(String(repeating: "0", count: places - digits.utf8.count))\(digits)"
    }
}
