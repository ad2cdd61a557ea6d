import PackCore
import PackFormats
import PackGraph

extension ONNXRules {
    /// Operators of onnxruntime (domain `com.microsoft`) on quantized tensors: as products of codes, or as the function of
    /// numbers between DequantizeLinear and QuantizeLinear.
    static let quantized: [String: ONNXRule] = merge([
        quantizedRecurrences, quantizedSums, channelsLast,
        rules(["QuantizeLinear", "DequantizeLinear", "MatMulIntegerToFloat", "DynamicQuantizeMatMul"], same),
        [
            "QLinearAdd": { importer, operation throws(ONNXRefusal) in try pair(&importer, operation, "Add") },
            "QLinearMul": { importer, operation throws(ONNXRefusal) in try pair(&importer, operation, "Mul") },
            "QLinearSigmoid": { importer, operation throws(ONNXRefusal) in
                try function(&importer, operation, "Sigmoid", [])
            },
            "QLinearLeakyRelu": { importer, operation throws(ONNXRefusal) in
                try function(&importer, operation, "LeakyRelu", ["alpha"])
            },
            "QLinearSoftmax": { importer, operation throws(ONNXRefusal) in
                try function(&importer, operation, "Softmax", ["axis"])
            },
            "QLinearGlobalAveragePool": { importer, operation throws(ONNXRefusal) in
                try function(&importer, operation, "GlobalAveragePool", [])
            },
            "QLinearAveragePool": { importer, operation throws(ONNXRefusal) in
                try function(
                    &importer, operation, "AveragePool",
                    ["auto_pad", "ceil_mode", "count_include_pad", "kernel_shape", "pads", "strides"])
            },
            "QLinearConcat": concat, "QLinearWhere": choice, "QLinearConv": convolution, "QGemm": gemm,
            "QAttention": attention,
            "QEmbedLayerNormalization": embed, "MatMulNBits": narrowMatMul,
            "GatherBlockQuantized": narrowGather, "MatMulBnb4": tableMatMul, "MatMulInteger16": wideIntegers,
        ],
    ])

    /// The numbers of codes.
    private static func numbers(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation, _ codes: String, _ scale: String, _ zero: String?
    ) -> String {
        importer.helper("DequantizeLinear", operation, [codes, scale, zero ?? ""])
    }

    /// Gives the operation's output the codes of numbers; codes are u8 where no zero point says otherwise.
    private static func emitCodes(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation, _ numbers: String, scale: Int, zero: Int
    ) throws(ONNXRefusal) {
        importer.emit(
            "QuantizeLinear", operation, [numbers, try operation.required(scale), operation.input(zero) ?? ""])
    }

    private static func pair(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation, _ op: String
    ) throws(ONNXRefusal) {
        var sides: [String] = []
        for first in [0, 3] {
            sides.append(
                numbers(
                    &importer, operation, try operation.required(first), try operation.required(first + 1),
                    operation.input(first + 2)))
        }
        let result = importer.helper(op, operation, sides)
        try emitCodes(&importer, operation, result, scale: 6, zero: 7)
    }

    private static func function(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation, _ op: String, _ kept: Set<String>
    ) throws(ONNXRefusal) {
        let isLast = try operation.int("channels_last", default: 0) != 0
        var codes = try operation.required(0)
        if isLast { codes = try importer.channelsFirst(codes, operation) }
        let x = numbers(&importer, operation, codes, try operation.required(1), operation.input(2))
        let attributes = importer.plain(operation).filter { kept.contains($0.key) }
        let result = importer.helper(op, operation, [x], attributes)
        guard isLast else { return try emitCodes(&importer, operation, result, scale: 3, zero: 4) }
        let image = importer.helper(
            "QuantizeLinear", operation, [result, try operation.required(3), operation.input(4) ?? ""])
        try importer.emitChannelsLast(image, operation)
    }

    /// The standard's; images may have their channels last. Weights are `[M, C, axes…]` always.
    @Sendable private static func convolution(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        let attributes = importer.plain(operation, without: ["channels_last"])
        guard try operation.int("channels_last", default: 0) != 0 else {
            return importer.emit("QLinearConv", operation, operation.inputs, attributes)
        }
        let image = try importer.channelsFirst(try operation.required(0), operation)
        let result = importer.helper("QLinearConv", operation, [image] + operation.inputs.dropFirst(), attributes)
        try importer.emitChannelsLast(result, operation)
    }

