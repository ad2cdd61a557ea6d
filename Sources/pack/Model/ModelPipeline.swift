import FoundationEssentials
import PackCore
import PackGraph
import PackIO
import PackImport
import PackPasses
import PackPlanner

/// A model on its way to a plan: imported, rewritten, with its tokenizer.
struct ModelPipeline {
    let imported: ImportedModel
    /// The graph after all passes.
    let optimized: Graph
    /// Every rewrite, in order.
    let rewrites: [RewriteRecord]
    /// What plans say besides the computation.
    let metadata: PlanMetadata
    /// Why plans take tensors and no texts; nil where they take texts.
    let tokenizerObstacle: ErrorFacts?

    /// Reads a model folder or an ONNX file and rewrites its graph.
    ///
    /// - Parameter specialization: What is fixed of an ONNX file.
    static func load(
        _ path: String, options: PassOptions = PassOptions(),
        specialization: ONNXSpecialization = ONNXSpecialization()
    ) throws -> ModelPipeline {
        try ModelPipeline(try ImportedModel.load(path, specialization), options)
    }

    init(_ imported: ImportedModel, _ options: PassOptions = PassOptions()) throws {
        self.imported = imported
        (optimized, rewrites) = try PassPipeline.standard.run(
            imported.graph, options, isInferred: imported.onnx != nil)
        let (table, obstacle) = try Self.tokenizerTable(imported)
        tokenizerObstacle = obstacle
        metadata = PlanMetadata(imported, tokenizer: table)
    }

    /// What the model at a path is called where it has no other name.
    static func name(of path: String) -> String {
        let name = URL(fileURLWithPath: path).standardizedFileURL.lastPathComponent
        return name.hasSuffix(".onnx") ? String(name.dropLast(5)) : name
    }

    /// What the passes did.
    var effects: PassEffects { PassEffects(before: imported.graph, after: optimized, rewrites) }

    /// The tokenizer as plans have it: empty, with the reason, where it is of a kind that the runtime does not know.
    ///
    /// - Throws: `TokenizerImportError` for a broken one.
    static func tokenizerTable(_ imported: ImportedModel) throws -> (table: [UInt8], obstacle: ErrorFacts?) {
        guard let folder = imported.tokenizerFolder else {
            return ([], ErrorFacts("has no tokenizer", file: imported.description.path))
        }
        do throws(TokenizerImportError) {
            return (try TokenizerDefinition.load(folder: folder).encodedTable(), nil)
        } catch {
            // A broken tokenizer is an error; one of another kind leaves a model that takes token ids.
            guard error.isUnsupported else { throw error }
            return ([], error.facts)
        }
    }

    /// The layout of the plan with weights stored so.
    func draft(_ storage: WeightStorage) throws -> PlanDraft {
        try Unrunnable.draft(imported, optimized, metadata, storage)
    }

    /// The plan of the graph before any pass, weights as f32: what everything else is compared with.
    func originalPlan() throws -> PlanImage {
        try Unrunnable.draft(imported, imported.graph, metadata, WeightStorage(.f32)).makeImage()
    }
}

extension PlanMetadata {
    /// What plans of a model say.
    init(_ imported: ImportedModel, tokenizer: [UInt8]) {
        let tokens = imported.description.maximumTokens
        guard imported.onnx == nil else {
            self.init(
                task: imported.task.kind, labels: imported.labels, tokenizer: tokenizer, symbolMaxima: ["batch": 4096])
            return
        }
        self.init(
            task: imported.task.kind, labels: imported.labels, maximumTokens: tokens, tokenizer: tokenizer,
            symbolMaxima: ["sequence": tokens, "batch": 4096])
    }
}

extension Task {
    /// The number by which plans name it.
    var kind: TaskKind {
        switch self {
        case .embedding: .embedding
        case .hiddenState: .hiddenState
        case .classification: .classification
        case .tokenClassification: .tokenClassification
        case .questionAnswering: .questionAnswering
        case .maskedLanguage: .maskedLanguage
        case .tensors: .tensors
        }
    }
}
