import CPackKernels
import PackCore
import PackGraph

extension Lowering {
    static let recurrent: [String: LoweringRule] = [
        "RNN": { lowering, node throws(PlannerError) in try lowering.lowerRecurrent(node, 0, ["tanh"], nil) },
        "GRU": { lowering, node throws(PlannerError) in
            try lowering.lowerRecurrent(node, 1, ["sigmoid", "tanh"], "linear_before_reset")
        },
        "LSTM": { lowering, node throws(PlannerError) in
            try lowering.lowerRecurrent(node, 2, ["sigmoid", "tanh", "tanh"], "input_forget")
        },
    ]

    /// Attributes start with `RecurrentKind` in PackRuntime.
    private mutating func lowerRecurrent(
        _ node: Node, _ kind: Int64, _ functions: [String], _ flag: String?
    ) throws(PlannerError) {
        guard node.inputs.count >= 3 else { throw refuse(node, "\(node.inputs.count) inputs", "3 or more") }
        let (x, state) = (try type(node.inputs[0], of: node), try type(node.inputs[2], of: node))
        let weights = try type(node.inputs[1], of: node)
        guard let hidden = state.shape.last?.constant, let ways = state.shape[0].constant,
            let width = x.shape.last?.constant ?? weights.shape.last?.constant, hidden > 0, width > 0
        else { throw refuse(node, "\(x) and \(state)", "known sizes of input and state") }
        var words = try read(node) { n throws(GraphError) in
            let direction = try n.choice("direction", ["forward", "reverse", "bidirectional"], default: "forward")
            return [
                kind, Int64(direction), try n.int("layout", default: 0) != 0 ? 1 : 0, Int64(hidden),
                bits(try n.float("clip", default: 0)),
                try flag.map { name throws(GraphError) in try n.int(name, default: 0) } ?? 0 != 0 ? 1 : 0,
            ]
        }
        let isQuantized = try read(node) { n throws(GraphError) in
            kind == 2 ? try n.int("quantized_state", default: 0) != 0 : false
        }
        if isQuantized { words[5] |= 2 }
        words += try functionWords(node, ways, functions)
        let gates = state.shape[1].constant ?? 0
        var inputs = [try value(node.inputs[0], of: node)]
        inputs.append(try gateWeights(node, 1, k: width, n: ways * gates, isQuantized))
        inputs.append(try gateWeights(node, 2, k: hidden, n: ways * gates, isQuantized))
        for index in 3..<(kind == 2 ? 8 : 6) { inputs.append(try value(node.input(index) ?? "", of: node)) }
        let isByBatch = words[2] != 0
        let (sequence, batch) = isByBatch ? (x.shape[1], x.shape[0]) : (x.shape[0], x.shape[1])
        let (way, size) = (Dimension.constant(ways), Dimension.constant(hidden))
        let last = TensorType(.f32, isByBatch ? [batch, way, size] : [way, batch, size])
        let all = TensorType(.f32, isByBatch ? [batch, sequence, way, size] : [sequence, way, batch, size])
        try step(PACK_OP_Recurrent, node, inputs, words, outputs: [all, last] + (kind == 2 ? [last] : []))
    }

    /// Weights as panels if they are constant; quantized ones as half floats, which hold 8 bits with a scale to 1/16 of a step.
    private mutating func gateWeights(
        _ node: Node, _ index: Int, k: Int, n: Int, _ isQuantized: Bool
    ) throws(PlannerError) -> UInt32 {
        let name = node.inputs[index]
        guard let constant = graph.constants[name], constant.dtype.isFloat, constant.count == k * n else {
            return try value(name, of: node)
        }
        let isExact = [.f32, .bf16].contains(storage.kind(of: name)) && !isQuantized
        return try panels(name, k: k, n: n, transposed: true, as: isExact ? .f32 : .f16).panels
    }

    /// Names in lower case, by code (`RecurrentFunction` in PackRuntime), and the standard alpha and beta of those that have
    /// them.
    private static let recurrentFunctions: [(name: String, alpha: Float?, beta: Float?)] = [
        ("relu", nil, nil), ("tanh", nil, nil), ("sigmoid", nil, nil), ("affine", 1, 0), ("leakyrelu", 0.01, nil),
        ("thresholdedrelu", 1, nil), ("scaledtanh", 1, 1), ("hardsigmoid", 0.2, 0.5), ("elu", 1, nil),
        ("softsign", nil, nil), ("softplus", nil, nil),
    ]

    /// For each direction and function its code, alpha and beta. The lists of numbers have entries for those functions only
    /// that take them.
    private func functionWords(_ node: Node, _ ways: Int, _ standard: [String]) throws(PlannerError) -> [Int64] {
        let all = (0..<ways).flatMap { _ in standard }
        let (given, alphas, betas) = try read(node) { n throws(GraphError) in
            (
                try n.strings("activations") ?? all, try n.floats("activation_alpha") ?? [],
                try n.floats("activation_beta") ?? []
            )
        }
        guard given.count >= all.count else { throw refuse(node, "activations \(given)", "\(all.count) names") }
        var (nextAlpha, nextBeta) = (alphas.makeIterator(), betas.makeIterator())
        var words: [Int64] = []
        for name in given.prefix(all.count) {
            guard let code = Lowering.recurrentFunctions.firstIndex(where: { $0.name == name.lowercased() }) else {
                throw refuse(node, "activation \(name)", "one that ONNX has")
            }
            let function = Lowering.recurrentFunctions[code]
            let alpha = function.alpha.map { nextAlpha.next() ?? $0 } ?? 0
            let beta = function.beta.map { nextBeta.next() ?? $0 } ?? 0
            words += [Int64(code), bits(alpha), bits(beta)]
        }
        return words
    }
}
