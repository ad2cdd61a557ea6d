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
            "missing": .array(result.missing.map { ["name": .string($0.name), "reason": .string($0.reason)] }),
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
        let rival = cell.rival(of: timing)
        return [
            "name": .string(timing.name),
            "precision": .string(timing.precision),
            "isPeer": .bool(timing.isPeer),
            "runs": .int(timing.count),
            "min": .number(timing.smallest),
            "median": .number(timing.median),
            "p95": .number(timing.p95),
            "p99": .number(timing.p99),
            "roundMedians": .array(timing.roundMedians.map { .number($0) }),
            "itemsPerSecond": .number(cell.itemsPerSecond(timing)),
            "operationsPerSecond": .number(cell.speed(timing)),
            "fractionOfPeak": cell.fractionOfPeak(timing).map { .number($0) } ?? .null,
            "bestPeer": rival.map {
                ["name": .string($0.name), "ratio": .number($0.median > 0 ? timing.median / $0.median : .nan)]
            } ?? .null,
            "accuracy": timing.accuracy.map(json) ?? .null,
            "bytes": timing.disk.map { ["model": .int($0.model), "runtime": .int($0.runtime)] } ?? .null,
            "start": timing.start.map(json) ?? .null,
        ]
    }

    private static func json(_ accuracy: BenchAccuracy) -> JSON {
        [
            "reference": .string(accuracy.reference),
            "samples": .int(accuracy.samples),
            "meanCosine": .number(accuracy.cosine.mean),
            "smallestCosine": .number(accuracy.cosine.smallest),
            "rankCorrelation": accuracy.rankCorrelation.map { .number($0) } ?? .null,
            "equalLabels": accuracy.labels.map { .number($0.equal) } ?? .null,
            "meanDivergence": accuracy.labels.map { .number($0.divergence) } ?? .null,
        ]
    }

    private static func json(_ start: BenchResult.Start) -> JSON {
        [
            "toAnswer": json(start.answers),
            "toEnd": json(start.wholes),
            "peakMemory": .optional(start.peakMemory),
        ]
    }

    private static func json(_ seconds: [Double]) -> JSON {
        [
            "count": .int(seconds.count),
            "min": .number(seconds.min() ?? .nan),
            "median": .number(Statistics.median(seconds)),
            "max": .number(seconds.max() ?? .nan),
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
