import PackReport

/// JSON: schema `pack.bench/1`. Times in seconds; operations are floating-point ones of matrix products, two for each
/// multiply-add.
extension BenchReport {
    static func json(_ result: BenchResult) -> JSON {
        [
            "schema": "pack.bench/1",
            "model": .string(result.model),
            "peers": .array(result.peers.map { .string($0) }),
            "rounds": .int(result.rounds),
            "secondsPerTurn": .number(result.seconds),
            "results": .array(result.cells.map(json)),
        ]
    }

    private static func json(_ cell: BenchResult.Cell) -> JSON {
        [
            "shape": .object(Dictionary(cell.shape.dimensions.map { ($0.name, .int($0.count)) }) { $1 }),
            "lengths": cell.shape.lengths.isEmpty ? .null : .array(cell.shape.lengths.map { .int($0) }),
            "threads": .int(cell.threads),
            "operations": .whole(cell.operations),
            "peakOperationsPerSecond": cell.peak.map { .number($0) } ?? .null,
            "engines": .array(cell.timings.map { json($0, cell) }),
            "steps": .array(cell.steps.map(json)),
        ]
    }

    private static func json(_ timing: BenchResult.Timing, _ cell: BenchResult.Cell) -> JSON {
        let speed = timing.median > 0 ? cell.operations / timing.median : 0
        let rival = cell.rival(of: timing)
        return [
            "name": .string(timing.name),
            "precision": .string(timing.precision),
            "isPeer": .bool(timing.isPeer),
            "runs": .int(timing.count),
            "min": .number(timing.smallest),
            "median": .number(timing.median),
            "p95": .number(timing.p95),
            "roundMedians": .array(timing.roundMedians.map { .number($0) }),
            "operationsPerSecond": .number(speed),
            "fractionOfPeak": cell.peak.map { timing.isPeer ? .null : .number(speed / $0) } ?? .null,
            "bestPeer": rival.map {
                ["name": .string($0.name), "ratio": .number($0.median > 0 ? timing.median / $0.median : .nan)]
            } ?? .null,
        ]
    }

    private static func json(_ times: StepTimes) -> JSON {
        [
            "engine": .string(times.engine),
            "total": .number(times.total),
            "steps": .array(
                times.steps.map { step in
                    [
                        "index": .int(step.index), "name": .string(step.name), "operator": .string(step.kind),
                        "shape": .array(step.extents.map { .int($0) }), "median": .number(step.seconds),
                        "share": .number(times.share(step.seconds)), "operations": .whole(step.operations),
                    ]
                }),
        ]
    }
}
