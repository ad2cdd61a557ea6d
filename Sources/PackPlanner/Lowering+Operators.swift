import CPackKernels
import PackCore
import PackGraph

extension Lowering {
    /// Lowers one node.
    mutating func lower(_ node: Node) throws(PlannerError) {
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
        case "Reshape", "Unsqueeze", "Squeeze", "Flatten", "Identity", "Dropout":
            try alias(node.outputs[0], to: node.inputs[0], of: node)
        case "Transpose": try lowerTranspose(node)
        case "Gather": try lowerGather(node)
        case "Slice": try lowerSlice(node)
        case "Split": try lowerSplit(node)
        case "Concat": try lowerConcat(node)
        case "Range": try lowerRange(node)
        case "Cast", "Expand", "Where":
            let op = node.op == "Cast" ? PACK_OP_Cast : node.op == "Expand" ? PACK_OP_Expand : PACK_OP_Where
            try lowerPlain(op, node, count: node.op == "Where" ? 3 : 1)
        case "CumSum": try lowerCumSum(node)
        case "Clip": try lowerClip(node)
        case "Softmax": try lowerSoftmax(node)
        case "ReduceSum", "ReduceMean", "ReduceMax", "ReduceL2": try lowerReduce(node)
        default:
            if let kind = Lowering.binary[node.op] {
                try lowerPlain(PACK_OP_Binary, node, count: 2, [Int64(kind)])
            } else if let kind = Lowering.unary[node.op] {
                try lowerPlain(PACK_OP_Unary, node, count: 1, [kind])
            } else if node.op == "Gelu" {
                let form = try read(node) { n throws(GraphError) in try n.string("approximate", default: "none") }
                let kind = form == "tanh" ? PACK_UNARY_GELU_TANH : PACK_UNARY_GELU_ERF
                try lowerPlain(PACK_OP_Unary, node, count: 1, [Int64(kind.rawValue)])
            } else if let rule = Lowering.rules[node.op] {
                try rule(&self, node)
            } else {
                throw refuse(node, "operator \(node.op)", "an operator of the runtime")
            }
        }
    }

    /// Codes of `BinaryKind` in PackRuntime.
    private static let binary: [String: Int] = [
        "Add": 0, "Sub": 1, "Mul": 2, "Div": 3, "Pow": 4, "Equal": 5, "Max": 6, "Min": 7,
    ]

    private static let unary: [String: Int64] = [
        "Relu": Int64(PACK_UNARY_RELU.rawValue), "Tanh": Int64(PACK_UNARY_TANH.rawValue),
        "Erf": Int64(PACK_UNARY_ERF.rawValue), "Sigmoid": Int64(PACK_UNARY_SIGMOID.rawValue),
        "Exp": Int64(PACK_UNARY_EXP.rawValue), "Sqrt": Int64(PACK_UNARY_SQRT.rawValue),
        "Neg": Int64(PACK_UNARY_NEGATE.rawValue), "Abs": Int64(PACK_UNARY_ABS.rawValue),
        "Reciprocal": Int64(PACK_UNARY_RECIPROCAL.rawValue), "Not": -1,
    ]

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

    private mutating func lowerProduct(
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
        try step(PACK_OP_Attention, node, inputs, [Int64(heads), bits(scale)])
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
        if let constant = graph.constants[right], constant.shape.count == 2, constant.dtype.isFloat {
            return try lowerProduct(node, weight: right, transposed: false)
        }
        if let producer = producers[right].map({ graph.nodes[$0] }), producer.op == "Transpose",
            let constant = graph.constants[producer.inputs[0]], constant.shape.count == 2, constant.dtype.isFloat,
            (try? producer.ints("perm")) ?? [1, 0] == [1, 0]
        {
            return try lowerProduct(node, weight: producer.inputs[0], transposed: true)
        }
        try lowerPlain(PACK_OP_MatMul, node, count: 2)
    }

    private mutating func lowerTranspose(_ node: Node) throws(PlannerError) {
        // The transposed weight of a product is packed by the product.
        let consumers = graph.nodes.filter { $0.inputs.contains(node.outputs[0]) }
        let onlyWeights = consumers.allSatisfy { $0.op == "MatMul" && $0.inputs[1] == node.outputs[0] }
        let matrix = graph.constants[node.inputs[0]].map { $0.shape.count == 2 && $0.dtype.isFloat } ?? false
        if onlyWeights, matrix, !graph.outputs.contains(node.outputs[0]) { return }
        let rank = try type(node.inputs[0], of: node).shape.count
        let order = try read(node) { n throws(GraphError) in try n.ints("perm") } ?? Array((0..<rank).reversed())
        try lowerPlain(PACK_OP_Transpose, node, count: 1, order.map { Int64($0) })
    }

    private mutating func lowerGather(_ node: Node) throws(PlannerError) {
        let rank = try type(node.inputs[0], of: node).shape.count
        let axis = try axis(try read(node) { n throws(GraphError) in try n.int("axis", default: 0) }, rank: rank, node)
        try lowerPlain(PACK_OP_Gather, node, count: 2, [Int64(axis)])
    }

    private mutating func lowerSlice(_ node: Node) throws(PlannerError) {
        let input = try type(node.inputs[0], of: node)
        guard let starts = try integers(node, input: 1), let ends = try integers(node, input: 2) else {
            throw refuse(node, "no starts or ends", "constant starts and ends")
        }
        let axes = try integers(node, input: 3) ?? Array(0..<starts.count)
        let steps = try integers(node, input: 4) ?? starts.map { _ in 1 }
        guard starts.count == 1, axes.count == 1, steps.count == 1, ends.count == 1, steps[0] > 0 else {
            throw refuse(node, "\(starts.count) axes or a negative step", "one axis, a positive step")
        }
        let axis = try axis(axes[0], rank: input.shape.count, node)
        var start = starts[0]
        if start < 0 {
            guard case .constant(let extent) = input.shape[axis] else {
                throw refuse(node, "a start from the end of a free dimension", "a start from the front")
            }
            start += extent
        }
        try lowerPlain(PACK_OP_Slice, node, count: 1, [Int64(axis), Int64(start), Int64(steps[0])])
    }

    private mutating func lowerSplit(_ node: Node) throws(PlannerError) {
        let input = try type(node.inputs[0], of: node)
        let axis = try axis(
            try read(node) { n throws(GraphError) in try n.int("axis", default: 0) }, rank: input.shape.count, node)
        let source = try value(node.inputs[0], of: node)
        var start = 0
        for output in node.outputs {
            guard case .constant(let extent) = try type(output, of: node).shape[axis] else {
                throw refuse(node, "a free dimension", "parts of known size")
            }
            let result = try result(output, of: node)
            tables.addStep(
                PACK_OP_Slice, name: node.name, inputs: [source], outputs: [result],
                attributes: [Int64(axis), Int64(start), 1])
            start += extent
        }
    }

    private mutating func lowerConcat(_ node: Node) throws(PlannerError) {
        let rank = try type(node.outputs[0], of: node).shape.count
        let axis = try axis(try read(node) { n throws(GraphError) in try n.int("axis", default: 0) }, rank: rank, node)
        try lowerPlain(PACK_OP_Concat, node, count: node.inputs.count, [Int64(axis)])
    }

    private mutating func lowerRange(_ node: Node) throws(PlannerError) {
        guard let start = try integers(node, input: 0)?.first, let increment = try integers(node, input: 2)?.first
        else {
            throw refuse(node, "a start or step computed at run time", "constants")
        }
        try step(PACK_OP_Range, node, [], [Int64(start), Int64(increment)])
    }

    // MARK: Along axes

    private mutating func lowerCumSum(_ node: Node) throws(PlannerError) {
        let rank = try type(node.inputs[0], of: node).shape.count
        let axes = try integers(node, input: 1) ?? [rank - 1]
        guard axes.count == 1, try axis(axes[0], rank: rank, node) == rank - 1, node.attributes.isEmpty else {
            throw refuse(node, "axis \(axes) with \(node.attributes)", "an inclusive sum along the last axis")
        }
        try lowerPlain(PACK_OP_CumSum, node, count: 1)
    }

    private mutating func lowerClip(_ node: Node) throws(PlannerError) {
        func limit(_ index: Int, _ standard: Float) throws(PlannerError) -> Float {
            guard let name = node.input(index) else { return standard }
            guard let value = graph.constants[name]?.scalarFloat else {
                throw refuse(node, "limit '\(name)' computed at run time", "a constant")
            }
            return value
        }
        let low = try limit(1, -.infinity)
        try lowerPlain(PACK_OP_Clip, node, count: 1, [bits(low), bits(try limit(2, .infinity))])
    }

    private mutating func lowerSoftmax(_ node: Node) throws(PlannerError) {
        let rank = try type(node.inputs[0], of: node).shape.count
        let axis = try axis(try read(node) { n throws(GraphError) in try n.int("axis", default: -1) }, rank: rank, node)
        guard axis == rank - 1 else { throw refuse(node, "axis \(axis) of \(rank)", "the last axis") }
        try lowerPlain(PACK_OP_Softmax, node, count: 1)
    }

    private mutating func lowerReduce(_ node: Node) throws(PlannerError) {
        let rank = try type(node.inputs[0], of: node).shape.count
        var axes = try integers(node, input: 1) ?? []
        if axes.isEmpty { axes = try read(node) { n throws(GraphError) in try n.ints("axes") } ?? Array(0..<rank) }
        var sorted: [Int] = []
        for entry in axes { sorted.append(try axis(entry, rank: rank, node)) }
        sorted.sort()
        guard let first = sorted.first, sorted == Array(first..<first + sorted.count) else {
            throw refuse(node, "axes \(axes)", "neighbouring axes")
        }
        let kinds: [String: Int64] = ["ReduceSum": 0, "ReduceMean": 1, "ReduceMax": 2, "ReduceL2": 3]
        try lowerPlain(
            PACK_OP_Reduce, node, count: 1, [kinds[node.op] ?? 0, Int64(first), Int64(sorted.count)])
    }
}
