import PackReport

/// A column of the tables of `pack bench`.
struct BenchColumn {
    let column: Table.Column
    let text: (BenchResult.Timing, BenchResult.Cell) -> Text

    private init(
        _ title: String, _ alignment: Table.Alignment = .right,
        _ text: @escaping (BenchResult.Timing, BenchResult.Cell) -> Text
    ) {
        column = .init(title, alignment)
        self.text = text
    }

    /// Times, and what quantization costs.
    static func all(for cell: BenchResult.Cell) -> [BenchColumn] {
        speed(cell) + accuracy(cell)
    }

    private static var engine: BenchColumn {
        BenchColumn("ENGINE", .left) { timing, _ in
            Text(timing.name, timing.isPeer ? .plain : .strong)
        }
    }

    private static func speed(_ cell: BenchResult.Cell) -> [BenchColumn] {
        let unit = cell.shape["batch"] == nil ? "RUNS/S" : "TEXTS/S"
        var columns = [
            engine,
            BenchColumn("RUNS") { timing, _ in Text(NumberText.grouped(timing.count)) },
            BenchColumn("MEDIAN") { timing, _ in Text(BenchReport.milliseconds(timing.median)) },
            BenchColumn("P95") { timing, _ in Text(BenchReport.milliseconds(timing.p95)) },
            BenchColumn("P99") { timing, _ in Text(BenchReport.milliseconds(timing.p99)) },
            BenchColumn(unit) { timing, cell in Text(NumberText.significant(cell.itemsPerSecond(timing))) },
            BenchColumn("GFLOP/S") { timing, cell in Text(NumberText.significant(cell.speed(timing) / 1e9)) },
        ]
        if cell.peak != nil {
            columns.append(
                BenchColumn("OF PEAK") { timing, cell in
                    Text(cell.fractionOfPeak(timing).map { BenchReport.fixed($0, places: 2) } ?? "")
                })
        }
        if cell.timings.contains(where: \.isPeer) {
            columns.append(BenchColumn("TIME / BEST PEER'S", .left) { comparison($0, $1.rival(of: $0)) })
        }
        return columns
    }

    private static func accuracy(_ cell: BenchResult.Cell) -> [BenchColumn] {
        let known = cell.timings.compactMap(\.accuracy)
        var columns: [BenchColumn] = []
        if !known.isEmpty {
            columns.append(
                BenchColumn("COSINE") { timing, _ in
                    guard let cosine = timing.accuracy?.cosine else { return "" }
                    return Text(
                        "\(BenchReport.fixed(cosine.mean, places: 4)) (\(BenchReport.fixed(cosine.smallest, places: 4)))"
                    )
                })
        }
        if known.contains(where: { $0.rankCorrelation != nil }) {
            columns.append(
                BenchColumn("RANKS") { timing, _ in
                    Text(timing.accuracy?.rankCorrelation.map { BenchReport.fixed($0, places: 4) } ?? "")
                })
        }
        if known.contains(where: { $0.labels != nil }) {
            columns.append(
                BenchColumn("SAME LABEL") { timing, _ in
                    Text(timing.accuracy?.labels.map { NumberText.percent($0.equal) } ?? "")
                })
            columns.append(
                BenchColumn("DIVERGENCE") { timing, _ in
                    Text(timing.accuracy?.labels.map { NumberText.significant($0.divergence) } ?? "")
                })
        }
        return columns
    }

    /// What engines take on disk and as processes of their own, as far as it is known.
    static func footprint(for cell: BenchResult.Cell) -> [BenchColumn] {
        var columns = [engine]
        if cell.timings.contains(where: { $0.disk != nil }) {
            columns.append(
                BenchColumn("MODEL") { timing, _ in Text(timing.disk.map { NumberText.bytes($0.model) } ?? "") })
            columns.append(
                BenchColumn("RUNTIME") { timing, _ in Text(timing.disk.map { NumberText.bytes($0.runtime) } ?? "") })
        }
        guard cell.timings.contains(where: { $0.start != nil }) else { return columns }
        columns.append(
            BenchColumn("START TO ANSWER") { timing, _ in
                Text(timing.start.map { BenchReport.milliseconds(Statistics.median($0.answers)) } ?? "")
            })
        columns.append(
            BenchColumn("TO END") { timing, _ in
                Text(timing.start.map { BenchReport.milliseconds(Statistics.median($0.wholes)) } ?? "")
            })
        columns.append(
            BenchColumn("PEAK MEMORY") { timing, _ in
                Text(timing.start?.peakMemory.map(NumberText.bytes) ?? "")
            })
        return columns
    }

    private static func comparison(_ timing: BenchResult.Timing, _ rival: BenchResult.Timing?) -> Text {
        guard let rival, rival.median > 0 else { return "" }
        let ratio = timing.median / rival.median
        return Text("\(BenchReport.fixed(ratio, places: 2)) of \(rival.name)", ratio <= 1 ? .good : .bad)
    }
}
