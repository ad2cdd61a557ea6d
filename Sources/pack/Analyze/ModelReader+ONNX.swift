import PackFit
import PackFormats
import PackGraph
import PackIO
import PackImport

extension ModelReading {
    /// Problems that a report lists one by one.
    private static let listed = 20

    /// What an ONNX file is and holds. One that cannot be run is reported on as well.
    static func onnx(_ path: String, _ onnx: ONNXImport) throws -> ModelReading {
        let description = onnx.description
        var facts = facts(onnx, description, path, files: try modelFiles(path, onnx))
        facts.findings += unused(onnx, description)
        for problem in onnx.problems.prefix(listed) { facts.findings.insert(finding(problem), at: 0) }
        // Weights of the model are no pickles, whatever their names end in.
        facts.findings += ModelFacts.findings(in: facts.files.filter { onnx.file.externals[$0.path] == nil })
        let weights = [onnx.file.file] + onnx.file.externals.values
        guard onnx.problems.isEmpty else {
            return ModelReading(
                facts: facts, imported: nil, graph: onnx.graph, weightFiles: weights,
                obstacle: ImportError(onnx.problems, file: onnx.file.file.path).facts)
        }
        let imported = try ImportedModel(onnx, description)
        return ModelReading(facts: facts, imported: imported, graph: onnx.graph, weightFiles: weights)
    }

    private static func facts(
        _ onnx: ONNXImport, _ description: ModelDescription, _ path: String, files: [ModelFacts.File]
    ) -> ModelFacts {
        let tensors = onnx.tensors.map { name, tensor in
            ModelFacts.Tensor(
                name: name, dtype: tensor.type.shortName, shape: tensor.shape, count: tensor.count,
                bytes: tensor.byteCount, isFloating: tensor.type.isFloating)
        }
        var facts = ModelFacts(
            path: path, format: "onnx", parameters: description.parameters, tensors: tensors, files: files,
            weightBytes: description.weightBytes)
        facts.architecture = "\(description.architecture) (\(onnx.origin))"
        facts.task = "takes " + onnx.graph.inputs.map { "\($0.name) \($0.type)" }.joined(separator: ", ")
        facts.operators = onnx.operatorCounts
        facts.outputs = onnx.graph.outputs.map { output(onnx.graph, $0, 1) }
        facts.duplicates = duplicates(onnx.graph)
        return facts
    }

    /// The files of the folder, or the model with its files of weights.
    private static func modelFiles(_ path: String, _ onnx: ONNXImport) throws -> [ModelFacts.File] {
        if try FileContents.kind(of: path) == .folder { return try files(of: path) }
        let externals = onnx.file.externals.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        return [.init(path: onnx.file.file.path, bytes: onnx.file.file.size)]
            + externals.map { .init(path: $0.key, bytes: $0.value.size) }
    }

    private static func finding(_ problem: ONNXProblem) -> ModelFacts.Finding {
        let what = problem.op.isEmpty ? "value \(problem.place)" : "node \(problem.place) (\(problem.op))"
        return .init(
            id: "model.unsupported",
            text: "cannot be run: \(what): found \(problem.found), expected \(problem.expected); \(problem.hint)")
    }

    private static func unused(_ onnx: ONNXImport, _ description: ModelDescription) -> [ModelFacts.Finding] {
        let names = description.unused
        guard !names.isEmpty else { return [] }
        let set = Set(names)
        let bytes = onnx.tensors.reduce(0) { $0 + (set.contains($1.name) ? $1.tensor.byteCount : 0) }
        let some = names.prefix(3).joined(separator: ", ") + (names.count > 3 ? " and \(names.count - 3) more" : "")
        return [.init(id: "tensors.unused", text: "no node reads \(some)", bytes: bytes)]
    }

    /// Constants of 4 KB and more with the same contents.
    private static func duplicates(_ graph: Graph) -> [ModelFacts.Duplicate] {
        let large = graph.constants.filter { $0.value.byteCount >= 4096 && !$0.value.looksUniform }
        var groups: [[String]] = []
        for alike in Dictionary(grouping: large, by: { $0.value.sampleHash }).values where alike.count > 1 {
            var rest = alike.sorted { $0.key < $1.key }
            while let first = rest.first {
                let same = rest.filter { $0.value.hasSameContents(as: first.value) }
                if same.count > 1 { groups.append(same.map(\.key)) }
                rest.removeAll { entry in same.contains { $0.key == entry.key } }
            }
        }
        return groups.compactMap { names in
            graph.constants[names[0]].map { .init(names: names, bytes: $0.byteCount) }
        }.sorted { ($1.wasted, $0.names[0]) < ($0.wasted, $1.names[0]) }
    }
}
