import PackCore
import PackFormats
import PackGraph

extension ONNXRules {
    /// Quantized operators, by the arithmetic of real numbers that defines them.
    static let quantized: [String: ONNXRule] = [
        "DequantizeLinear": dequantize, "QuantizeLinear": quantize, "DynamicQuantizeLinear": dynamicQuantize,
        "QLinearMatMul": quantizedMatMul, "QLinearConv": quantizedConv, "ConvInteger": integerConv,
    ]

    /// The least and the largest number of a type that values are quantized to.
    private static func range(_ dtype: DType) throws(ONNXRefusal) -> (low: Float, high: Float) {
        switch dtype {
        case .u8: return (0, 255)
        case .i8: return (-128, 127)
        case .u16: return (0, 65535)
        case .i16: return (-32768, 32767)
        default:
            throw ONNXRefusal(
                .unsupportedType, found: "quantization to \(dtype.name)", expected: "integers of 8 or 16 bits")
        }
    }

    /// Scale or zero point as it lies along the axes of a tensor.
    private static func spread(
        _ value: String, over tensor: String, _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) -> String {
        let rank = try importer.shape(tensor).count
        let given = try operation.int("axis", default: 1)
        let axis = given < 0 ? given + rank : given
        let block = try operation.int("block_size", default: 0)
        guard block > 0 else {
            guard try importer.shape(value) != [1] else { return value }
            guard (0..<max(rank, 1)).contains(axis) || importer.graph.types[value]?.shape.isEmpty == true else {
                throw ONNXRefusal(.invalid, found: "axis \(given)", expected: "an axis of a tensor of rank \(rank)")
            }
            return try importer.along(axis, rank: rank, value, operation)
        }
        guard (0..<rank).contains(axis) else {
            throw ONNXRefusal(.invalid, found: "axis \(given)", expected: "an axis of a tensor of rank \(rank)")
        }
        let whole = try importer.known(tensor, axis: axis)
        let wide = try importer.repeated(value, axis: axis, times: block, operation)
        guard try importer.known(wide, axis: axis) > whole else { return wide }
        return importer.helper(
            "Slice", operation,
            [wide, importer.integers([0]), importer.integers([whole]), importer.integers([axis])])
    }

    @Sendable private static func dequantize(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        let input = try operation.required(0)
        let scale = try operation.required(1)
        let dtype = importer.graph.types[scale]?.dtype ?? .f32
        var number = importer.cast(input, to: dtype, operation)
        if let zero = operation.input(2) {
            let point = importer.cast(zero, to: dtype, operation)
            number = importer.helper(
                "Sub", operation, [number, try spread(point, over: input, &importer, operation)])
        }
        let wide = try spread(scale, over: input, &importer, operation)
        let wanted = DType(onnxCode: try operation.int("output_dtype", default: 0)) ?? dtype
        guard wanted != dtype else { return importer.emit("Mul", operation, [number, wide]) }
        let product = importer.helper("Mul", operation, [number, wide])
        importer.emit("Cast", operation, [product], ["to": .dtype(wanted)])
    }

    @Sendable private static func quantize(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        let input = try operation.required(0)
        let scale = try operation.required(1)
        let code = try operation.int("output_dtype", default: 0)
        var wanted = DType.u8
        if let zero = operation.input(2) {
            guard let dtype = importer.graph.types[zero]?.dtype else {
                throw .use("a zero point of unknown type", "integers")
            }
            wanted = dtype
        } else if code != 0 {
            guard let dtype = DType(onnxCode: code) else {
                let name = ONNXElementType(rawValue: code)?.name ?? "type \(code)"
                throw ONNXRefusal(
                    .unsupportedType, found: "quantization to \(name)", expected: "integers of 8 or 16 bits")
            }
            wanted = dtype
        }
        let dtype = importer.graph.types[scale]?.dtype ?? .f32
        let number = importer.cast(input, to: dtype, operation)
        let wide = try spread(scale, over: input, &importer, operation)
        let share = importer.helper("Div", operation, [number, wide])
        let zero = try operation.input(2).map { name throws(ONNXRefusal) in
            try spread(importer.cast(name, to: dtype, operation), over: input, &importer, operation)
        }
        try saturate(share, zero, wanted, &importer, operation, output: operation.output(0))
    }

    /// Rounds, moves by the zero point, limits and casts.
    private static func saturate(
        _ share: String, _ zero: String?, _ dtype: DType, _ importer: inout ONNXImporter, _ operation: ONNXOperation,
        output: String?
    ) throws(ONNXRefusal) {
        guard let output else { return }
        let limits = try range(dtype)
        var level = importer.helper("Round", operation, [share])
        if let zero { level = importer.helper("Add", operation, [level, zero]) }
        let low = importer.scalar(limits.low, like: level, operation)
        let high = importer.scalar(limits.high, like: level, operation)
        let kept = importer.helper("Clip", operation, [level, low, high])
        importer.emit("Cast", operation, [kept], ["to": .dtype(dtype)], outputs: [output])
    }

