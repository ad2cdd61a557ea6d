import PackCore

extension ShapeRules {
    /// Operators on quantized tensors, and what reads bits in another way.
    static let quantized: [String: ShapeRule] = [
        "BitCast": bitCast, "QuantizeLinear": quantize, "DequantizeLinear": dequantize,
        "DynamicQuantizeLinear": dynamicQuantize, "MatMulInteger": matMulInteger, "QLinearMatMul": quantizedMatMul,
        "MatMulIntegerToFloat": floatMatMul, "DynamicQuantizeMatMul": dynamicMatMul, "QGemm": quantizedGemm,
        "ConvInteger": integerConvolution, "QLinearConv": quantizedConvolution,
    ]

    /// Types whose elements share bytes in files.
    private static let bits: [DType: Int] = [.i4: 4, .u4: 4, .f4e2m1: 4, .i2: 2, .u2: 2]
    private static let codes: Set<DType> = [
        .u8, .i8, .u16, .i16, .i32, .u4, .i4, .u2, .i2, .f8e4m3fn, .f8e4m3fnuz, .f8e5m2, .f8e5m2fnuz, .f4e2m1,
    ]

    @Sendable private static func bitCast(_ op: Operands) throws(GraphError) -> [Inferred] {
        try op.expect(inputs: 1...1)
        let type = try op.type(0)
        let code = try op.node.int("to", default: 0)
        guard let dtype = DType(onnxCode: code),
            (bits[dtype] ?? dtype.size * 8) == (bits[type.dtype] ?? type.dtype.size * 8),
            bits[dtype] == nil || dtype == type.dtype
        else {
            throw op.fault(
                .wrongAttribute, found: "to = \(code) for \(type.dtype.name)", expected: "a type of as many bytes")
        }
        return [Inferred(dtype, type.shape)]
    }

    // MARK: Codes and numbers

    @Sendable private static func quantize(_ op: Operands) throws(GraphError) -> [Inferred] {
        try op.expect(inputs: 2...3)
        let x = try op.type(0)
        guard x.dtype.isFloat || x.dtype == .i32 else {
            throw op.fault(.wrongType, input: 0, found: "\(x)", expected: "numbers")
        }
        let code = try op.node.int("output_dtype", default: 0)
        let dtype = code == 0 ? op.optional(2)?.dtype ?? .u8 : DType(onnxCode: code)
        guard let dtype, codes.contains(dtype), dtype != .i32 else {
            throw op.fault(.wrongAttribute, found: "output_dtype \(code)", expected: "a type of codes")
        }
        if op.optional(2) != nil { try op.expect(dtype, input: 2) }
        try checkScales(op, x)
        return [Inferred(dtype, x.shape)]
    }

    @Sendable private static func dequantize(_ op: Operands) throws(GraphError) -> [Inferred] {
        try op.expect(inputs: 2...3)
        let x = try op.type(0)
        guard codes.contains(x.dtype) else {
            throw op.fault(.wrongType, input: 0, found: "\(x)", expected: "codes")
        }
        if op.optional(2) != nil { try op.expect(x.dtype, input: 2) }
        try checkScales(op, x)
        let code = try op.node.int("output_dtype", default: 0)
        let dtype = code == 0 ? try op.float(1).dtype : DType(onnxCode: code)
        guard let dtype, dtype.isFloat else {
            throw op.fault(.wrongAttribute, found: "output_dtype \(code)", expected: "a floating-point type")
        }
        return [Inferred(dtype, x.shape)]
    }

    /// One scale, a list along an axis, or scales of blocks along it; zero points alike.
    private static func checkScales(_ op: Operands, _ x: TensorType) throws(GraphError) {
        let scale = try op.float(1)
        let block = try op.node.int("block_size", default: 0)
        guard block >= 0 else { throw op.fault(.wrongAttribute, found: "block_size \(block)", expected: "0 or more") }
        if let zero = op.optional(2), zero.shape.count == scale.shape.count {
            for (a, b) in zip(zero.shape, scale.shape) { _ = try op.same(a, b, "scales and zero points") }
        } else if let zero = op.optional(2), !(zero.shape + scale.shape).allSatisfy({ $0 == .constant(1) }) {
            throw op.fault(.wrongShape, input: 2, found: "\(zero)", expected: "the shape of the scales, \(scale)")
        }
        if scale.shape.allSatisfy({ $0 == .constant(1) }), block == 0 { return }
        let axis = try op.axis(default: 1, rank: x.shape.count)
        if block == 0 {
            guard scale.shape.count == 1 else {
                throw op.fault(.wrongShape, input: 1, found: "\(scale)", expected: "one scale or a list")
            }
            _ = try op.same(scale.shape[0], x.shape[axis], "scales and axis \(axis)")
            return
        }
        guard scale.shape.count == x.shape.count else {
            throw op.fault(.wrongShape, input: 1, found: "\(scale)", expected: "a scale a block of \(x)")
        }
        for other in x.shape.indices where other != axis {
            _ = try op.same(scale.shape[other], x.shape[other], "scales and axis \(other)")
        }
        if let count = x.shape[axis].constant, let scales = scale.shape[axis].constant,
            scales != count / block + (count % block == 0 ? 0 : 1)
        {
            throw op.fault(
                .wrongShape, input: 1, found: "\(scales) blocks of \(block)", expected: "enough for \(count), no more")
        }
    }

    @Sendable private static func dynamicQuantize(_ op: Operands) throws(GraphError) -> [Inferred] {
        try op.expect(inputs: 1...1, outputs: 1...3)
        let x = try op.type(0)
        try op.expect(.f32, input: 0)
        return [Inferred(.u8, x.shape), Inferred(.f32, []), Inferred(.u8, [])]
    }

