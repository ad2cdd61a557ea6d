import CPackKernels
import PackCore
import PackGraph

extension Lowering {
    /// Lowers one node.
    mutating func lower(_ node: Node) throws(PlannerError) {
        if try lowersAsFloat(node) { return try lowerAsFloat(node) }
        switch node.op {
        case "Linear": try lowerLinear(node)
        case "Attention": try lowerAttention(node)
        case "Embed": try lowerEmbed(node)
        case "LayerNormalization": try lowerLayerNormalization(node)
        case "MaskedMean": try lowerPlain(PACK_OP_MaskedMean, node, count: 2)
        case "MaskedMax": try lowerPlain(PACK_OP_MaskedMax, node, count: 2)
        case "L2Normalize":
            try lowerPlain(
                PACK_OP_L2Normalize, node, count: 1,
                [bits(try read(node) { n throws(GraphError) in try n.float("epsilon", default: 1e-12) })])
        case "MatMul": try lowerMatMul(node)
        case "Transpose": try lowerTranspose(node)
        case "Concat": try lowerConcat(node)
        case "Where": try lowerPlain(PACK_OP_Where, node, count: 3)
        default:
            if let rule = Lowering.rules[node.op] {
                try rule(&self, node)
            } else {
                throw refuse(node, "operator \(node.op)", "an operator of the runtime")
            }
        }
    }

    static let activations: [String: Int64] = [
        "none": Int64(PACK_ACTIVATION_NONE.rawValue), "relu": Int64(PACK_ACTIVATION_RELU.rawValue),
        "gelu": Int64(PACK_ACTIVATION_GELU_ERF.rawValue), "gelu_tanh": Int64(PACK_ACTIVATION_GELU_TANH.rawValue),
        "tanh": Int64(PACK_ACTIVATION_TANH.rawValue),
    ]

    /// A step over the node's first inputs, all computed or plain constants.
    mutating func lowerPlain(
        _ op: pack_operator_id, _ node: Node, count: Int, _ attributes: [Int64] = []
    ) throws(PlannerError) {
        guard node.inputs.count >= count else { throw refuse(node, "\(node.inputs.count) inputs", "\(count)") }
        var inputs: [UInt32] = []
        for name in node.inputs.prefix(count) { inputs.append(try value(name, of: node)) }
        try step(op, node, inputs, attributes)
    }

    // MARK: Fused operators

    private mutating func lowerLinear(_ node: Node) throws(PlannerError) {
        let activation = try read(node) { n throws(GraphError) in try n.string("activation", default: "none") }
        let transposed = try read(node) { n throws(GraphError) in try n.int("transposed", default: 0) } == 1
        guard let code = Lowering.activations[activation] else {
            throw refuse(node, "activation \(activation)", "none, relu, gelu, gelu_tanh or tanh")
        }
        try lowerProduct(
            node, weight: node.inputs[1], transposed: transposed, bias: node.input(2), residual: node.input(3), code)
    }

    mutating func lowerProduct(
        _ node: Node, weight: String, transposed: Bool, bias: String? = nil, residual: String? = nil,
        _ activation: Int64 = 0
    ) throws(PlannerError) {
        guard let constant = graph.constants[weight], constant.shape.count == 2, constant.count > 0 else {
            throw refuse(node, "weight '\(weight)'", "a constant matrix with elements")
        }
        let k = constant.shape[transposed ? 1 : 0]
        let n = constant.shape[transposed ? 0 : 1]
        let x = try value(node.inputs[0], of: node)
        let packed = try panels(weight, k: k, n: n, transposed: transposed)
        let biasValue = try value(bias ?? "", of: node)
        let residualValue = try value(residual ?? "", of: node)
        try step(
            PACK_OP_Linear, node, [x, packed.panels, biasValue, residualValue, packed.scales, packed.sums],
            [Int64(k), Int64(n), activation])
    }

