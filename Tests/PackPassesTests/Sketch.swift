import PackCore
import PackGraph
import PackPasses

/// A small graph over x [batch, sequence, 8], written down operator by operator.
struct Sketch {
    var graph = GraphBuilder()
    private var random: SeededGenerator
    let x: String

    init(seed: UInt64 = 3, length: Dimension = "sequence") {
        random = SeededGenerator(seed: seed)
        x = graph.input("x", .f32, ["batch", length, 8])
    }

    mutating func callAsFunction(
        _ op: String, _ inputs: String..., attributes: [String: Attribute] = [:]
    ) -> String {
        graph.node(op, "part.\(op)", inputs, attributes)
    }

    mutating func number(_ value: Float) throws -> String { try graph.scalar(value) }

    mutating func list(_ values: Int...) throws -> String { try graph.integers(values) }

    mutating func weight(_ shape: Int..., range: ClosedRange<Float> = -1...1) throws -> String {
        let made = try Constant(floats: random.floats(shape.reduce(1, *), range), shape: shape)
        return graph.constant("weight\(graph.graph.constants.count)", made)
    }

    mutating func mask() -> String { graph.input("attention_mask", .i64, ["batch", "sequence"]) }

    mutating func reduce(_ op: String, _ value: String, axis: Int, keep: Bool = true) throws -> String {
        self(op, value, try list(axis), attributes: ["keepdims": .int(keep ? 1 : 0)])
    }

    /// The graph with the given outputs.
    mutating func finish(_ outputs: String...) throws -> Graph {
        var graph = graph
        for output in outputs { graph.output(output) }
        return try graph.finish()
    }
}

extension Graph {
    /// Operators in order.
    var operators: [String] { nodes.map(\.op) }

    /// The first node of an operator.
    func node(_ op: String) -> Node? { nodes.first { $0.op == op } }
}
