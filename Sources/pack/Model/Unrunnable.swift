import PackCore
import PackGraph
import PackImport
import PackPlanner

/// Finds all nodes of an ONNX model's graph that the runtime does not run, before anything is run.
enum Unrunnable {
    /// Nodes that are named at most.
    private static let limit = 50

    /// The layout of the plan with weights stored so.
    ///
    /// - Throws: Of an ONNX model, `ImportError` that names every node that is not run.
    static func draft(
        _ imported: ImportedModel, _ graph: Graph, _ metadata: PlanMetadata, _ storage: WeightStorage
    ) throws -> PlanDraft {
        try named(imported, graph, metadata) { () throws(PlannerError) in
            try Planner.draft(graph, storage: storage, metadata: metadata)
        }
    }

    /// The layouts of the plans with all weights stored in each of several kinds. Throws as `draft` does.
    static func drafts(
        _ imported: ImportedModel, _ graph: Graph, _ metadata: PlanMetadata, kinds: [WeightKind]
    ) throws -> [PlanDraft] {
        try named(imported, graph, metadata) { () throws(PlannerError) in
            try Planner.drafts(graph, kinds: kinds, metadata: metadata)
        }
    }

    /// Plans; where that fails, every node that it would fail at is found.
    private static func named<Result>(
        _ imported: ImportedModel, _ graph: Graph, _ metadata: PlanMetadata, _ plan: () throws(PlannerError) -> Result
    ) throws -> Result {
        do throws(PlannerError) {
            return try plan()
        } catch {
            guard let file = imported.onnx else { throw error }
            let problems = problems(graph, metadata)
            throw problems.isEmpty ? error : ImportError(problems, file: file.file.path)
        }
    }

    /// The planner names the first node that it refuses: its results then become inputs, and the rest is tried.
    static func problems(_ graph: Graph, _ metadata: PlanMetadata) -> [ONNXProblem] {
        var graph = graph
        var problems: [ONNXProblem] = []
        while problems.count < limit {
            do throws(PlannerError) {
                _ = try Planner.draft(graph, storage: WeightStorage(.f32), metadata: metadata)
                return problems
            } catch {
                let index = graph.nodes.firstIndex { $0.name == error.node }
                problems.append(
                    ONNXProblem(
                        kind: .unsupportedUse, place: error.node, op: error.op, found: error.found,
                        expected: error.expected,
                        hint: "export the model again so that it does without, or cut that part off with --outputs",
                        needs: index.map { graph.needs(of: graph.nodes[$0]) } ?? []))
                guard !error.op.isEmpty, let index else { return problems }
                for output in graph.nodes[index].outputs where !output.isEmpty {
                    graph.inputs.append(Port(output, graph.types[output] ?? TensorType(.f32, [])))
                }
                graph.nodes.remove(at: index)
            }
        }
        return problems
    }
}