    private mutating func lowerAttention(_ node: Node) throws(PlannerError) {
        let heads = try read(node) { n throws(GraphError) in try n.int("heads", default: 0) }
        let scale = try read(node) { n throws(GraphError) in try n.float("scale", default: 1) }
        var inputs: [UInt32] = []
        for index in 0..<4 { inputs.append(try value(node.input(index) ?? "", of: node)) }
        let isCausal = try read(node) { n throws(GraphError) in try n.int("causal", default: 0) } != 0
        let shared = try read(node) { n throws(GraphError) in try n.int("kv_heads", default: heads) }
        let hidden = try read(node) { n throws(GraphError) in try n.floats("hidden") }
        var words = [Int64(heads), bits(scale)]
        if isCausal || shared != heads || hidden != nil { words += [isCausal ? 1 : 0, Int64(shared)] }
        words += (hidden ?? []).map { bits($0) }
        try step(PACK_OP_Attention, node, inputs, words)
    }

    private mutating func lowerEmbed(_ node: Node) throws(PlannerError) {
        guard node.inputs.count == 7 else { throw refuse(node, "\(node.inputs.count) inputs", "7") }
        let epsilon = try read(node) { n throws(GraphError) in try n.float("epsilon", default: 1e-12) }
        let padding = try read(node) { n throws(GraphError) in try n.int("padding", default: -1) }
        var inputs = [try value(node.inputs[0], of: node), try value(node.inputs[1], of: node)]
        for index in 2...4 { inputs += try table(node.inputs[index], of: node) }
        inputs += [try value(node.inputs[5], of: node), try value(node.inputs[6], of: node)]
        try step(PACK_OP_Embed, node, inputs, [bits(epsilon), Int64(padding)])
    }

    private mutating func lowerLayerNormalization(_ node: Node) throws(PlannerError) {
        let rank = try type(node.inputs[0], of: node).shape.count
        let axis = try axis(try read(node) { n throws(GraphError) in try n.int("axis", default: -1) }, rank: rank, node)
        guard axis == rank - 1, node.outputs.count == 1 else { return try lowerWideLayerNormalization(node) }
        let epsilon = try read(node) { n throws(GraphError) in try n.float("epsilon", default: 1e-5) }
        let x = try value(node.inputs[0], of: node)
        let gamma = try value(node.input(1) ?? "", of: node)
        let beta = try value(node.input(2) ?? "", of: node)
        try step(PACK_OP_LayerNormalization, node, [x, gamma, beta], [bits(epsilon)])
    }

    // MARK: Products and movement

    private mutating func lowerMatMul(_ node: Node) throws(PlannerError) {
        let right = node.inputs[1]
        let isFloat = try type(node.inputs[0], of: node).dtype == .f32
        if let constant = graph.constants[right], constant.shape.count == 2, constant.count > 0, isFloat {
            return try lowerProduct(node, weight: right, transposed: false)
        }
        if let producer = producers[right].map({ graph.nodes[$0] }), producer.op == "Transpose",
            let constant = graph.constants[producer.inputs[0]], constant.shape.count == 2, constant.count > 0, isFloat,
            (try? producer.ints("perm")) ?? [1, 0] == [1, 0]
        {
            return try lowerProduct(node, weight: producer.inputs[0], transposed: true)
        }
        try lowerPlain(isFloat ? PACK_OP_MatMul : PACK_OP_MatMulAny, node, count: 2)
    }

    private mutating func lowerTranspose(_ node: Node) throws(PlannerError) {
        if let constant = graph.constants[node.inputs[0]], constant.shape.count == 2, constant.count > 0,
            [.f32, .f16, .bf16].contains(constant.dtype), !graph.outputs.contains(node.outputs[0])
        {
            // The transposed weight of a product is packed by the product.
            let consumers = graph.nodes.lazy.filter { $0.inputs.contains(node.outputs[0]) }
            if consumers.allSatisfy({ $0.op == "MatMul" && $0.inputs[1] == node.outputs[0] }) { return }
        }
        let rank = try type(node.inputs[0], of: node).shape.count
        let order = try read(node) { n throws(GraphError) in try n.ints("perm") } ?? Array((0..<rank).reversed())
        try lowerPlain(PACK_OP_Transpose, node, count: 1, order.map { Int64($0) })
    }

    private mutating func lowerConcat(_ node: Node) throws(PlannerError) {
        let rank = try type(node.outputs[0], of: node).shape.count
        let axis = try axis(try read(node) { n throws(GraphError) in try n.int("axis", default: 0) }, rank: rank, node)
        try lowerPlain(PACK_OP_Concat, node, count: node.inputs.count, [Int64(axis)])
    }
}