    /// Scale and zero point of a tensor's own range, zero included, to 0 … 255.
    @Sendable private static func dynamicQuantize(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        let input = try operation.required(0)
        let zero = importer.scalar(0, like: input, operation)
        let levels = importer.scalar(255, like: input, operation)
        let least = importer.helper("ReduceMin", operation, [input], ["keepdims": .int(0)])
        let most = importer.helper("ReduceMax", operation, [input], ["keepdims": .int(0)])
        let low = importer.helper("Min", operation, [least, zero])
        let high = importer.helper("Max", operation, [most, zero])
        let width = importer.helper("Sub", operation, [high, low])
        let scale = importer.helper("Div", operation, [width, levels])
        let offset = importer.helper("Div", operation, [low, scale])
        let moved = importer.helper("Neg", operation, [offset])
        let limited = importer.helper("Clip", operation, [moved, zero, levels])
        let point = importer.helper("Round", operation, [limited])
        let share = importer.helper("Div", operation, [input, scale])
        try saturate(share, point, .u8, &importer, operation, output: operation.output(0))
        importer.give(scale, as: 1, of: operation)
        importer.give(importer.cast(point, to: .u8, operation), as: 2, of: operation)
    }

    /// A tensor as floats, without its zero point.
    private static func centered(
        _ value: String, _ zero: String?, axis: Int, _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) -> String {
        let number = importer.cast(value, to: .f32, operation)
        guard let zero else { return number }
        let rank = try importer.shape(value).count
        let point = importer.cast(zero, to: .f32, operation)
        let wide = try importer.along(axis < 0 ? axis + rank : axis, rank: rank, point, operation)
        return importer.helper("Sub", operation, [number, wide])
    }

    @Sendable private static func quantizedMatMul(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        let (left, right) = (try operation.required(0), try operation.required(3))
        let a = try centered(left, operation.input(2), axis: -2, &importer, operation)
        let b = try centered(right, operation.input(5), axis: -1, &importer, operation)
        let product = importer.helper("MatMul", operation, [a, b])
        let rank = try importer.shape(left).count
        var scales: [String] = []
        for index in [1, 4, 6] { scales.append(importer.cast(try operation.required(index), to: .f32, operation)) }
        // Rows of the left side may have scales of their own.
        scales[0] = try importer.along(rank - 2, rank: rank, scales[0], operation)
        let both = importer.helper("Mul", operation, [scales[0], scales[1]])
        try requantize(product, both, scales[2], zero: 7, &importer, operation)
    }

    private static func requantize(
        _ product: String, _ scale: String, _ output: String, zero index: Int, _ importer: inout ONNXImporter,
        _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        let factor = importer.helper("Div", operation, [scale, output])
        let share = importer.helper("Mul", operation, [product, factor])
        let zero = try operation.required(index)
        guard let dtype = importer.graph.types[zero]?.dtype else {
            throw .use("a zero point of unknown type", "integers of 8 bits")
        }
        let point = importer.cast(zero, to: .f32, operation)
        try saturate(share, point, dtype, &importer, operation, output: operation.output(0))
    }

    @Sendable private static func quantizedConv(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        let input = try operation.required(0)
        let x = try centered(input, operation.input(2), axis: 0, &importer, operation)
        let w = try centered(try operation.required(3), operation.input(5), axis: 0, &importer, operation)
        let rank = try importer.shape(input).count
        var inputs = [x, w]
        if let bias = operation.input(8) { inputs.append(importer.cast(bias, to: .f32, operation)) }
        let sums = importer.helper("Conv", operation, inputs, importer.plain(operation))
        let weightScale = try importer.along(1, rank: rank, try operation.required(4), operation)
        let both = importer.helper("Mul", operation, [try operation.required(1), weightScale])
        try requantize(sums, both, try operation.required(6), zero: 7, &importer, operation)
    }

    /// Sums are whole: f32 holds them exactly up to 2²⁴.
    @Sendable private static func integerConv(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        let x = try centered(try operation.required(0), operation.input(2), axis: 0, &importer, operation)
        let w = try centered(try operation.required(1), operation.input(3), axis: 0, &importer, operation)
        let sums = importer.helper("Conv", operation, [x, w], importer.plain(operation))
        importer.emit("Cast", operation, [sums], ["to": .dtype(.i32)])
    }
}
