import CPackKernels
import PackCore
import PackGraph
import PackRuntime

/// The operands of a product or convolution of codes, whatever the operator's order of inputs is. Empty names are absent.
struct QuantizedOperands {
    var a = ""
    var b = ""
    var aZero = ""
    var bZero = ""
    var aScale = ""
    var bScale = ""
    var bias = ""
    var yScale = ""
    var yZero = ""

    init(_ node: Node) {
        func input(_ index: Int) -> String { node.input(index) ?? "" }
        switch node.op {
        case "QLinearMatMul", "QLinearConv", "QGemm":
            (a, aScale, aZero, b, bScale, bZero) = (input(0), input(1), input(2), input(3), input(4), input(5))
            if node.op == "QGemm" {
                (bias, yScale, yZero) = (input(6), input(7), input(8))
            } else {
                (yScale, yZero, bias) = (input(6), input(7), input(8))
            }
        case "MatMulIntegerToFloat":
            (a, b, aScale, bScale, aZero, bZero, bias) =
                (input(0), input(1), input(2), input(3), input(4), input(5), input(6))
        case "DynamicQuantizeMatMul":
            (a, b, bScale, bZero, bias) = (input(0), input(1), input(2), input(3), input(4))
        default: (a, b, aZero, bZero) = (input(0), input(1), input(2), input(3))
        }
    }
}

extension Lowering {
    mutating func lowerIntegerProduct(_ node: Node) throws(PlannerError) {
        let operands = QuantizedOperands(node)
        let isTransposed = try read(node) { n throws(GraphError) in try n.int("transB", default: 0) } != 0
        if let constant = packable(operands.b), constant.shape.count == 2,
            try suits(operands, columns: constant.shape[isTransposed ? 0 : 1], of: node)
        {
            let (k, n) = (constant.shape[isTransposed ? 1 : 0], constant.shape[isTransposed ? 0 : 1])
            let weights = try integerPanels(operands.b, constant, groups: 1, k: k, n: n, isTransposed)
            return try step(
                PACK_OP_IntegerMatMul, node, try integerInputs(operands, weights.values, of: node),
                [Int64(k), Int64(n), 1, weights.shift])
        }
        guard !isTransposed else { throw refuse(node, "weights computed at run time", "a constant") }
        try lowerLooseProduct(node, operands)
    }

    /// A constant of 8-bit codes.
    func packable(_ name: String) -> Constant? {
        guard let constant = graph.constants[name], constant.dtype == .i8 || constant.dtype == .u8, constant.count > 0
        else { return nil }
        return constant
    }

    /// Whether scales and zero points are one for all, or one a row or column.
    private func suits(_ operands: QuantizedOperands, columns: Int, of node: Node) throws(PlannerError) -> Bool {
        let a = try type(operands.a, of: node).shape
        for name in [operands.aZero, operands.aScale] where !name.isEmpty {
            let shape = try type(name, of: node).shape
            let isRow = shape.count == 1 && a.count == 2 && shape[0] == a[0]
            guard shape.allSatisfy({ $0 == .constant(1) }) || isRow else { return false }
        }
        for name in [operands.bZero, operands.bScale] where !name.isEmpty {
            let shape = try type(name, of: node).shape.filter { $0 != .constant(1) }
            guard shape.isEmpty || shape == [.constant(columns)] else { return false }
        }
        if !operands.bias.isEmpty {
            guard
                try type(operands.bias, of: node).shape.filter({ $0 != .constant(1) }) == [.constant(columns)]
                    || columns == 1
            else { return false }
        }
        return true
    }

    /// Inputs of a step from the weights on, as `IntegerProduct` has them.
    mutating func integerInputs(
        _ operands: QuantizedOperands, _ weights: [UInt32], of node: Node
    ) throws(PlannerError) -> [UInt32] {
        var inputs = [try value(operands.a, of: node)] + weights
        inputs.append(try value(operands.aZero, of: node))
        inputs.append(try value(operands.bZero, of: node))
        for name in [operands.aScale, operands.bScale] {
            inputs.append(name.isEmpty ? PACK_PLAN_ABSENT : try value(name, as: .f32, of: node))
        }
        inputs.append(try value(operands.bias, of: node))
        inputs.append(operands.yScale.isEmpty ? PACK_PLAN_ABSENT : try value(operands.yScale, as: .f32, of: node))
        inputs.append(try value(operands.yZero, of: node))
        return inputs
    }

    // MARK: Operands of any shape

