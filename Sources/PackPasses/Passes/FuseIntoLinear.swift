import PackGraph

extension Pass {
    /// An activation function behind a Linear or a convolution.
    static let fuseActivation = Pass(
        "fuse-activation", "Apply activation functions where the product is written", at: ["Relu", "Gelu", "Tanh"]
    ) { (rewriter: borrowing Rewriter, slot: Int, node: Node) throws(GraphError) in
        guard let source = node.input(0),
            let (below, linear) = rewriter.openLinear(source) ?? rewriter.openConvolution(source),
            try linear.string("activation", default: "none") == "none"
        else { return nil }
        var fused = linear
        fused.outputs = node.outputs
        fused.attributes["activation"] = .string(try activation(node))
        var patch = Patch(linear.name, slot, fused)
        patch.removed = [below]
        return patch
    }

    private static func activation(_ node: Node) throws(GraphError) -> String {
        switch node.op {
        case "Relu": "relu"
        case "Tanh": "tanh"
        default: try node.string("approximate", default: "none") == "tanh" ? "gelu_tanh" : "gelu"
        }
    }

    /// A value of the same shape that is added to the output of a Linear.
    static let fuseResidual = Pass("fuse-residual", "Add residuals where the product is written", at: ["Add"]) {
        (rewriter: borrowing Rewriter, slot: Int, node: Node) throws(GraphError) in
        let both = rewriter.orders(node).compactMap { value, residual in
            rewriter.openLinear(value).map { ($0.slot, $0.node, residual) }
        }
        // Of two products the later one takes the earlier one in.
        guard let (below, linear, residual) = both.max(by: { $0.0 < $1.0 }), residual != linear.outputs[0],
            rewriter.graph.types[residual] != nil,
            rewriter.graph.types[residual] == rewriter.graph.types[linear.outputs[0]],
            rewriter.graph.constants[residual] == nil
        else { return nil }
        var fused = linear
        fused.inputs[3] = residual
        fused.outputs = node.outputs
        var patch = Patch(linear.name, slot, fused)
        patch.removed = [below]
        return patch
    }
}

extension Rewriter {
    /// The convolution that makes a value with no other use.
    fileprivate func openConvolution(_ value: String) -> (slot: Int, node: Node)? {
        guard let (slot, node) = maker(value, "Conv") ?? maker(value, "ConvTranspose"), useCount(value) == 1,
            !outputs.contains(value)
        else { return nil }
        return (slot, node)
    }

    /// The Linear without residual that makes a value with no other use.
    fileprivate func openLinear(_ value: String) -> (slot: Int, node: Node)? {
        guard let (slot, node) = maker(value, "Linear"), useCount(value) == 1, !outputs.contains(value),
            node.inputs.count == 4, node.input(3) == nil
        else { return nil }
        return (slot, node)
    }
}