    // MARK: Products

    private static func expectCodes(_ op: Operands, _ inputs: Int...) throws(GraphError) {
        for index in inputs {
            let type = try op.type(index)
            guard type.dtype == .i8 || type.dtype == .u8 else {
                throw op.fault(.wrongType, input: index, found: "\(type)", expected: "i8 or u8")
            }
        }
    }

    /// Zero points are of the type of what they belong to.
    private static func expectAlike(_ op: Operands, _ input: Int, as other: Int) throws(GraphError) {
        if op.optional(input) != nil { try op.expect(try op.type(other).dtype, input: input) }
    }

    private static func product(_ op: Operands, _ a: Int, _ b: Int, _ dtype: DType) throws(GraphError) -> [Inferred] {
        let left = try op.type(a)
        var right = try op.type(b)
        if try op.node.int("transB", default: 0) != 0 {
            guard right.shape.count == 2 else {
                throw op.fault(.wrongShape, input: b, found: "\(right)", expected: "a matrix")
            }
            right.shape.reverse()
        }
        return [Inferred(dtype, try matMulShape(op, left, right))]
    }

    @Sendable private static func matMulInteger(_ op: Operands) throws(GraphError) -> [Inferred] {
        try op.expect(inputs: 2...4)
        try expectCodes(op, 0, 1)
        try expectAlike(op, 2, as: 0)
        try expectAlike(op, 3, as: 1)
        return try product(op, 0, 1, .i32)
    }

    @Sendable private static func quantizedMatMul(_ op: Operands) throws(GraphError) -> [Inferred] {
        try op.expect(inputs: 8...8)
        try expectCodes(op, 0, 3, 7)
        for (zero, of) in [(2, 0), (5, 3)] { try expectAlike(op, zero, as: of) }
        for scale in [1, 4, 6] { _ = try op.float(scale) }
        return try product(op, 0, 3, try op.type(7).dtype)
    }

    @Sendable private static func quantizedGemm(_ op: Operands) throws(GraphError) -> [Inferred] {
        try op.expect(inputs: 8...9)
        try expectCodes(op, 0, 3)
        for (zero, of) in [(2, 0), (5, 3)] { try expectAlike(op, zero, as: of) }
        for scale in [1, 4, 7] { _ = try op.float(scale) }
        if op.optional(6) != nil { try op.expect(.i32, input: 6) }
        if op.optional(8) != nil { try expectCodes(op, 8) }
        return try product(op, 0, 3, op.optional(8)?.dtype ?? .u8)
    }

    @Sendable private static func floatMatMul(_ op: Operands) throws(GraphError) -> [Inferred] {
        try op.expect(inputs: 4...7)
        try expectCodes(op, 0, 1)
        for (zero, of) in [(4, 0), (5, 1)] { try expectAlike(op, zero, as: of) }
        for scale in 2...3 { try op.expect(.f32, input: scale) }
        if op.optional(6) != nil { try op.expect(.f32, input: 6) }
        return try product(op, 0, 1, .f32)
    }

    @Sendable private static func dynamicMatMul(_ op: Operands) throws(GraphError) -> [Inferred] {
        try op.expect(inputs: 3...5)
        try op.expect(.f32, input: 0)
        try expectCodes(op, 1)
        try expectAlike(op, 3, as: 1)
        try op.expect(.f32, input: 2)
        if op.optional(4) != nil { try op.expect(.f32, input: 4) }
        return try product(op, 0, 1, .f32)
    }

    // MARK: Convolutions

    private static func convolution(_ op: Operands, _ w: Int, _ dtype: DType) throws(GraphError) -> [Inferred] {
        try expectCodes(op, 0, w)
        let x = try op.type(0)
        let weights = try op.type(w)
        guard x.shape.count >= 3, weights.shape.count == x.shape.count else {
            throw op.fault(
                .wrongShape, found: "\(x) and weights \(weights)", expected: "two tensors of one rank, 3 at least")
        }
        let group = try op.node.int("group", default: 1)
        let kernel = weights.shape.dropFirst(2).compactMap(\.constant)
        guard group >= 1, group < WindowAttributes.limit, kernel.count == weights.shape.count - 2 else {
            throw op.fault(.wrongAttribute, found: "group \(group), weights \(weights)", expected: "a known kernel")
        }
        let window = try WindowAttributes(op.node, kernel: kernel, rank: x.shape.count - 2)
        _ = try op.same(x.shape[1], weights.shape[1] * .constant(group), "channels")
        if let outputs = weights.shape[0].constant, outputs % group != 0 {
            throw op.fault(.wrongAttribute, found: "group \(group)", expected: "a divisor of \(outputs) outputs")
        }
        var shape = [x.shape[0], weights.shape[0]]
        for axis in 0..<x.shape.count - 2 { shape.append(try window.output(axis, of: x.shape[axis + 2], op.node)) }
        return [Inferred(dtype, shape)]
    }

    @Sendable private static func integerConvolution(_ op: Operands) throws(GraphError) -> [Inferred] {
        try op.expect(inputs: 2...4)
        for (zero, of) in [(2, 0), (3, 1)] { try expectAlike(op, zero, as: of) }
        return try convolution(op, 1, .i32)
    }

    @Sendable private static func quantizedConvolution(_ op: Operands) throws(GraphError) -> [Inferred] {
        try op.expect(inputs: 8...9)
        try expectCodes(op, 7)
        for (zero, of) in [(2, 0), (5, 3)] { try expectAlike(op, zero, as: of) }
        for scale in [1, 4, 6] { _ = try op.float(scale) }
        if op.optional(8) != nil { try op.expect(.i32, input: 8) }
        return try convolution(op, 3, try op.type(7).dtype)
    }
}
