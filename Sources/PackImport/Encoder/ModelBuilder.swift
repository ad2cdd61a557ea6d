import PackCore
import PackGraph

/// Builds a graph of plain ONNX operators, module by module. Names of nodes are paths of modules, names of constants
/// those of the checkpoint.
struct ModelBuilder {
    var weights: Weights
    private var graph = GraphBuilder()
    private let file: String

    /// The element type in which everything is computed.
    static let computed = DType.f32

    init(_ weights: Weights) {
        self.weights = weights
        file = weights.checkpoint.path
    }

    /// A tensor of the checkpoint as numbers of the type that is computed in.
    mutating func weight(_ names: [String], _ shape: [Int]) throws(ImportError) -> String {
        let (name, constant) = try weights.find(names, shape)
        do throws(GraphError) {
            graph.constant(name, try constant.widened())
        } catch { throw ImportError(error, file: file) }
        return name
    }

    /// A tensor that must be there under one name.
    mutating func weight(_ name: String, _ shape: Int...) throws(ImportError) -> String {
        try weight([name], shape)
    }

    /// A model input of whole numbers.
    mutating func input(_ name: String) -> String {
        graph.input(name, .i64, ["batch", "sequence"])
    }

    /// A fixed number.
    mutating func scalar(_ value: Float) throws(ImportError) -> String {
        do throws(GraphError) { return try graph.scalar(value) } catch { throw ImportError(error, file: file) }
    }

    /// A fixed list of whole numbers.
    mutating func list(_ values: Int...) throws(ImportError) -> String {
        do throws(GraphError) { return try graph.integers(values) } catch { throw ImportError(error, file: file) }
    }

    /// A fixed whole number.
    mutating func integer(_ value: Int) throws(ImportError) -> String {
        do throws(GraphError) {
            return try graph.integers([value], shape: [])
        } catch {
            throw ImportError(error, file: file)
        }
    }

    /// A node with one output.
    mutating func node(
        _ op: String, _ path: String, _ inputs: [String], _ attributes: [String: Attribute] = [:]
    ) -> String {
        graph.node(op, "\(path).\(op)", inputs, attributes)
    }

    /// A node with two outputs.
    mutating func pair(
        _ op: String, _ path: String, _ inputs: [String], _ attributes: [String: Attribute] = [:]
    ) -> (String, String) {
        let outputs = graph.node(op, "\(path).\(op)", inputs, attributes, outputs: 2)
        return (outputs[0], outputs[1])
    }

    /// The graph with its outputs, which get their names here, checked and with types inferred.
    func finish(_ outputs: [ModelOutput]) throws(ImportError) -> Graph {
        var result = graph.graph
        for output in outputs {
            result.rename(output.value, to: output.name)
            result.outputs.append(output.name)
        }
        do throws(GraphError) {
            try result.inferTypes()
            return result
        } catch {
            throw ImportError(error, file: file)
        }
    }
}

/// A value that a model gives, and the name under which it gives it.
struct ModelOutput {
    let value: String
    let name: String

    init(_ value: String, as name: String) {
        self.value = value
        self.name = name
    }
}

extension Graph {
    /// Gives a computed value another name wherever it stands.
    fileprivate mutating func rename(_ value: String, to name: String) {
        for index in nodes.indices {
            nodes[index].inputs = nodes[index].inputs.map { $0 == value ? name : $0 }
            nodes[index].outputs = nodes[index].outputs.map { $0 == value ? name : $0 }
        }
    }
}
