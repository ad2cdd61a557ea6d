import PackCore
import PackGraph
import PackImport
import PackPlanner

/// Finds all nodes of an ONNX model's graph that the runtime does not run, before anything is run.
enum Unrunnable {
    /// Nodes that are named at most.
    private static let limit = 50

    /// - Throws: `ImportError` that names every node.
    static func check(_ imported: ImportedModel, _ graph: Graph, _ metadata: PlanMetadata) throws {
        guard let file = imported.onnx else { return }
        let problems = problems(graph, metadata)
        guard problems.isEmpty else { throw ImportError(problems, file: file.file.path) }
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
