import PackFit
import PackPlanner
import PackReport

/// The result of `pack slim` as a report. JSON: schema `pack.slim/1`, sizes in bytes.
enum SlimReport {
    static func document(_ result: SlimResult) -> Document {
        var blocks: [Document.Block] = []
        let verdict = result.fit.verdict
        let style: Text.Style = verdict == .fits ? .good : verdict == .doesNotFit ? .bad : .doubtful
        let words = verdict == .fits ? "FITS" : verdict == .doesNotFit ? "DOES NOT FIT" : "UNKNOWN"
        blocks.append(.paragraph([Text(words, style), Text(" \(result.target)\(deciding(result.fit))")]))
        var steps = Table([
            .init("STEP", overflow: .wrap), .init("BEFORE", .right), .init("AFTER", .right), .init("SAVED", .right),
        ])
        steps.rows = result.steps.map { step in
            [
                Text(step.name), Text(NumberText.bytes(step.before)), Text(NumberText.bytes(step.after)),
                Text(saved(step)),
            ]
        }
        blocks.append(.table(steps))
        var facts = Table([.init("", overflow: .keep), .init("", overflow: .wrap)])
        facts.rows = [
            [
                Text("bundle", .strong),
                Text(result.output ?? (result.isRefused ? "not written" : "not written (dry run)")),
            ],
            [
                Text("size", .strong),
                Text(
                    "\(result.form.rawValue) \(NumberText.bytes(result.bytes)) (\(NumberText.exactBytes(result.bytes))), unpacked "
                        + "\(NumberText.bytes(result.unpacked)) (\(NumberText.exactBytes(result.unpacked)))"),
            ],
            [Text("operators", .strong), Text(result.passes.operators(limit: 6))],
            [Text("passes", .strong), Text(result.passes.summary)],
            [Text("runtime", .strong), Text(result.runtimes.map(runtime).joined(separator: "; "))],
            [Text("weights", .strong), Text(weights(result))],
            [Text("accuracy", .strong), Text(accuracy(result))],
            [
                Text("memory", .strong),
                Text(
                    "\(NumberText.bytes(result.runtime.peakMemory)) at the peak for one "
                        + "\(result.takesTexts ? "text" : "input") of the greatest length, predicted"),
            ],
            [Text("proof", .strong), Text(result.runtimes.map(proof).joined(separator: "; "))],
        ]
        if !result.manifests.isEmpty {
            facts.rows.insert([Text("manifests", .strong), Text(result.manifests.joined(separator: ", "))], at: 1)
        }
        blocks.append(.table(facts))
        if !result.parts.isEmpty { blocks += [.heading("Runtime"), .table(parts(result))] }
        if !result.notes.isEmpty { blocks.append(.list(result.notes.map { [Text($0, .doubtful)] })) }
        return Document(blocks)
    }

    private static func deciding(_ fit: Fit) -> String {
        guard let check = fit.deciding, let actual = check.actual, let limit = check.limit, check.unit == .bytes else {
            return ""
        }
        let value = Int(actual.high ?? actual.low)
        return
            ": \(check.id.rawValue) is nearest to its limit, \(NumberText.grouped(value)) of \(NumberText.grouped(Int(limit))) B"
    }

    private static func saved(_ step: SlimResult.Step) -> String {
        guard step.before > 0 else { return "" }
        let share = Double(step.before - step.after) / Double(step.before)
        return (share < 0 ? "adds " : "") + NumberText.percent(abs(share))
    }

    private static func parts(_ result: SlimResult) -> Table {
        var table = Table([.init("PART"), .init("", .left), .init("BYTES", .right)])
        table.rows = result.parts.map {
            [Text($0.name), Text($0.isKept ? "kept" : "pruned"), Text(NumberText.grouped($0.bytes))]
        }
        return table
    }

    private static func runtime(_ runtime: SlimRuntime) -> String {
        "\(NumberText.bytes(runtime.program.bytes.count)) for \(runtime.arch): "
            + "\(runtime.program.operators.count) operators, \(runtime.program.kernels.count) kernels; "
            + "\(runtime.program.pruned.count) pruned"
    }

