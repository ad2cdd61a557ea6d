import PackFormats
import PackGraph
import PackIO

extension ONNXImport {
    /// The ONNX file that a path stands for: a file that is called so, or the only one of a folder without `config.json`.
    public static func path(at path: String) -> String? {
        let suffix = ".onnx"
        switch try? FileContents.kind(of: path) {
        case .regular?: return path.hasSuffix(suffix) ? path : nil
        case .folder?:
            guard let names = try? FolderWalk.names(in: path), !names.contains("config.json"),
                !names.contains("modules.json"), !names.contains("model.pack")
            else { return nil }
            let models = names.filter { $0.hasSuffix(suffix) }
            let folder = path.hasSuffix("/") ? path : path + "/"
            if models.contains("model.onnx") { return folder + "model.onnx" }
            return models.count == 1 ? folder + models[0] : nil
        default: return nil
        }
    }

    /// The inputs of a file that are needed for the part that is taken of it.
    ///
    /// - Throws: `ImportError` for names that the file does not have.
    public static func neededInputs(
        _ file: ONNXFile, _ specialization: ONNXSpecialization
    ) throws(ImportError) -> [ONNXValueInfo] {
        let graph = file.model.graph
        return try ONNXCut(graph, specialization, file: file.file.path).inputs
    }

    /// How many nodes of the file's own graph apply each operator.
    public var operatorCounts: [String: Int] {
        file.model.graph.nodes.reduce(into: [:]) { counts, node in
            let domain = node.domain == ONNXOperatorSet.standard ? "" : node.domain + "."
            counts[domain + node.op, default: 0] += 1
        }
    }

    /// Everything that is stored under a name: initializers, and the values of Constant nodes.
    public var tensors: [(name: String, tensor: ONNXTensor)] {
        let graph = file.model.graph
        let constants = graph.nodes.compactMap { node -> (name: String, tensor: ONNXTensor)? in
            guard node.op == "Constant", case .tensor(let tensor)? = node.attribute("value") else { return nil }
            return (node.outputs.first ?? tensor.name, tensor)
        }
        return graph.initializers.map { ($0.name, $0) } + constants
    }

    /// Version of the format, versions of the operators, and who wrote it: `IR 8, ai.onnx 17, by pytorch 2.1.0`.
    public var origin: String {
        let model = file.model
        let sets = model.operatorSets.map { "\($0.domain) \($0.version)" }
        let producer = [model.producer, model.producerVersion].filter { !$0.isEmpty }.joined(separator: " ")
        return (["IR \(model.irVersion)"] + sets + (producer.isEmpty ? [] : ["by " + producer]))
            .joined(separator: ", ")
    }

    /// The model in plain numbers.
    public var description: ModelDescription {
        let all = tensors
        let weights = all.filter { $0.tensor.type.isFloating }
        return ModelDescription(
            path: file.file.path, architecture: "ONNX graph", modelType: "onnx", task: .tensors, hidden: 0, layers: 0,
            heads: 0, intermediate: 0, vocabulary: 0, maximumTokens: 0, activation: "", pooling: nil,
            isNormalized: false, embedding: nil, problemType: nil,
            parameters: weights.reduce(0) { $0 + $1.tensor.count }, tensors: all.count,
            weightBytes: all.reduce(0) { $0 + $1.tensor.byteCount }, fileBytes: file.fileBytes,
            types: all.reduce(into: [:]) { $0[$1.tensor.type.shortName, default: 0] += 1 }, unused: unused)
    }

    /// Initializers that no node reads.
    private var unused: [String] {
        let read = ONNXImporter.names(readBy: file.model.graph)
        return file.model.graph.initializers.map(\.name).filter { !read.contains($0) }
    }
}

extension ONNXElementType {
    /// The name that reports use: `f32` for the types to compute with, else ONNX's.
    public var shortName: String { dtype.map { "\($0.name)" } ?? name }
}

extension ImportedModel {
    /// The model of an ONNX file.
    ///
    /// - Parameter description: The file's description, where it is at hand.
    /// - Throws: `ImportError` that names all that cannot be run.
    public init(_ imported: ONNXImport, _ description: ModelDescription? = nil) throws(ImportError) {
        self.init(
            graph: try imported.runnable(), description: description ?? imported.description, tokenizerFolder: nil,
            checkpoint: nil,
            onnx: imported.file, classNames: imported.labels)
    }

    /// The files that hold the weights.
    public var weightFiles: [MappedFile] {
        if let onnx { return [onnx.file] + onnx.externals.values.sorted { $0.path < $1.path } }
        return checkpoint?.files ?? []
    }
}