    /// In steps of their own: i32 without zero points, the product, then what scales say.
    private mutating func lowerLooseProduct(_ node: Node, _ operands: QuantizedOperands) throws(PlannerError) {
        var a = try value(operands.a, of: node)
        var zero = (value: PACK_PLAN_ABSENT, shape: [Dimension]())
        var scale = PACK_PLAN_ABSENT
        let type = try type(node.outputs[0], of: node)
        let aType = try self.type(operands.a, of: node)
        if aType.dtype == .f32 {
            let codes = try temporary(operands.a + ".codes", TensorType(.u8, aType.shape))
            scale = try temporary(operands.a + ".scale", TensorType(.f32, []))
            zero.value = try temporary(operands.a + ".zero", TensorType(.u8, []))
            try add(PACK_OP_DynamicQuantize, node, [a], [codes, scale, zero.value])
            a = codes
        } else {
            zero = try placed(operands.aZero, as: nil, isColumn: aType.shape.count >= 2, of: node)
            scale = try placed(operands.aScale, as: .f32, isColumn: aType.shape.count >= 2, of: node).value
        }
        let left = try moved(a, zero, aType.shape, operands.a, of: node)
        let bType = try self.type(operands.b, of: node)
        let right = try moved(
            try value(operands.b, of: node), try placed(operands.bZero, as: nil, isColumn: false, of: node),
            bType.shape, operands.b, of: node)
        guard type.dtype != .i32 else { return try step(PACK_OP_MatMulAny, node, [left, right]) }
        let sums = try temporary(node.outputs[0] + ".sums", TensorType(.i32, type.shape))
        try add(PACK_OP_MatMulAny, node, [left, right], [sums])
        let bias = try placed(operands.bias, as: type.dtype == .f32 ? .f32 : .i32, isColumn: false, of: node)
        try finish(
            node, operands, sums, [scale, try placed(operands.bScale, as: .f32, isColumn: false, of: node).value],
            bias: bias.value)
    }

    /// Sums of i32 times scales, as floats or codes. The bias is f32 for floats, i32 for codes.
    mutating func finish(
        _ node: Node, _ operands: QuantizedOperands, _ sums: UInt32, _ scales: [UInt32], bias: UInt32
    ) throws(PlannerError) {
        let name = node.outputs[0]
        let type = try type(name, of: node)
        let wide = TensorType(.f32, type.shape)
        let isCode = type.dtype != .f32
        var total = sums
        if isCode, bias != PACK_PLAN_ABSENT {
            total = try temporary(name + ".sum", TensorType(.i32, type.shape))
            try pair(node, .add, .i32, sums, bias, total)
        }
        total = try converted(total, wide, name + ".wide", of: node)
        let hasBias = !isCode && bias != PACK_PLAN_ABSENT
        for (index, scale) in scales.enumerated() {
            let isLast = index == scales.count - 1 && !isCode && !hasBias
            let scaled = isLast ? try result(name, of: node) : try temporary("\(name).scaled.\(index)", wide)
            try pair(node, .multiply, .f32, total, scale, scaled)
            total = scaled
        }
        if hasBias { return try pair(node, .add, .f32, total, bias, try result(name, of: node)) }
        guard isCode else { return }
        try add(
            PACK_OP_Quantize, node,
            [total, try value(operands.yScale, as: .f32, of: node), try value(operands.yZero, of: node)],
            [try result(name, of: node)], [0, 0, 1, 0])
    }

    /// A scale, zero point or bias, as a type, a list as a column where it belongs to rows; followed by `axes` axes of one.
    mutating func placed(
        _ name: String, as dtype: DType?, isColumn: Bool, axes: Int = 0, of node: Node
    ) throws(PlannerError) -> (value: UInt32, shape: [Dimension]) {
        guard !name.isEmpty else { return (PACK_PLAN_ABSENT, []) }
        let type = try type(name, of: node)
        let index = try value(name, as: dtype ?? type.dtype, of: node)
        let trailing = axes + (isColumn ? 1 : 0)
        guard type.shape.count == 1, type.shape[0] != .constant(1), trailing > 0 else { return (index, type.shape) }
        let shape = type.shape + [Dimension](repeating: .constant(1), count: trailing)
        return (try reshaped(index, name + ".column", TensorType(dtype ?? type.dtype, shape)), shape)
    }

    /// A value as i32 without its zero point.
    mutating func moved(
        _ codes: UInt32, _ zero: (value: UInt32, shape: [Dimension]), _ shape: [Dimension], _ name: String,
        of node: Node
    ) throws(PlannerError) -> UInt32 {
        let side = try converted(codes, TensorType(.i32, shape), name + ".i32", of: node)
        guard zero.value != PACK_PLAN_ABSENT else { return side }
        let point = try converted(zero.value, TensorType(.i32, zero.shape), name + ".point", of: node)
        let result = try temporary(name + ".moved", TensorType(.i32, shape))
        try pair(node, .subtract, .i32, side, point, result)
        return result
    }
}
