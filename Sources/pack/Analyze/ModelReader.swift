import PackFit
import PackFormats
import PackGraph
import PackIO
import PackImport

/// A model that was read for a report.
struct ModelReading {
    /// What was found out.
    var facts: ModelFacts
    /// The model; `nil` where no graph could be built.
    var imported: ImportedModel?
    /// Its graph with the types of all values.
    var graph: Graph?
    /// The files that hold the weights.
    var weightFiles: [MappedFile]
    /// Why no graph could be built.
    var obstacle: ErrorFacts?

    /// Reads a model folder, an ONNX file of which something may be fixed, or a single file of weights.
    ///
    /// A folder whose weights can be read and whose architecture is not known is still reported on; anything that is
    /// broken is an error.
    static func read(
        _ path: String, _ specialization: ONNXSpecialization = ONNXSpecialization()
    ) throws -> ModelReading {
        if let file = ONNXImport.path(at: path) {
            return try onnx(path, ONNXImport(EarlyReading.file(at: file), specialization))
        }
        guard try FileContents.kind(of: path) == .folder else { return try file(path) }
        let imported: ImportedModel
        do throws(ImportError) {
            imported = try ImportedModel.load(path)
        } catch {
            switch error.kind {
            case .unknownArchitecture, .unsupported: return try folderWithoutGraph(path, error)
            default: throw error
            }
        }
        return try folder(path, imported, imported.graph)
    }

    private static func file(_ path: String) throws(FormatFailure) -> ModelReading {
        let checkpoint = try Checkpoint(file: path)
        let facts = facts(
            path, [checkpoint], files: checkpoint.shards.map { .init(path: $0.file.path, bytes: $0.file.size) })
        let obstacle = ErrorFacts(
            "says nothing about the model's architecture", file: path, expected: "a folder with config.json",
            hint: "give the folder that holds the file")
        return ModelReading(facts: facts, imported: nil, weightFiles: checkpoint.files, obstacle: obstacle)
    }

    private static func folder(
        _ path: String, _ imported: ImportedModel, _ graph: Graph
    ) throws(IOFailure) -> ModelReading {
        let checkpoint = imported.checkpoint
        var facts = facts(path, checkpoint.map { [$0] } ?? [], files: try files(of: path))
        let description = imported.description
        facts.architecture = description.architecture
        facts.task = TaskText.describe(description)
        facts.maximumTokens = description.maximumTokens
        facts.parameters = description.parameters
        facts.weightBytes = description.weightBytes
        facts.operators = graph.operatorCounts
        facts.outputs = graph.outputs.map { output(graph, $0, description.maximumTokens) }
        if let checkpoint { facts.findings += unused(description.unused, in: checkpoint) }
        return ModelReading(facts: facts, imported: imported, graph: graph, weightFiles: imported.weightFiles)
    }

    private static func folderWithoutGraph(_ path: String, _ error: ImportError) throws -> ModelReading {
        guard let checkpoint = try Checkpoint(in: try ContainedFolder(path: path)) else { throw error }
        var facts = facts(path, [checkpoint], files: try files(of: path))
        facts.findings.insert(
            .init(id: "model.unsupported", text: ErrorMessage.sentence(error.facts)), at: 0)
        return ModelReading(facts: facts, imported: nil, weightFiles: checkpoint.files, obstacle: error.facts)
    }

    static func files(of path: String) throws(IOFailure) -> [ModelFacts.File] {
        try FolderWalk.entries(of: path).filter { $0.kind == .regular }.map { .init(path: $0.path, bytes: $0.bytes) }
    }

    private static func facts(
        _ path: String, _ checkpoints: [Checkpoint], files: [ModelFacts.File]
    ) -> ModelFacts {
        let tensors = checkpoints.flatMap(\.records).map { record in
            ModelFacts.Tensor(
                name: record.name, dtype: record.type.name.lowercased(), shape: record.shape, count: record.count,
                bytes: record.range.count, isFloating: record.type.isFloating)
        }
        var facts = ModelFacts(
            path: path, format: "safetensors", parameters: checkpoints.reduce(0) { $0 + $1.parameters },
            tensors: tensors, files: files, weightBytes: checkpoints.reduce(0) { $0 + $1.bytes })
        let duplicates = checkpoints.map { DuplicateTensors(in: $0) }
        facts.duplicates = duplicates.flatMap(\.groups)
        facts.findings = ModelFacts.findings(in: files)
        let uncompared = duplicates.reduce(0) { $0 + $1.uncompared }
        if uncompared > 0 {
            facts.findings.append(
                .init(
                    id: "tensors.alike",
                    text: "\(uncompared) tensors look alike in samples; they were not compared in full"))
        }
        return facts
    }

    static func output(_ graph: Graph, _ name: String, _ tokens: Int) -> ModelFacts.Output {
        guard let type = graph.types[name] else { return .init(name: name, shape: "[]", count: nil) }
        return .init(name: name, shape: "\(type.dtype.name)\(type.shape)", count: elements(type, tokens: tokens))
    }

    private static func unused(_ names: [String], in checkpoint: Checkpoint) -> [ModelFacts.Finding] {
        let bytes = names.reduce(0) { $0 + (checkpoint.tensor(named: $1)?.record.range.count ?? 0) }
        guard bytes > 0 else { return [] }
        let some = names.prefix(3).joined(separator: ", ") + (names.count > 3 ? " and \(names.count - 3) more" : "")
        return [.init(id: "tensors.unused", text: "no output needs \(some)", bytes: bytes)]
    }
}

/// Elements of a value for one input of so many tokens; `nil` where they are not known.
func elements(_ type: TensorType, tokens: Int) -> Int? {
    var count = 1
    for dimension in type.shape {
        guard let extent = dimension.evaluate(["batch": 1, "sequence": tokens]), extent >= 0 else { return nil }
        let (product, overflow) = count.multipliedReportingOverflow(by: extent)
        guard !overflow else { return nil }
        count = product
    }
    return count
}
