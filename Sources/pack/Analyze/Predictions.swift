import PackBundle
import PackFit
import PackGraph
import PackIO
import PackImport
import PackPasses
import PackPlanner

/// What `pack slim` would make of a model, from the plans that it would write: layouts and memory are computed as slim does
/// and the runtime is linked; zipped sizes come from samples of the weights, stored and compressed as slim does.
struct Predictions {
    /// One for each way to store weights that the runtime can run.
    let all: [Prediction]
    /// Operators after all passes.
    let fusedOperators: [String: Int]

    /// The architecture that bundles are predicted for.
    private static let arch = "x86_64"
    private static let kinds: [WeightKind] = [.f32, .f16, .int8, .int4]

    /// - Throws: Where slim would fail as well.
    init(_ model: ImportedModel, files: [ModelFacts.File]) throws {
        let library = try? RuntimeLibrary.locate(arch: Self.arch, executable: executablePath())
        // The tokenizer's table takes as long as all the rest.
        let (tokenizer, rest) = try concurrently(
            { try Self.tokenizer(model) },
            {
                let graph = try PassPipeline.standard.run(model.graph).graph
                try Unrunnable.check(model, graph, PlanMetadata(model, tokenizer: []))
                let parts = try concurrently(Self.kinds) { kind in
                    try BundleParts(graph, kind, model, library: library)
                }
                return (graph: graph, parts: parts)
            })
        fusedOperators = rest.graph.operatorCounts
        let metadata = PlanMetadata(model, tokenizer: tokenizer.table)
        all = try zip(Self.kinds, rest.parts).map { kind, parts in
            let draft = try Planner.draft(rest.graph, storage: WeightStorage(kind), metadata: metadata)
            return try BundleForecast(
                quantization: kind.option, draft: draft, parts: parts, description: model.description, files: files,
                arch: Self.arch, tokenizerZipped: tokenizer.zipped
            ).prediction()
        }
    }

    /// The tokenizer's table as plans have it, and about what it takes in a zip.
    private static func tokenizer(_ model: ImportedModel) throws -> (table: [UInt8], zipped: Int) {
        let table = try ModelPipeline.tokenizerTable(model).table
        return (table, table.withUnsafeBytes { ZippedSize.sampled($0, level: 9, pieces: 3) })
    }
}
