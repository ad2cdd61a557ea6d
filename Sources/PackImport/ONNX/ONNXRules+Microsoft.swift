import PackGraph

extension ONNXRules {
    /// Operators of onnxruntime (domain `com.microsoft`), by what they do in the standard's.
    static let microsoft: [String: ONNXRule] = merge([
        microsoftOwn, microsoftBasic, microsoftRecurrences, diffusion, packing,
    ])

    private static let microsoftOwn: [String: ONNXRule] = [
        "FusedMatMul": fusedMatMul, "TransposeMatMul": fusedMatMul, "FusedGemm": fusedGemm, "FusedConv": fusedConv,
        "Gelu": gelu, "BiasGelu": biasGelu,
        "FastGelu": fastGelu,
        "QuickGelu": quickGelu, "LayerNormalization": layerNorm, "SimplifiedLayerNormalization": simplified,
        "SkipLayerNormalization": skipLayerNorm, "SkipSimplifiedLayerNormalization": skipLayerNorm,
        "Attention": microsoftAttention, "MultiHeadAttention": multiHead, "EmbedLayerNormalization": embedLayerNorm,
        "GroupQueryAttention": groupQuery, "RotaryEmbedding": microsoftRotary,
    ]

    @Sendable private static func fusedMatMul(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        for name in ["transBatchA", "transBatchB"] {
            guard try operation.int(name, default: 0) == 0 else { throw .use("\(name) 1", "0") }
        }
        var operands: [String] = []
        for (index, name) in ["transA", "transB"].enumerated() {
            let operand = try operation.required(index)
            guard try operation.int(name, default: 0) != 0 else {
                operands.append(operand)
                continue
            }
            let rank = try importer.shape(operand).count
            guard rank >= 2 else { throw .use("\(name) of rank \(rank)", "rank 2 or more") }
            let order = Array(0..<rank - 2) + [rank - 1, rank - 2]
            operands.append(importer.helper("Transpose", operation, [operand], ["perm": .ints(order)]))
        }
        let alpha = try operation.float("alpha") ?? 1
        guard alpha != 1 else { return importer.emit("MatMul", operation, operands) }
        let product = importer.helper("MatMul", operation, operands)
        importer.emit("Mul", operation, [product, importer.scalar(alpha, like: product, operation)])
    }

    @Sendable private static func fusedGemm(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        let activation = try operation.text("activation") ?? ""
        let names: Set<String> = ["activation", "activation_alpha", "activation_beta", "activation_gamma"]
        let product = importer.helper("Gemm", operation, operation.inputs, importer.plain(operation, without: names))
        var attributes: [String: Attribute] = [:]
        if let alpha = try operation.float("activation_alpha") { attributes["alpha"] = .float(alpha) }
        guard ["Relu", "Sigmoid", "Tanh", "LeakyRelu"].contains(activation) else {
            throw .use("activation \(activation)", "Relu, LeakyRelu, Sigmoid or Tanh")
        }
        importer.emit(activation, operation, [product], activation == "LeakyRelu" ? attributes : [:])
    }

    /// A convolution with an addend and an activation, whose parameters are in a list.
    @Sendable static func fusedConv(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        let activation = try operation.text("activation") ?? ""
        let parameters = try operation.floats("activation_params") ?? []
        let attributes = importer.plain(operation, without: ["activation", "activation_params"])
        let names: [String: [String]] = [
            "Relu": [], "Sigmoid": [], "Tanh": [], "LeakyRelu": ["alpha"], "HardSigmoid": ["alpha", "beta"], "Clip": [],
        ]
        guard activation.isEmpty || names[activation] != nil else {
            throw .use("activation \(activation)", "Relu, Sigmoid, Tanh, LeakyRelu, HardSigmoid or Clip")
        }
        let isLast = operation.input(3) == nil
        if isLast, activation.isEmpty {
            return importer.emit("Conv", operation, Array(operation.inputs.prefix(3)), attributes)
        }
        var value = importer.helper("Conv", operation, Array(operation.inputs.prefix(3)), attributes)
        if let addend = operation.input(3) {
            guard !activation.isEmpty else { return importer.emit("Add", operation, [value, addend]) }
            value = importer.helper("Add", operation, [value, addend])
        }
        guard activation != "Clip" else {
            let limits = parameters.prefix(2).map { importer.scalar($0, like: value, operation) }
            return importer.emit("Clip", operation, [value] + limits)
        }
        let named = zip(names[activation] ?? [], parameters).map { ($0, Attribute.float($1)) }
        importer.emit(activation, operation, [value], Dictionary(named) { first, _ in first })
    }

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
