import PackFit
import PackProfiles
import PackReport

/// `pack.analyze/1`: sizes in bytes, times in seconds. Ranges are `actual` (the less favourable end, or the lower bound
/// where there is no upper one) with `actualRange`.
extension AnalyzeReport {
    var json: JSON {
        [
            "schema": "pack.analyze/1",
            "tool": ["name": "pack", "version": .string(toolVersion)],
            "model": analysis.model.map(Self.json) ?? .null,
            "dependencies": dependenciesJSON,
            "fits": .array(analysis.answers.map { Self.json($0.fit) }),
            "predictions": .array(analysis.predictions.map(Self.json)),
            "remedies": .array(
                analysis.answers.flatMap { answer in answer.remedies.map { Self.json($0, answer.fit.profile) } }),
            "plans": plansJSON,
            "obstacle": .optional(analysis.obstacle),
            "costs": costsJSON,
            "problems": .array(examination.problems.map { .string($0) }),
            "notLookedAt": .array(analysis.notLookedAt.map { .string($0) }),
        ]
    }

    private static func json(_ model: ModelFacts) -> JSON {
        let largest = model.tensors.sorted { ($1.bytes, $0.name) < ($0.bytes, $1.name) }.prefix(20)
        return [
            "path": .string(model.path),
            "format": .string(model.format),
            "architecture": .optional(model.architecture),
            "task": .optional(model.task),
            "maximumTokens": .optional(model.maximumTokens),
            "parameters": .int(model.parameters),
            "tensors": .int(model.tensors.count),
            "bytes": ["file": .int(model.fileBytes), "weights": .int(model.weightBytes)],
            "dtypes": .counts(model.tensors.reduce(into: [:]) { $0[$1.dtype, default: 0] += 1 }),
            "outputs": .array(
                model.outputs.map { ["name": .string($0.name), "type": .string($0.shape)] }),
            "operators": model.operators.map { .counts($0) } ?? .null,
            "fusedOperators": model.fusedOperators.map { .counts($0) } ?? .null,
            "largestTensors": .array(largest.map(json)),
            "files": .array(model.files.map { ["path": .string($0.path), "bytes": .int($0.bytes)] }),
            "duplicates": [
                "bytes": .int(model.duplicateBytes),
                "tensors": .array(
                    model.duplicates.map { group in
                        ["names": .array(group.names.map { .string($0) }), "bytes": .int(group.bytes)]
                    }),
            ],
            "findings": .array(
                model.findings.map { ["id": .string($0.id), "text": .string($0.text), "bytes": .int($0.bytes)] }),
        ]
    }

    static func json(_ tensor: ModelFacts.Tensor) -> JSON {
        [
            "name": .string(tensor.name), "dtype": .string(tensor.dtype),
            "shape": .array(tensor.shape.map { .int($0) }), "bytes": .int(tensor.bytes),
        ]
    }

    static func json(_ fit: Fit) -> JSON {
        [
            "profile": .string(fit.profile.name),
            "verdict": .string(fit.verdict.rawValue),
            "deciding": .optional(fit.deciding?.id.rawValue),
            "checks": .array(fit.checks.map(json)),
        ]
    }

    private static func json(_ check: Check) -> JSON {
        var entries: [String: JSON] = [
            "id": .string(check.id.rawValue), "code": .string(RuleCatalog.code(of: check.id)),
            "verdict": .string(check.verdict.rawValue),
            "limit": check.limitText.map { .string($0) } ?? .whole(check.limit),
            "unit": .optional(check.unit?.rawValue), "margin": .whole(check.margin),
            "how": .string(check.how?.rawValue ?? "unknown"),
            "source": [
                "text": .string(check.source.source), "date": .string(check.source.date),
                "verified": .bool(check.source.verified),
            ],
        ]
        entries["actual"] = check.actualText.map { .string($0) } ?? .whole(check.actual.map { $0.high ?? $0.low })
        if let actual = check.actual, !actual.isExact {
            entries["actualRange"] = ["low": .whole(actual.low), "high": .whole(actual.high)]
        }
        if let note = check.note { entries["note"] = .string(note) }
        if let way = check.liftedBy { entries["liftedBy"] = .string(way) }
        return .object(entries)
    }

    private static func json(_ prediction: Prediction) -> JSON {
        [
            "quantization": .string(prediction.quantization),
            "bytes": [
                "unpacked": .int(prediction.unpackedBytes), "zipped": .optional(prediction.zippedBytes),
                "runtime": .int(prediction.runtimeBytes), "weights": .int(prediction.weightsBytes),
                "memory": .int(prediction.peakMemoryBytes),
                "container": .optional(prediction.container?.bytes),
            ],
            "how": .string(prediction.how.rawValue), "tolerance": .number(prediction.tolerance),
            "loss": prediction.loss.map { loss in
                [
                    "metric": "relative root-mean-square error of the stored weights", "value": .number(loss.error),
                    "weight": .string(loss.weight), "how": .string(loss.how.rawValue),
                ]
            } ?? .null,
            "note": .optional(prediction.note),
        ]
    }

    private static func json(_ remedy: Remedy, _ profile: Profile) -> JSON {
        [
            "profile": .string(profile.name),
            "action": .string(remedy.action),
            "command": .optional(remedy.command),
            "saves": ["bytes": .optional(remedy.saves)],
            "result": json(remedy.result),
        ]
    }
}
