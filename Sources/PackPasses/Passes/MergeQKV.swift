import PackCore
import PackGraph

extension Pass {
    /// The three products in front of an Attention, over the same input, as one.
    static let mergeQKV = Pass("merge-qkv", "Compute query, key and value in one product", at: ["Attention"]) {
        (rewriter: borrowing Rewriter, slot: Int, node: Node) throws(GraphError) in
        guard node.inputs.count == 4, let parts = rewriter.projections(node) else { return nil }
        let path = commonPath(parts.map(\.node.name))
        let linear = parts[0].node
        var patch = Patch(path)
        let weight = rewriter.freshValue(path + ".qkv.weight")
        patch.constants[weight] = try rewriter.joined(
            parts, input: 1, alongRows: linear.int("transposed", default: 0) != 0)
        var bias = ""
        if linear.input(2) != nil {
            bias = rewriter.freshValue(path + ".qkv.bias")
            patch.constants[bias] = try rewriter.joined(parts, input: 2, alongRows: true)
        }
        let output = rewriter.freshValue(path + ".qkv")
        let place = parts.map(\.slot).max() ?? slot
        patch.nodes[place] = Node(
            "Linear", name: path + ".qkv", inputs: [linear.inputs[0], weight, bias, ""], outputs: [output],
            attributes: linear.attributes)
        patch.removed = parts.map(\.slot).filter { $0 != place }
        var attention = node
        attention.inputs = [output, "", "", node.inputs[3]]
        patch.nodes[slot] = attention
        return patch
    }
}

private typealias Projection = (slot: Int, node: Node)

extension Rewriter {
    /// The Linears that make q, k and v, if one product can take their place: same input, nothing else done, and weights
    /// of their own.
    fileprivate func projections(_ node: Node) -> [(slot: Int, node: Node)]? {
        var parts: [Projection] = []
        for value in node.inputs[..<3] {
            guard let part = maker(value, "Linear"), useCount(value) == 1, !outputs.contains(value),
                shape(value)?.count == 3,
                part.node.input(3) == nil, part.node.attributes["activation"] ?? .string("none") == .string("none"),
                isOwn(part.node.inputs[1]), part.node.input(2).map(isOwn) ?? true
            else { return nil }
            parts.append(part)
        }
        let first = parts[0].node
        let alike = parts.allSatisfy { part in
            part.node.inputs[0] == first.inputs[0] && part.node.attributes == first.attributes
                && form(part.node.input(1)) == form(first.input(1)) && form(part.node.input(2)) == form(first.input(2))
        }
        return alike ? parts : nil
    }

    private func isOwn(_ constant: String) -> Bool {
        (graph.constants[constant]?.count ?? 0) > 0 && useCount(constant) == 1
    }

    private func form(_ value: String?) -> TensorType? { value.flatMap { graph.types[$0] } }

    /// The same input of all parts in one constant, one under another or, for a matrix, side by side.
    fileprivate func joined(
        _ parts: [(slot: Int, node: Node)], input: Int, alongRows: Bool
    ) throws(GraphError) -> Constant {
        let constants = parts.compactMap { graph.constants[$0.node.inputs[input]] }
        guard alongRows else { return try Constant.sideBySide(constants) }
        var shape = constants[0].shape
        shape[0] *= constants.count
        return try Constant.stacked(constants, shape: shape)
    }
}