    private static func weights(_ result: SlimResult) -> String {
        let kinds = WeightKind.allCases.compactMap { kind -> String? in
            let stored = result.weights.filter { $0.kind == kind }
            guard !stored.isEmpty else { return nil }
            return "\(stored.count) as \(kind.rawValue) (\(NumberText.bytes(stored.reduce(0) { $0 + $1.bytes })))"
        }
        let worst = result.weights.max { $0.error < $1.error }
        let error = worst.map { $0.error > 0 ? "; largest error \(percent($0.error)) in \($0.name)" : "" } ?? ""
        return kinds.joined(separator: ", ") + error
    }

    private static func percent(_ share: Double) -> String { NumberText.significant(share * 100) + "%" }

    private static func accuracy(_ result: SlimResult) -> String {
        "cosine with the original's output over \(result.comparison.texts) \(result.takesTexts ? "texts" : "random inputs"): smallest "
            + "\(decimals(result.comparison.smallest)), mean \(decimals(result.comparison.mean)); "
            + "at least \(decimals(result.budget)) asked for"
    }

    /// Six decimals, without rounding up to 1.
    private static func decimals(_ value: Double) -> String {
        let millionths = Int((value * 1_000_000).rounded(.down))
        let digits = String(abs(millionths) % 1_000_000)
        return (value < 0 ? "-" : "") + "\(abs(millionths) / 1_000_000)."
            + String(repeating: "0", count: 6 - digits.count) + digits
    }

    private static func proof(_ runtime: SlimRuntime) -> String {
        let way =
            switch runtime.proof.way {
            case .native: "the bundle's files answered a sample request"
            case .emulated: "the bundle's files answered a sample request under an emulator of \(runtime.arch)"
            case .substitute:
                "no emulator of \(runtime.arch) here: the runtime of this machine with the same parts answered a sample request"
            }
        return way + ", largest difference \(NumberText.significant(runtime.proof.difference))"
    }

    static func json(_ result: SlimResult) -> JSON {
        [
            "schema": "pack.slim/1",
            "output": .optional(result.output),
            "manifests": .array(result.manifests.map { .string($0) }),
            "target": .string(result.target),
            "arch": .string(result.runtime.arch),
            "architectures": .array(
                result.runtimes.map {
                    [
                        "arch": .string($0.arch), "runtime": .int($0.program.bytes.count), "proof": proof($0.proof),
                    ]
                }),
            "packaging": .string(result.packaging.rawValue),
            "form": .string(result.form.rawValue),
            "verdict": .string(result.fit.verdict.rawValue),
            "bytes": [
                "zipped": .int(result.bytes), "unpacked": .int(result.unpacked),
                "runtime": .int(result.runtime.program.bytes.count),
                "plan": .int(result.plan), "weights": .int(result.weightBytes),
            ],
            "operators": [
                "kept": .array((result.runtime.program.operators + result.runtime.program.kernels).map { .string($0) }),
                "pruned": .array(result.runtime.program.pruned.map { .string($0) }),
                "bytes": .counts(Dictionary(uniqueKeysWithValues: result.parts.map { ($0.name, $0.bytes) })),
            ],
            "graph": result.passes.graphJSON,
            "passes": result.passes.passesJSON,
            "quantization": .array(
                result.weights.map {
                    [
                        "tensor": .string($0.name), "dtype": .string($0.kind.rawValue), "bytes": .int($0.bytes),
                        "error": .number($0.error),
                    ]
                }),
            "accuracy": [
                "metric": "cosine", "value": .number(result.comparison.smallest),
                "mean": .number(result.comparison.mean), "budget": .number(result.budget),
                "texts": .int(result.comparison.texts),
            ],
            "memory": ["peak": .int(result.runtime.peakMemory)],
            "proof": proof(result.runtime.proof),
            "steps": .array(
                result.steps.map {
                    ["name": .string($0.name), "bytesBefore": .int($0.before), "bytesAfter": .int($0.after)]
                }),
            "notes": .array(result.notes.map { .string($0) }),
        ]
    }

    private static func proof(_ proof: BundleProof) -> JSON {
        ["way": .string(proof.way.rawValue), "difference": .number(proof.difference)]
    }
}
