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

    /// Nodes that passes need longer for than the runtime takes to link and compress.
    private static let manyNodes = 300

    /// The runtime that bundles get; nil where it is not there.
    private static let library = try? RuntimeLibrary.locate(arch: arch, executable: executablePath())

    /// - Throws: Where slim would fail as well.
    init(_ model: ImportedModel, files: [ModelFacts.File]) throws {
        // The tokenizer's table takes as long as all the rest. The first of the two goes on in this thread, with the memory that
        // the import has given back.
        let (rest, tokenizer) = try concurrently(
            {
                // Where passes take long and no tokenizer is encoded, a thread is free to compress most of the runtime.
                let likely = Deferred {
                    guard model.tokenizerFolder == nil, model.graph.nodes.count > Self.manyNodes,
                        let library = Self.library
                    else { return BundleCode?.none }
                    let code = try? BundleCode(likelyFor: model.graph.operatorCounts, library)
                    try? BundleForecast.prepare(model)
                    return code
                }
                let graph = try PassPipeline.standard.run(model.graph, isInferred: model.onnx != nil).graph
                let metadata = PlanMetadata(model, tokenizer: [])
                let drafts = try Unrunnable.drafts(model, graph, metadata, kinds: Self.kinds)
                // What comes out alike is predicted once.
                let sources = drafts.indices.map { index in drafts.firstIndex { $0.isLike(drafts[index]) } ?? index }
                let parts = try Self.parts(
                    drafts, drafts.indices.filter { sources[$0] == $0 }, model, like: try likely.get())
                return (
                    counts: graph.operatorCounts, drafts: drafts, sources: sources, parts: parts.all,
                    tablesZipped: parts.tablesZipped
                )
            },
            {
                _ = Self.library
                return try Self.tokenizer(model)
            })
        fusedOperators = rest.counts
        let made = try concurrently(Array(rest.parts.indices)) { index in
            let part = rest.parts[index]
            return try BundleForecast(
                quantization: Self.kinds[part.source].option,
                draft: rest.drafts[part.source].with(tokenizer: tokenizer.table), code: part.code,
                weights: part.weights, model: model, takesTexts: !tokenizer.table.isEmpty, files: files,
                arch: Self.arch,
                tokenizerZipped: tokenizer.zipped, tablesZipped: rest.tablesZipped
            ).prediction()
        }
        all = zip(Self.kinds, rest.sources).compactMap { kind, source in
            guard let index = rest.parts.firstIndex(where: { $0.source == source }) else { return nil }
            var prediction = made[index]
            prediction.quantization = kind.option
            prediction.note = BundleForecast.note(kind.option, isGuess: rest.parts[index].code.program == nil)
            return prediction
        }
    }

    /// What of a bundle does not depend on the tokenizer.
    private struct Parts: Sendable {
        /// The place of its draft.
        let source: Int
        let code: BundleCode
        let weights: BundleWeights
    }

    /// The parts of the bundles that differ, from the drafts at the given places, and about what the tables of a plan take in
    /// a zip, where that is needed: those of all kinds differ by a few numbers.
    ///
    /// - Parameter likely: A runtime that most code of theirs is in.
    private static func parts(
        _ drafts: [PlanDraft], _ sources: [Int], _ model: ImportedModel, like likely: BundleCode?
    ) throws -> (all: [Parts], tablesZipped: Int) {
        let (codes, (weights, tablesZipped)) = try concurrently(
            {
                let first = try sources.first.map { try BundleCode(drafts[$0], library, like: likely) }
                let rest = try concurrently(Array(sources.dropFirst())) {
                    try BundleCode(drafts[$0], library, like: first)
                }
                return [first].compactMap(\.self) + rest
            },
            // Weights in the fewest bits take longest: they go first.
            {
                let weights = try concurrently(sources.reversed()) { try BundleWeights(drafts[$0], model) }
                let isSampled = weights.contains { $0.zipped != nil }
                guard isSampled, let draft = drafts.first else { return (weights, 0) }
                let tables = try draft.tableBytes()
                return (weights, tables.withUnsafeBytes { ZippedSize.sampled($0, level: 6, pieces: 2) })
            })
        let all = zip(sources, zip(codes, weights.reversed())).map { Parts(source: $0, code: $1.0, weights: $1.1) }
        return (all, tablesZipped)
    }

    /// The tokenizer's table as plans have it, and about what it takes in a zip.
    private static func tokenizer(_ model: ImportedModel) throws -> (table: [UInt8], zipped: Int) {
        let table = try ModelPipeline.tokenizerTable(model).table
        return (table, table.withUnsafeBytes { ZippedSize.sampled($0, level: 9, pieces: 3) })
    }
}
