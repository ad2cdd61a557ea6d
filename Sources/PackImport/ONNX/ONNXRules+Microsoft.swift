import PackGraph

extension ONNXRules {
    /// Operators of onnxruntime (domain `com.microsoft`), by what they do in the standard's.
    static let microsoft: [String: ONNXRule] = merge([
        microsoftOwn, microsoftBasic, microsoftFused, microsoftRecurrences, microsoftSignals, microsoftWords,
        microsoftRotations, branches, diffusion,
        packing, relativePositions, experts, sparseAttentions, decoderAttentions,
    ])

    private static let microsoftOwn: [String: ONNXRule] = [
        "Gelu": gelu, "BiasGelu": biasGelu,
        "FastGelu": fastGelu,
        "QuickGelu": quickGelu, "LayerNormalization": layerNorm, "SimplifiedLayerNormalization": simplified,
        "SkipLayerNormalization": skipLayerNorm, "SkipSimplifiedLayerNormalization": skipLayerNorm,
        "Attention": microsoftAttention, "MultiHeadAttention": multiHead, "EmbedLayerNormalization": embedLayerNorm,
        "GroupQueryAttention": groupQuery,
    ]

    @Sendable private static func gelu(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        importer.emit("Gelu", operation, [try operation.required(0)])
    }

    @Sendable private static func biasGelu(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        let sum = importer.helper("Add", operation, [try operation.required(0), try operation.required(1)])
        importer.emit("Gelu", operation, [sum])
    }

    @Sendable private static func fastGelu(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        var input = try operation.required(0)
        if let bias = operation.input(1) { input = importer.helper("Add", operation, [input, bias]) }
        importer.emit("Gelu", operation, [input], ["approximate": .string("tanh")])
    }

    @Sendable private static func quickGelu(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        let input = try operation.required(0)
        let alpha = importer.scalar(try operation.float("alpha") ?? 1.702, like: input, operation)
        let scaled = importer.helper("Mul", operation, [input, alpha])
        let gate = importer.helper("Sigmoid", operation, [scaled])
        importer.emit("Mul", operation, [input, gate])
    }

    @Sendable private static func layerNorm(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        importer.emit("LayerNormalization", operation, operation.inputs, importer.plain(operation))
    }

    @Sendable private static func simplified(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        importer.emit(
            "RMSNormalization", operation, operation.inputs, importer.plain(operation, without: ["stash_type"]))
    }

    /// The sum of input, skip and bias, normalized; the fourth output is the sum.
    @Sendable private static func skipLayerNorm(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        let isSimple = operation.op.hasPrefix("SkipSimplified")
        for index in 1...2 {
            guard let extra = operation.output(index), importer.used.contains(extra) else { continue }
            throw .use("use of output \(index)", "the first and the fourth output")
        }
        var sum = importer.helper("Add", operation, [try operation.required(0), try operation.required(1)])
        if let bias = operation.input(isSimple ? 3 : 4) { sum = importer.helper("Add", operation, [sum, bias]) }
        let epsilon: [String: Attribute] = ["epsilon": .float(try operation.float("epsilon") ?? 1e-12)]
        if let output = operation.output(0) {
            let gamma = try operation.required(2)
            let inputs = isSimple ? [sum, gamma] : [sum, gamma, operation.input(3) ?? ""]
            importer.emit(
                isSimple ? "RMSNormalization" : "LayerNormalization", operation, inputs, epsilon, outputs: [output])
        }
        if let output = operation.output(3) {
            importer.emit("Identity", operation, [sum], outputs: [output], name: "\(operation.name)/sum")
        }
    }
}
