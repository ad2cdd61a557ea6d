import PackFormats
import PackGraph
import PackImport
import PackReport

/// An ONNX file's description, what cannot be run of it, and its graph. JSON: `pack.inspect.onnx/1`.
struct ONNXInspection {
    private let onnx: ONNXImport
    private let model: ONNXModel
    /// nil where parts cannot be run.
    private let rewritten: RewrittenGraph?
    /// The graph that is printed.
    private let graph: Graph

    init(_ onnx: ONNXImport, _ rewritten: RewrittenGraph?, isRewritten: Bool) {
        self.onnx = onnx
        self.rewritten = rewritten
        graph = isRewritten ? rewritten?.graph ?? onnx.graph : onnx.graph
        model = onnx.file.model
    }

    var document: Document {
        let description = onnx.description
        var facts = Table([.init(""), .init("", overflow: .wrap)])
        let functions = model.functions.map { "\($0.domain).\($0.name)" }
        facts.rows = [
            ["format", Text("ONNX, \(onnx.origin)")],
            ["graph", Text(model.graph.name)],
            ["inputs", Text(inputs.map { "\($0.name): \($0.type)" }.joined(separator: "; "))],
            ["outputs", Text(outputs.map { "\($0.name): \($0.type)" }.joined(separator: "; "))],
            ["parameters", Text(NumberText.grouped(description.parameters))],
            ["weights", Text("\(NumberText.exactBytes(description.weightBytes)) in \(description.tensors) tensors")],
            ["types", Text(bytesByType.map { "\(NumberText.bytes($0.value)) \($0.key)" }.joined(separator: ", "))],
            ["files", Text(onnx.file.externals.keys.sorted().joined(separator: ", "))],
            ["operators", Text(counts)],
            ["rewritten", Text(rewritten?.effects.operators() ?? "")],
            ["passes", Text(rewritten?.effects.summary ?? "")],
            ["functions", Text(functions.joined(separator: ", "))],
            ["notes", Text(model.metadata.map { "\($0.key)=\($0.value)" }.joined(separator: ", "))],
            ["not used", Text(description.unused.joined(separator: ", "))],
        ].filter { !$0[1].text.isEmpty }
        var blocks: [Document.Block] = [.paragraph([Text(description.path, .strong)]), .table(facts)]
        if !onnx.problems.isEmpty {
            blocks.append(.heading("Cannot be run"))
            blocks.append(.list(onnx.problems.map { [Text(Self.line($0), .bad)] }))
        }
        return Document(blocks + [.heading("Graph"), .list(graph.lines().map { [Text($0)] })])
    }

    private static func line(_ problem: ONNXProblem) -> String {
        let what = problem.op.isEmpty ? problem.place : "\(problem.place) (\(problem.op))"
        return "\(what): found \(problem.found), expected \(problem.expected); \(problem.hint)"
    }

    /// The file's inputs; where something was fixed, those that are left.
    private var inputs: [(name: String, type: String)] {
        guard onnx.specialization.isEmpty else { return onnx.graph.inputs.map { ($0.name, "\($0.type)") } }
        return model.graph.inputs.map { ($0.name, "\($0.type)") }
    }

    private var outputs: [(name: String, type: String)] {
        guard onnx.specialization.isEmpty else {
            return onnx.graph.outputs.map { ($0, onnx.graph.types[$0].map { "\($0)" } ?? "?") }
        }
        return model.graph.outputs.map { ($0.name, "\($0.type)") }
    }

    private var counts: String {
        onnx.operatorCounts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { "\($0.value) \($0.key)" }
            .joined(separator: ", ")
    }

    private var bytesByType: [(key: String, value: Int)] {
        onnx.tensors.reduce(into: [String: Int]()) { $0[$1.tensor.type.shortName, default: 0] += $1.tensor.byteCount }
            .sorted { ($1.value, $0.key) < ($0.value, $1.key) }
    }

    var json: JSON {
        let description = onnx.description
        return [
            "schema": "pack.inspect.onnx/1",
            "path": .string(description.path),
            "irVersion": .int(model.irVersion),
            "operatorSets": .counts(
                Dictionary(model.operatorSets.map { ($0.domain, $0.version) }) { first, _ in first }),
            "producer": .string(model.producer), "producerVersion": .string(model.producerVersion),
            "graph": .string(model.graph.name),
            "inputs": .array(inputs.map(value)), "outputs": .array(outputs.map(value)),
            "parameters": .int(description.parameters),
            "bytes": ["file": .int(description.fileBytes), "weights": .int(description.weightBytes)],
            "bytesByType": .counts(Dictionary(uniqueKeysWithValues: bytesByType.map { ($0.key, $0.value) })),
            "files": .array(onnx.file.paths.map { .string($0) }),
            "operators": .counts(onnx.operatorCounts),
            "rewritten": rewritten.map { $0.effects.graphJSON } ?? .null,
            "passes": rewritten.map { $0.effects.passesJSON } ?? .null,
            "functions": .array(model.functions.map { .string("\($0.domain).\($0.name)") }),
            "unused": .array(description.unused.map { .string($0) }),
            "problems": .array(onnx.problems.map(problem)),
            "nodes": .array(graph.nodes.map(node)),
        ]
    }

    private func value(_ value: (name: String, type: String)) -> JSON {
        ["name": .string(value.name), "type": .string(value.type)]
    }

    private func problem(_ problem: ONNXProblem) -> JSON {
        [
            "kind": .string(problem.kind.rawValue), "place": .string(problem.place), "operator": .string(problem.op),
            "found": .string(problem.found), "expected": .string(problem.expected), "hint": .string(problem.hint),
        ]
    }

    private func node(_ node: Node) -> JSON {
        [
            "operator": .string(node.op), "name": .string(node.name),
            "inputs": .array(node.inputs.map { .string($0) }),
            "outputs": .array(
                node.outputs.map { name in
                    ["name": .string(name), "type": .optional(graph.types[name].map { "\($0)" })]
                }),
        ]
    }
}