    /// Products of i16 with sums of i32.
    @Sendable private static func wideIntegers(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        let sides = [try operation.required(0), try operation.required(1)].map {
            importer.cast($0, to: .i32, operation)
        }
        importer.emit("MatMul", operation, sides)
    }

    /// Inputs: scale and zero point of the result, then codes, scale and zero point of each part.
    @Sendable private static func concat(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        guard operation.inputs.count >= 5, operation.inputs.count % 3 == 2 else {
            throw ONNXRefusal(.invalid, found: "\(operation.inputs.count) inputs", expected: "two, and three a part")
        }
        var parts: [String] = []
        for first in stride(from: 2, to: operation.inputs.count, by: 3) {
            parts.append(
                numbers(
                    &importer, operation, try operation.required(first), try operation.required(first + 1),
                    operation.input(first + 2)))
        }
        let axis = try operation.int("axis", default: 1)
        let joined = importer.helper("Concat", operation, parts, ["axis": .int(axis)])
        try emitCodes(&importer, operation, joined, scale: 0, zero: 1)
    }

    /// Inputs: the condition, then codes, scale and zero point of both sides, then scale and zero point of the result.
    @Sendable private static func choice(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        var sides = [try operation.required(0)]
        for first in [1, 4] {
            sides.append(
                numbers(
                    &importer, operation, try operation.required(first), try operation.required(first + 1),
                    operation.input(first + 2)))
        }
        let chosen = importer.helper("Where", operation, sides)
        try emitCodes(&importer, operation, chosen, scale: 7, zero: 8)
    }

    /// alpha·A·B + C, codes or, without a scale of the result, numbers. C counts in units of both scales and alpha.
    @Sendable private static func gemm(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        var a = try operation.required(0)
        if try operation.int("transA", default: 0) != 0 {
            a = importer.helper("Transpose", operation, [a], ["perm": .ints([1, 0])])
        }
        var scale = try operation.required(1)
        let alpha = try operation.float("alpha") ?? 1
        if alpha != 1 {
            scale = importer.helper("Mul", operation, [scale, importer.scalar(alpha, like: scale, operation)])
        }
        let b = try operation.required(3)
        let bScale = try operation.required(4)
        let transposed: [String: Attribute] = ["transB": .int(try operation.int("transB", default: 0))]
        if let yScale = operation.input(7) {
            return importer.emit(
                "QGemm", operation,
                [
                    a, scale, operation.input(2) ?? "", b, bScale, operation.input(5) ?? "", operation.input(6) ?? "",
                    yScale, operation.input(8) ?? "",
                ], transposed)
        }
        var bias = ""
        if let c = operation.input(6) {
            let unit = importer.helper("Mul", operation, [scale, bScale])
            let wide = importer.helper("Cast", operation, [c], ["to": .dtype(.f32)])
            bias = importer.helper("Mul", operation, [wide, unit])
        }
        importer.emit(
            "MatMulIntegerToFloat", operation,
            [a, b, scale, bScale, operation.input(2) ?? "", operation.input(5) ?? "", bias], transposed)
    }

    /// Attention of numbers. Inputs: codes, weights, bias, scale of the codes, of the weights, mask, zero point of the codes, of
    /// the weights, cache.
    @Sendable private static func attention(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        let x = numbers(
            &importer, operation, try operation.required(0), try operation.required(3), operation.input(6))
        let weights = importer.helper(
            "DequantizeLinear", operation,
            [try operation.required(1), try operation.required(4), operation.input(7) ?? ""], ["axis": .int(1)])
        try microsoftAttention(
            &importer,
            operation.calling(
                "Attention",
                [x, weights, operation.input(2) ?? "", operation.input(5) ?? "", operation.input(8) ?? ""]))
    }

    /// EmbedLayerNormalization whose tables and vectors are codes, each with a scale and a zero point among the later inputs.
    @Sendable private static func embed(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        var inputs = [try operation.required(0), operation.input(1) ?? ""]
        for index in 2..<7 {
            guard let codes = operation.input(index) else {
                inputs.append("")
                continue
            }
            inputs.append(
                numbers(&importer, operation, codes, try operation.required(index + 6), operation.input(index + 11)))
        }
        inputs.append(operation.input(7) ?? "")
        try embedLayerNorm(&importer, operation.calling("EmbedLayerNormalization", inputs))
    }
}
