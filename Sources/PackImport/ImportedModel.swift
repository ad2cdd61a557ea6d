import PackFormats
import PackGraph

/// A model as a graph of plain ONNX operators, with what is known of it.
public struct ImportedModel: Sendable {
    /// The graph; its constants lend the bytes of the mapped checkpoint.
    public let graph: Graph
    /// The model in plain numbers.
    public let description: ModelDescription
    /// The folder of the tokenizer's files; nil for a model that takes tensors only.
    public let tokenizerFolder: String?
    /// The weights; nil where an ONNX file holds them.
    public let checkpoint: Checkpoint?
    /// The ONNX file, for a model that is one.
    public let onnx: ONNXFile?
    /// Names of the classes that an ONNX file has; those of other models are the task's.
    var classNames: [String] = []

    /// Names of classes, in the order of their numbers.
    public var labels: [String] { onnx == nil ? task.labels : classNames }

    /// What the model is for.
    public var task: Task { description.task }

    /// Imports the model of a folder, or of an ONNX file.
    ///
    /// - Parameter specialization: What is fixed of an ONNX file; of a folder nothing can be.
    public static func load(
        _ path: String, _ specialization: ONNXSpecialization = ONNXSpecialization()
    ) throws(ImportError) -> ImportedModel {
        if let file = ONNXImport.path(at: path) { return try ImportedModel(ONNXImport.load(file, specialization)) }
        guard specialization.isEmpty else { throw .notFixable(path) }
        let folder = try ModelFolder(path: path)
        let configuration = try EncoderConfiguration(folder.configuration)
        let prefix = try Weights.prefix(in: folder.checkpoint, of: configuration.family)
        var builder = ModelBuilder(Weights(folder.checkpoint, prefix: prefix))
        let (hidden, mask) = try builder.encoder(configuration)
        var head = HeadSummary(hidden: configuration.hidden)
        let outputs =
            if let modules = folder.modules {
                [try head.sentence(hidden, mask, modules, &builder)]
            } else {
                try head.build(hidden, configuration, &builder)
            }
        let graph = try builder.finish(outputs)
        return ImportedModel(
            graph: graph,
            description: try describe(path, folder, configuration, head, unused: builder.weights.unused),
            tokenizerFolder: folder.transformer.path, checkpoint: folder.checkpoint, onnx: nil)
    }

    private static func describe(
        _ path: String, _ folder: ModelFolder, _ configuration: EncoderConfiguration, _ head: HeadSummary,
        unused: [String]
    ) throws(ImportError) -> ModelDescription {
        let checkpoints = [folder.checkpoint] + head.dense
        let records = checkpoints.flatMap(\.records)
        return ModelDescription(
            path: path, architecture: configuration.architecture, modelType: configuration.modelType, task: head.task,
            hidden: configuration.hidden, layers: configuration.layers, heads: configuration.heads,
            intermediate: configuration.intermediate, vocabulary: configuration.vocabulary,
            maximumTokens: try TokenLimit.of(folder, positions: configuration.usablePositions),
            activation: configuration.activation.rawValue, pooling: head.pooling, isNormalized: head.isNormalized,
            embedding: head.task == .embedding ? head.size : nil,
            problemType: try folder.configuration.text("problem_type"),
            parameters: checkpoints.reduce(0) { $0 + $1.parameters }, tensors: records.count,
            weightBytes: checkpoints.reduce(0) { $0 + $1.bytes },
            fileBytes: checkpoints.reduce(0) { $0 + $1.fileBytes },
            types: records.reduce(into: [:]) { $0[$1.type.name.lowercased(), default: 0] += 1 }, unused: unused)
    }
}
