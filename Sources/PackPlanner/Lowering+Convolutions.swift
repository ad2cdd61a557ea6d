import CPackKernels
import PackCore
import PackGraph

extension Lowering {
    /// Convolutions, pooling and what belongs to images.
    static let convolutions: [String: LoweringRule] = [
        "Conv": { lowering, node throws(PlannerError) in try lowering.lowerConv(node) }
    ]

    /// The extents that follow the first two of a value: spatial ones of an image, or the kernel of weights.
    func spatial(_ name: String, of node: Node) throws(PlannerError) -> [Dimension] {
        Array(try type(name, of: node).shape.dropFirst(2))
    }

    /// The values of a node's inputs, absent ones included, up to `count`.
    mutating func values(_ node: Node, _ count: Int) throws(PlannerError) -> [UInt32] {
        var result: [UInt32] = []
        for index in 0..<count { result.append(try value(node.input(index) ?? "", of: node)) }
        return result
    }

    /// The window that a node slides over its first input.
    func window(_ node: Node, weights: String? = nil) throws(PlannerError) -> WindowAttributes {
        let rank = try spatial(node.inputs[0], of: node).count
        let kernel = try weights.map { name throws(PlannerError) in
            try spatial(name, of: node).compactMap(\.constant)
        }
        return try read(node) { n throws(GraphError) in try WindowAttributes(n, kernel: kernel, rank: rank) }
    }

    /// The code of a fused activation.
    func activation(_ node: Node) throws(PlannerError) -> Int64 {
        let name = try read(node) { n throws(GraphError) in try n.string("activation", default: "none") }
        guard let code = Lowering.activations[name] else {
            throw refuse(node, "activation \(name)", "none, relu, gelu, gelu_tanh or tanh")
        }
        return code
    }

    private mutating func lowerConv(_ node: Node) throws(PlannerError) {
        let window = try window(node, weights: node.inputs[1])
        let group = try read(node) { n throws(GraphError) in try n.int("group", default: 1) }
        try step(
            PACK_OP_Conv, node, try values(node, 3), [try activation(node), Int64(group)] + window.words)
    }
}
