import CPackKernels
import PackCore
import PackGraph

/// Functions that are kernels, alone and behind a convolution.
extension Lowering {
    /// The kernel of each function that a convolution can have as its activation.
    private static let functions: [String: pack_unary] = [
        "relu": PACK_UNARY_RELU, "gelu": PACK_UNARY_GELU_ERF, "gelu_tanh": PACK_UNARY_GELU_TANH,
        "tanh": PACK_UNARY_TANH, "sigmoid": PACK_UNARY_SIGMOID, "leaky_relu": PACK_UNARY_LEAKY_RELU,
        "hard_sigmoid": PACK_UNARY_HARD_SIGMOID, "hard_swish": PACK_UNARY_HARD_SWISH, "clip": PACK_UNARY_CLIP,
        "silu": PACK_UNARY_SILU,
    ]

    /// The words of a fused activation.
    func activation(_ node: Node) throws(PlannerError) -> [Int64] {
        let (name, parameters) = try read(node) { n throws(GraphError) in
            (
                try n.string("activation", default: "none"),
                try n.floats("activation_parameters") ?? []
            )
        }
        guard name != "none" else { return [0, 0, 0] }
        guard let kind = Lowering.functions[name] else {
            throw refuse(
                node, "activation \(name)", "none, " + Lowering.functions.keys.sorted().joined(separator: ", "))
        }
        return words(kind, parameters)
    }

    /// The words of a kernel with its parameters.
    func words(_ kind: pack_unary, _ parameters: [Float] = []) -> [Int64] {
        [Int64(kind.rawValue)] + (parameters + [0, 0]).prefix(2).map { bits($0) }
    }
}
