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

    /// The runtime that bundles get; nil where it is not there.
    private static let library = try? RuntimeLibrary.locate(arch: arch, executable: executablePath())

    /// - Throws: Where slim would fail as well.
    init(_ model: ImportedModel, files: [ModelFacts.File]) throws {
        // The tokenizer's table takes as long as all the rest.
        let (tokenizer, rest) = try concurrently(
            {
                _ = Self.library
                return try Self.tokenizer(model)
            },
            {
                let graph = try PassPipeline.standard.run(model.graph).graph
                let metadata = PlanMetadata(model, tokenizer: [])
                let drafts = try Unrunnable.drafts(
                    model, graph, metadata, storages: Self.kinds.map { WeightStorage($0) })
                return (graph: graph, drafts: drafts, parts: try Self.parts(drafts, model))
            })
        fusedOperators = rest.graph.operatorCounts
        // The tables of all kinds differ by a few numbers.
        let tables = try rest.drafts.first?.tableBytes() ?? []
        let tablesZipped = tables.withUnsafeBytes { ZippedSize.sampled($0, level: 6, pieces: 2) }
        // What comes out alike is predicted once.
        let distinct = rest.parts.indices.filter { rest.parts[$0].source == $0 }
        let made = try concurrently(distinct) { index in
            try BundleForecast(
                quantization: Self.kinds[index].option, draft: rest.drafts[index].with(tokenizer: tokenizer.table),
                parts: rest.parts[index].parts, description: model.description, files: files, arch: Self.arch,
                tokenizerZipped: tokenizer.zipped, tablesZipped: tablesZipped
            ).prediction()
        }
        all = zip(Self.kinds, rest.parts).compactMap { kind, bundle in
            guard var prediction = distinct.firstIndex(of: bundle.source).map({ made[$0] }) else { return nil }
            prediction.quantization = kind.option
            prediction.note = BundleForecast.note(kind.option, isGuess: bundle.parts.program == nil)
            return prediction
        }
    }

    /// The parts of each bundle, and the place of the first that comes out like it.
    private static func parts(
        _ drafts: [PlanDraft], _ model: ImportedModel
    ) throws -> [(source: Int, parts: BundleParts)] {
        let sources = drafts.indices.map { index in drafts.firstIndex { $0.isLike(drafts[index]) } ?? index }
        let distinct = drafts.indices.filter { sources[$0] == $0 }
        let parts = try concurrently(distinct) { try BundleParts(drafts[$0], model, library: library) }
        let made = Dictionary(uniqueKeysWithValues: zip(distinct, parts))
        return sources.compactMap { source in made[source].map { (source, $0) } }
    }

    /// The tokenizer's table as plans have it, and about what it takes in a zip.
    private static func tokenizer(_ model: ImportedModel) throws -> (table: [UInt8], zipped: Int) {
        let table = try ModelPipeline.tokenizerTable(model).table
        return (table, table.withUnsafeBytes { ZippedSize.sampled($0, level: 9, pieces: 3) })
    }
}
