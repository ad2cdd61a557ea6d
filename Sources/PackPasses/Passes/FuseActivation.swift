import PackGraph

extension Pass {
    /// An activation function behind a Linear or a convolution.
    static let fuseActivation = Pass(
        "fuse-activation", "Apply activation functions where the product is written",
        at: [
            "Relu", "Gelu", "Tanh", "Sigmoid", "Swish", "HardSwish", "HardSigmoid", "LeakyRelu", "Clip",
        ]
    ) { (rewriter: borrowing Rewriter, slot: Int, node: Node) throws(GraphError) in
        guard let source = node.input(0), let (name, parameters) = try rewriter.activation(node) else { return nil }
        let isPlain = ["Relu", "Gelu", "Tanh"].contains(node.op)
        guard let (below, product) = (isPlain ? rewriter.openLinear(source) : nil) ?? rewriter.openConvolution(source),
            try product.string("activation", default: "none") == "none"
        else { return nil }
        var fused = product
        fused.outputs = node.outputs
        fused.attributes["activation"] = .string(name)
        if !parameters.isEmpty { fused.attributes["activation_parameters"] = .floats(parameters) }
        var patch = Patch(product.name, slot, fused)
        patch.removed = [below]
        return patch
    }
}

extension Rewriter {
    /// The name that a fused function has, and its parameters.
    fileprivate func activation(_ node: Node) throws(GraphError) -> (String, [Float])? {
        switch node.op {
        case "Relu": return ("relu", [])
        case "Tanh": return ("tanh", [])
        case "Sigmoid": return ("sigmoid", [])
        case "HardSwish": return ("hard_swish", [])
        case "Swish": return ("silu", [try node.float("alpha", default: 1)])
        case "LeakyRelu": return ("leaky_relu", [try node.float("alpha", default: 0.01)])
        case "HardSigmoid":
            return ("hard_sigmoid", [try node.float("alpha", default: 0.2), try node.float("beta", default: 0.5)])
        case "Clip": return limits(node).map { ("clip", [$0.low, $0.high]) }
        default: return (try node.string("approximate", default: "none") == "tanh" ? "gelu_tanh" : "gelu", [])
        }
    }
}
