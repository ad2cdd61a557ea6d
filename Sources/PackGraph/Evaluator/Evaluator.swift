import PackCore

/// Runs graphs plainly and slowly: the definition of what each operator computes, for constant folding and tests.
///
/// Knows the operators that encoders are made of; others are refused as `unsupported`.
public struct Evaluator {
    /// Values known so far.
    private var tensors: [String: Tensor] = [:]
    /// Types and contents of the values known so far, for the shape rules.
    private var scratch = Graph()

    /// Computes the outputs of a graph.
    ///
    /// - Throws: `GraphError` for missing inputs, for operands that do not suit their node, and for unknown operators.
    public static func run(_ graph: Graph, _ inputs: [String: Tensor]) throws(GraphError) -> [String: Tensor] {
        var evaluator = Evaluator()
        for port in graph.inputs {
            guard let tensor = inputs[port.name] else {
                throw GraphError(.undefinedValue, value: port.name, found: "no tensor", expected: "\(port.type)")
            }
            evaluator.define(port.name, tensor)
        }
        for (name, constant) in graph.constants { evaluator.define(name, try Tensor(constant)) }
        for node in graph.nodes { try evaluator.run(node) }
        var outputs: [String: Tensor] = [:]
        for name in graph.outputs { outputs[name] = evaluator.tensors[name] }
        return outputs
    }

    /// Computes the outputs of one node whose inputs are all constants. An absent output is `nil`.
    package static func fold(_ node: Node, _ constants: ValueMap<Constant>) throws(GraphError) -> [Tensor?] {
        var evaluator = Evaluator()
        for name in Set(node.inputs) where !name.isEmpty {
            guard let constant = constants[name] else {
                throw GraphError(.undefinedValue, node, value: name, found: "no constant", expected: "a constant")
            }
            evaluator.define(name, try Tensor(constant))
        }
        try evaluator.run(node)
        return node.outputs.map { evaluator.tensors[$0] }
    }

    private mutating func define(_ name: String, _ tensor: Tensor) {
        tensors[name] = tensor
        scratch.types[name] = TensorType(tensor.dtype, tensor.shape.map(Dimension.constant))
        scratch.contents[name] =
            !tensor.dtype.isFloat && tensor.shape.count <= 1 && tensor.count <= 64
            ? tensor.integers.map(Dimension.constant) : nil
    }

    private mutating func run(_ node: Node) throws(GraphError) {
        try scratch.infer(node)
        var shapes: [[Int]] = []
        for output in node.outputs { shapes.append(try shape(of: output, node)) }
        let operation = Operation(node: node, inputs: node.inputs.map { tensors[$0] }, shapes: shapes)
        for (name, tensor) in zip(node.outputs, try operation.compute()) where !name.isEmpty { define(name, tensor) }
    }

    /// The extents that the shape rule found for an output; none for one that is absent.
    private func shape(of output: String, _ node: Node) throws(GraphError) -> [Int] {
        if output.isEmpty { return [] }
        let dimensions = scratch.types[output]?.shape
        let extents = dimensions?.compactMap(\.constant)
        guard let extents, extents.count == dimensions?.count else {
            throw GraphError(.unsupported, node, value: output, found: "an unknown shape", expected: "known extents")
        }
        return extents
    }
}

/// One node with its operands' elements; the shape rules have accepted them.
struct Operation {
    let node: Node
    /// `nil` where an optional input is absent.
    let inputs: [Tensor?]
    /// Shapes of the outputs.
    let shapes: [[Int]]

    /// Shape of the first output.
    var shape: [Int] { shapes.first ?? [] }

    /// An input that the shape rule has seen.
    func input(_ index: Int) throws(GraphError) -> Tensor {
        guard let tensor = optional(index) else {
            throw GraphError(.wrongCount, node, found: "no input \(index)", expected: "an input \(index)")
        }
        return tensor
    }

    /// An input that may be absent.
    func optional(_ index: Int) -> Tensor? { inputs.indices.contains(index) ? inputs[index] : nil }

    /// The axis that an attribute gives, counted from the front.
    func axis(default standard: Int, rank: Int) throws(GraphError) -> Int {
        let axis = try node.int("axis", default: standard)
        return axis < 0 ? axis + rank : axis
    }

    /// A list that an input, or an attribute, gives.
    func list(_ index: Int, _ attribute: String) throws(GraphError) -> [Int]? {
        if let tensor = optional(index) { return tensor.integers }
        return try node.ints(attribute)
    }

    func compute() throws(GraphError) -> [Tensor] {
        if let result = try elementwise() { return result }
        if let result = try movement() { return result }
        if let result = try reduction() { return result }
        if let result = try product() { return result }
        if let result = try fusedOperator() { return result }
        throw GraphError(.unsupported, node, found: "operator \(node.op)", expected: "one that the evaluator knows")
    }
}
