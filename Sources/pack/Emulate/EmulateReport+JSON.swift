import PackLab
import PackReport

/// Schema `pack.emulate/1`: times in seconds, sizes in bytes.
extension EmulateReport {
    var json: JSON {
        var fields: [String: JSON] = [
            "schema": "pack.emulate/1",
            "profile": .string(profile.name),
            "bundle": .string(path),
            "verdict": isRun ? "runs" : "does-not-run",
            "reason": .optional(refusal?.reason),
            "size": ["memory": .int(size.memory), "processors": .optional(size.processors)],
            "report": .string(lines.joined(separator: "\n")),
            "notes": .array(notes.map { .string($0) }),
            "advice": advice?.json ?? .null,
        ]
        if let run { fields.merge(measured(run)) { $1 } }
        return .object(fields)
    }

    private func measured(_ run: EmulationRun) -> [String: JSON] {
        [
            "bytes": ["zipped": .optional(bundle?.storedBytes), "unpacked": .int(run.unpackedBytes)],
            "cold": [
                "median": .optional(run.coldStart), "ready": .optional(run.start),
                "all": .array(run.coldStarts.map { .number($0) }),
            ],
            "warm": Self.times(run.warm, ["processors": .optional(run.processorSeconds)]),
            "together": run.loaded.map { loaded in
                Self.times(
                    loaded.latencies,
                    [
                        "concurrency": .int(concurrency), "throughput": .number(loaded.throughput),
                        "failures": .int(loaded.failures),
                    ])
            } ?? .null,
            "memory": [
                "peak": .int(run.memory.peak), "anonymous": .optional(run.memory.anonymous),
                "file": .optional(run.memory.file), "predicted": .optional(predicted), "limit": .int(run.size.memory),
                "limitMethod": .string(run.limitMethod),
            ],
            "processors": ["limit": .optional(run.size.processors), "isEnforced": .bool(run.limitsProcessors)],
            "end": run.stop.map { stop in
                [
                    "seconds": .number(stop.seconds), "status": .int(Int(stop.status)),
                    "signal": .int(Int(stop.signal)),
                    "wasKilled": .bool(stop.wasKilled),
                ]
            } ?? .null,
            "answer": .string(String(decoding: run.firstAnswer, as: UTF8.self)),
        ]
    }

    private static func times(_ latencies: [Double], _ others: [String: JSON]) -> JSON {
        var fields: [String: JSON] = [
            "p50": .optional(EmulationRun.percentile(50, of: latencies)),
            "p95": .optional(EmulationRun.percentile(95, of: latencies)),
            "p99": .optional(EmulationRun.percentile(99, of: latencies)), "requests": .int(latencies.count),
        ]
        fields.merge(others) { $1 }
        return .object(fields)
    }
}

extension SizeAdvice {
    fileprivate var json: JSON {
        [
            "latency": .number(latency),
            "text": .string(text),
            "best": best.map(json) ?? .null,
            "sizes": .array(rows.map(json)),
        ]
    }

    private func json(_ row: Row) -> JSON {
        [
            "memory": .int(row.size.memory), "processors": .optional(row.size.processors),
            "p50": .number(row.median), "p95": .number(row.p95), "dollarsPerMillion": .optional(row.dollars),
            "known": row.isMeasured ? "measured" : "predicted",
        ]
    }
}

extension JSON {
    /// A number, or null.
    fileprivate static func optional(_ number: Double?) -> JSON { number.map { .number($0) } ?? .null }
}
