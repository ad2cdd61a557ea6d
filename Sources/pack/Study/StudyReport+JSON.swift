import PackFit
import PackLab
import PackProfiles
import PackReport
import PackSimulation

/// `pack.study/1`: times in seconds, sizes in bytes; described by `Schemas/pack.study-1.json`.
extension StudyReport {
    var json: JSON {
        let workload = result.workload
        return [
            "schema": "pack.study/1",
            "tool": ["name": "pack", "version": .string(result.machine.version)],
            "machine": [
                "processor": .string(result.machine.processor), "processors": .int(result.machine.processors),
                "date": .string(result.machine.date),
            ],
            "settings": [
                "rounds": .int(result.settings.rounds), "seconds": .number(result.settings.seconds),
                "starts": .int(result.settings.starts), "seeds": .int(result.settings.seeds),
                "concurrency": .int(result.settings.concurrency), "processors": .int(result.settings.processors),
            ],
            "workload": [
                "phases": .array(
                    workload.load.phases.map { ["seconds": .number($0.seconds), "rate": .number($0.rate)] }),
                "spacing": .string(workload.load.spacing.rawValue), "bound": .number(workload.bound),
                "requestsAMonth": .number(workload.requestsAMonth),
            ],
            "contestants": .array(result.contestants.map(json)),
            "claims": .array(
                result.claims.map {
                    [
                        "id": .string($0.id.rawValue), "claim": .string($0.id.text),
                        "contestant": .string($0.contestant),
                        "found": .string($0.found), "verdict": .string($0.verdict.rawValue),
                    ]
                }),
        ]
    }

    private func json(_ contestant: StudyResult.Contestant) -> JSON {
        var measured: [String: JSON] = [:]
        if let lambda = contestant.lambda { measured["lambda"] = Self.json(lambda) }
        if let http = contestant.http, contestant.absence == nil { measured["http"] = Self.json(http) }
        return [
            "subject": .string(contestant.subject), "name": .string(contestant.name),
            "stack": .optional(contestant.stack?.rawValue), "absence": .optional(contestant.absence),
            "versions": .array(contestant.versions.map { .string($0) }),
            "bytes": contestant.bytes.map { bytes in
                [
                    "runtime": .int(bytes.runtime), "model": .int(bytes.model), "unpacked": .int(bytes.unpacked),
                    "zipped": .optional(bytes.zipped),
                ]
            } ?? .null,
            "measured": .object(measured),
            "fits": .array(contestant.fits.map(AnalyzeReport.json)),
            "checks": .array(contestant.checks.map(Self.json)),
            "scaling": .array(contestant.scalings.map(json)),
            "costs": .array(contestant.costs.map(Self.json)),
            "breakEvens": .array(
                contestant.breakEvens.map {
                    ["requests": .number($0.requests), "below": .string($0.below), "above": .string($0.above)]
                }),
        ]
    }

    private static func json(_ values: Quantiles) -> JSON {
        func at(_ share: Double) -> JSON { values.at(share).map { .number($0) } ?? .null }
        return [
            "count": .int(values.sorted.count), "mean": values.mean.map { .number($0) } ?? .null, "least": at(0),
            "p50": at(0.5), "p95": at(0.95), "p99": at(0.99), "most": at(1),
        ]
    }

    private static func json(_ measurement: StudyMeasurement) -> JSON {
        [
            "how": "measured", "ready": json(Quantiles(measurement.ready)), "cold": json(Quantiles(measurement.cold)),
            "warm": json(Quantiles(measurement.warm)), "peakMemory": .int(measurement.peakMemory),
            "limits": .string(measurement.limits),
        ]
    }

    private static func json(_ check: StudyResult.Check) -> JSON {
        [
            "rate": .number(check.rate), "busy": .number(check.use), "measured": json(check.measured),
            "simulated": json(check.simulated), "failures": .int(check.failures),
        ]
    }

    private func json(_ scaling: StudyResult.Scaling) -> JSON {
        let step = result.workload.load.largestRise ?? 0
        let first = scaling.runs[0]
        return [
            "how": "simulated", "profile": .string(scaling.platform.profile.name),
            "scaler": .string(scaling.platform.scaler.rawValue),
            "platformStart": .number(scaling.platform.startSeconds),
            "recovery": scaling.recovery.map { .number($0) } ?? .null,
            "recoveries": .array(scaling.recoveries.map { $0.map { .number($0) } ?? .null }),
            "late": .array(scaling.late.map { .number($0) }),
            "latency": Self.json(
                Quantiles(scaling.runs.flatMap { $0.seconds.dropFirst(Int(step)).flatMap(\.latencies.sorted) })),
            "instances": .array(scaling.runs.map { .number($0.meanReady(from: step)) }),
            "cold": .array(scaling.runs.map { .int($0.cold) }),
            "refused": .array(scaling.runs.map { .int($0.refused) }),
            "seconds": [
                "requests": .array(first.seconds.map { .int($0.requests) }),
                "p95": .array(
                    first.seconds.indices.map { first.quantile(0.95, at: $0).map { .number($0) } ?? .null }),
                "ready": .array(first.seconds.map { .int($0.ready) }),
                "starting": .array(first.seconds.map { .int($0.starting) }),
                "starts": .array(first.seconds.map { .int($0.starts) }),
            ],
        ]
    }

    private static func json(_ cost: StudyCost) -> JSON {
        var entries: [String: JSON] = [
            "profile": .string(cost.profile.name), "prices": .string(cost.priced.name),
            "requests": .number(cost.workload.requests), "requestTime": .number(cost.workload.seconds),
            "dollars": .null, "dollarsBeyondFree": .null,
        ]
        switch cost.cost {
        case .success(let month):
            entries["dollars"] = .number(month.total)
            entries["dollarsBeyondFree"] = .number(month.totalBeyondFree)
            entries["memory"] = .int(month.memory)
            entries["assumptions"] = .array(month.assumptions.map { .string($0) })
        case .failure(let unknown): entries["reason"] = .string(unknown.reason)
        }
        return .object(entries)
    }
}
