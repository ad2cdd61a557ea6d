import PackGraph
import PackImport
import PackReport

/// A model folder's description and graph. JSON: `pack.inspect.model/1`.
struct ModelInspection {
    let model: ImportedModel
    private let rewritten: RewrittenGraph
    /// The graph that is printed.
    private let graph: Graph

    init(_ model: ImportedModel, _ rewritten: RewrittenGraph, isRewritten: Bool) {
        self.model = model
        self.rewritten = rewritten
        graph = isRewritten ? rewritten.graph : model.graph
    }

    var document: Document {
        let description = model.description
        var facts = Table([.init(""), .init("", overflow: .wrap)])
        facts.rows = [
            ["architecture", Text("\(description.architecture) (\(description.modelType))")],
            ["task", Text(TaskText.describe(description))],
            ["parameters", Text(NumberText.grouped(description.parameters))],
            ["layers", Text("\(description.layers), \(description.heads) heads each")],
            ["widths", Text("\(description.hidden) hidden, \(description.intermediate) between")],
            ["vocabulary", Text(NumberText.grouped(description.vocabulary))],
            ["longest input", Text("\(description.maximumTokens) tokens")],
            ["activation", Text(description.activation)],
            ["weights", Text("\(NumberText.exactBytes(description.weightBytes)) in \(description.tensors) tensors")],
            ["operators", Text(rewritten.effects.operators())],
            ["passes", Text(rewritten.effects.summary)],
            ["labels", Text(description.task.labels.joined(separator: ", "))],
            ["not used", Text(description.unused.joined(separator: ", "))],
        ].filter { !$0[1].text.isEmpty }
        return Document([
            .paragraph([Text(description.path, .strong)]), .table(facts), .heading("Graph"),
            .list(graph.lines().map { [Text($0)] }),
        ])
    }

    var json: JSON {
        let description = model.description
        return [
            "schema": "pack.inspect.model/1",
            "path": .string(description.path),
            "architecture": .string(description.architecture),
            "modelType": .string(description.modelType),
            "task": .string(description.task.name),
            "labels": .array(description.task.labels.map { .string($0) }),
            "layers": .int(description.layers), "heads": .int(description.heads),
            "hidden": .int(description.hidden), "intermediate": .int(description.intermediate),
            "vocabulary": .int(description.vocabulary), "maximumTokens": .int(description.maximumTokens),
            "activation": .string(description.activation),
            "pooling": .optional(description.pooling?.rawValue), "normalized": .bool(description.isNormalized),
            "parameters": .int(description.parameters),
            "bytes": ["file": .int(description.fileBytes), "weights": .int(description.weightBytes)],
            "dtypes": .counts(description.types),
            "unused": .array(description.unused.map { .string($0) }),
            "inputs": .array(graph.inputs.map { value($0.name, $0.type) }),
            "outputs": .array(graph.outputs.map { value($0, graph.types[$0]) }),
            "operators": .counts(model.graph.operatorCounts),
            "rewritten": rewritten.effects.graphJSON, "passes": rewritten.effects.passesJSON,
            "nodes": .array(graph.nodes.map(node)),
        ]
    }

    private func node(_ node: Node) -> JSON {
        [
            "operator": .string(node.op), "name": .string(node.name),
            "inputs": .array(node.inputs.map { .string($0) }),
            "outputs": .array(node.outputs.map { value($0, graph.types[$0]) }),
        ]
    }

    private func value(_ name: String, _ type: TensorType?) -> JSON {
        var entries: [String: JSON] = ["name": .string(name)]
        if let type {
            entries["dtype"] = .string("\(type.dtype.name)")
            entries["shape"] = .array(
                type.shape.map { dimension in
                    dimension.constant.map { .int($0) } ?? .string("\(dimension)")
                })
        }
        return .object(entries)
    }
}
