import CPackKernels
import PackCore
import PackGraph
import PackRuntime

extension Lowering {
    /// Functions of two tensors, and of more, one after another.
    static let pairs = merge([
        rules(["Pow"]) { (lowering, node) throws(PlannerError) in try lowering.lowerPower(node) },
        rules(["Clip"]) { (lowering, node) throws(PlannerError) in try lowering.lowerClip(node) },
        rules(["Mod", "BitShift"] + twoTensors.keys) { (lowering, node) throws(PlannerError) in
            try lowering.lowerPair(node, try lowering.pairKind(node))
        },
        rules(["Max", "Min", "Sum", "Mean"]) { (lowering, node) throws(PlannerError) in
            try lowering.lowerChain(node, node.op == "Max" ? .maximum : node.op == "Min" ? .minimum : .add)
        },
    ])

    private func pairKind(_ node: Node) throws(PlannerError) -> PairKind {
        if let kind = Lowering.twoTensors[node.op] { return kind }
        if node.op == "Mod" {
            return try read(node) { n throws(GraphError) in try n.int("fmod", default: 0) } != 0 ? .remainder : .modulo
        }
        let way = try read(node) { n throws(GraphError) in try n.string("direction", default: "") }
        guard way == "LEFT" || way == "RIGHT" else { throw refuse(node, "direction \(way)", "LEFT or RIGHT") }
        return way == "LEFT" ? .shiftLeft : .shiftRight
    }

    private static let twoTensors: [String: PairKind] = [
        "Add": .add, "Sub": .subtract, "Mul": .multiply, "Div": .divide, "PRelu": .prelu, "Equal": .equal,
        "Less": .less, "LessOrEqual": .lessOrEqual, "Greater": .greater, "GreaterOrEqual": .greaterOrEqual,
        "And": .and, "Or": .or, "Xor": .xor, "BitwiseAnd": .and, "BitwiseOr": .or, "BitwiseXor": .xor,
    ]

    /// Kinds that have loops for f32 and i64 of their own.
    private static let fast: [PairKind: BinaryKind] = [
        .add: .add, .subtract: .subtract, .multiply: .multiply, .divide: .divide, .power: .power, .equal: .equal,
        .maximum: .maximum, .minimum: .minimum,
    ]

    private mutating func lowerPair(_ node: Node, _ kind: PairKind) throws(PlannerError) {
        let dtype = try type(node.inputs[0], of: node).dtype
        let a = try value(node.inputs[0], of: node)
        let b = try value(node.inputs[1], of: node)
        try pair(node, kind, dtype, a, b, try result(node.outputs[0], of: node))
    }

    /// The step of a pair.
    mutating func pair(
        _ node: Node, _ kind: PairKind, _ dtype: DType, _ a: UInt32, _ b: UInt32, _ result: UInt32
    ) throws(PlannerError) {
        if let kind = Lowering.fast[kind], dtype == .f32 || dtype == .i64 {
            return try add(PACK_OP_Binary, node, [a, b], [result], [Int64(kind.rawValue)])
        }
        try add(PACK_OP_Pair, node, [a, b], [result], [Int64(kind.rawValue)])
    }

    /// The base's type is the result's. Integers to a power of floats are floats in between.
    private mutating func lowerPower(_ node: Node) throws(PlannerError) {
        let base = try type(node.inputs[0], of: node).dtype
        let exponent = try type(node.inputs[1], of: node).dtype
        let type = try type(node.outputs[0], of: node)
        let between: DType = base == exponent || base.isFloat ? base : exponent.isFloat ? .f64 : .i64
        let a = try value(node.inputs[0], as: between, of: node)
        let b = try value(node.inputs[1], as: between, of: node)
        if between == base { return try pair(node, .power, between, a, b, try result(node.outputs[0], of: node)) }
        let wide = try temporary(node.outputs[0] + ".wide", TensorType(between, type.shape))
        try pair(node, .power, between, a, b, wide)
        try add(PACK_OP_Cast, node, [wide], [try result(node.outputs[0], of: node)])
    }

    /// Combines the inputs one after another; for Mean, divides by their count.
    private mutating func lowerChain(_ node: Node, _ kind: PairKind) throws(PlannerError) {
        let count = node.inputs.count
        guard count > 1 else { return try alias(node.outputs[0], to: node.inputs[0], of: node) }
        let type = try type(node.outputs[0], of: node)
        var total = try value(node.inputs[0], of: node)
        for index in 1..<count {
            let next = try value(node.inputs[index], of: node)
            let isLast = index == count - 1 && node.op != "Mean"
            let target =
                isLast ? try result(node.outputs[0], of: node) : try temporary("\(node.outputs[0]).\(index)", type)
            try pair(node, kind, type.dtype, total, next, target)
            total = target
        }
        guard node.op == "Mean" else { return }
        let divisor = try scalar(Float(count), type.dtype, of: node)
        try pair(node, .divide, type.dtype, total, divisor, try result(node.outputs[0], of: node))
    }

    private mutating func lowerClip(_ node: Node) throws(PlannerError) {
        let type = try type(node.inputs[0], of: node)
        let limits = [node.input(1), node.input(2)]
        let isConstant = limits.allSatisfy { $0 == nil || $0.flatMap { graph.constants[$0]?.scalarFloat } != nil }
        if type.dtype == .f32, isConstant {
            let low = limits[0].flatMap { graph.constants[$0]?.scalarFloat } ?? -.infinity
            let high = limits[1].flatMap { graph.constants[$0]?.scalarFloat } ?? .infinity
            return try lowerPlain(PACK_OP_Unary, node, count: 1, words(PACK_UNARY_CLIP, [low, high]))
        }
        guard limits[0] != nil || limits[1] != nil else {
            return try alias(node.outputs[0], to: node.inputs[0], of: node)
        }
        var x = try value(node.inputs[0], of: node)
        if let low = limits[0] {
            let limit = try value(low, of: node)
            let target =
                limits[1] == nil
                ? try result(node.outputs[0], of: node) : try temporary(node.outputs[0] + ".raised", type)
            try pair(node, .maximum, type.dtype, x, limit, target)
            x = target
        }
        if let high = limits[1] {
            let limit = try value(high, of: node)
            try pair(node, .minimum, type.dtype, x, limit, try result(node.outputs[0], of: node))
        }
    }
}
