import PackCore
import PackFit
import PackGraph
import PackImport
import PackPasses
import PackPlanner

/// What `pack slim` would make of a model, from the plans that it would write: layouts and memory are computed as slim does,
/// without reading weights.
///
/// - Unpacked: the plan, with 22 bytes of tokenizer tables for each word, 300 KB of runtime and 4 KB of manifest.
/// - Zipped: the plan by `zippedShare`, half of the runtime.
/// - Memory at the peak: see `predictedPeakMemory`.
struct Predictions {
    /// One for each way to store weights that the runtime can run.
    let all: [Prediction]
    /// Operators after all passes.
    let fusedOperators: [String: Int]

    /// - Throws: `GraphError` or `PlannerError` where slim would fail as well.
    init(_ model: ImportedModel) throws {
        let graph = try PassPipeline.standard.run(model.graph).graph
        let tokens = model.description.maximumTokens
        let metadata = PlanMetadata(
            task: model.task.kind, labels: model.task.labels, maximumTokens: tokens,
            tokenizer: [UInt8](repeating: 0, count: model.description.vocabulary * 22),
            symbolMaxima: ["sequence": tokens, "batch": 4096])
        fusedOperators = graph.operatorCounts
        all = try [("none", WeightKind.f32), ("fp16", .f16), ("int8", .int8)].map { name, kind in
            let draft = try Planner.draft(graph, storage: WeightStorage(kind), metadata: metadata)
            let runtime = 300_000
            return Prediction(
                quantization: name, unpackedBytes: draft.byteCount + runtime + 4096,
                zippedBytes: Int(Double(draft.byteCount) * zippedShare(kind)) + runtime / 2, runtimeBytes: runtime,
                weightsBytes: draft.weightsBytes,
                peakMemoryBytes: try predictedPeakMemory(draft, runtimeBytes: runtime, tokens: max(tokens, 1)),
                how: .computed, tolerance: 0.02)
        }
    }
}

/// The share to which a plan shrinks in a zip, measured on the weights of one model.
private func zippedShare(_ kind: WeightKind) -> Double {
    switch kind {
    case .f32: 0.925
    case .f16: 0.92
    case .int8: 0.89
    }
}
