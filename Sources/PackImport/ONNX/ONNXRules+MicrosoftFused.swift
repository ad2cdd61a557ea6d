import PackCore
import PackFormats
import PackGraph

extension ONNXRules {
    /// Operators of onnxruntime that are several of the standard's in one.
    static let microsoftFused: [String: ONNXRule] = [
        "FusedMatMul": fusedMatMul, "TransposeMatMul": fusedMatMul, "FusedMatMulActivation": fusedMatMulActivation,
        "FusedGemm": fusedGemm, "FusedConv": fusedConv, "GemmFastGelu": gemmFastGelu, "BiasDropout": biasDropout,
        "BitmaskDropout": bitmaskDropout, "BitmaskBiasDropout": bitmaskDropout, "SwiGLU": clampedSwiGLU,
        "RouterGateUpProj": routerGateUp, "TorchEmbedding": torchEmbedding, "IsAllFinite": isAllFinite,
        "SampleOp": sampleOp, "ConvTransposeWithDynamicPads": convTransposeWithPads,
    ]

    @Sendable private static func fusedMatMul(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        let operands = try turnedOperands(&importer, operation)
        let alpha = try operation.float("alpha") ?? 1
        guard alpha != 1 else { return importer.emit("MatMul", operation, operands) }
        let product = importer.helper("MatMul", operation, operands)
        importer.emit("Mul", operation, [product, importer.scalar(alpha, like: product, operation)])
    }

    /// Both operands: with transBatch the first axis is the row, and with trans rows and columns are exchanged after that.
    private static func turnedOperands(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) -> [String] {
        var operands: [String] = []
        for (index, side) in ["A", "B"].enumerated() {
            let operand = try operation.required(index)
            let isTurned = try operation.int("trans\(side)", default: 0) != 0
            let isBatch = try operation.int("transBatch\(side)", default: 0) != 0
            guard isTurned || isBatch else {
                operands.append(operand)
                continue
            }
            let rank = try importer.shape(operand).count
            guard rank >= 2 else { throw .use("trans\(side) of rank \(rank)", "rank 2 or more") }
            var order = isBatch ? Array(1..<rank - 1) + [0, rank - 1] : Array(0..<rank)
            if isTurned { order.swapAt(rank - 2, rank - 1) }
            operands.append(importer.helper("Transpose", operation, [operand], ["perm": .ints(order)]))
        }
        return operands
    }

    @Sendable private static func fusedMatMulActivation(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        let product = importer.uniqueValue("\(operation.name)/product")
        try fusedMatMul(
            &importer,
            operation.calling(
                "FusedMatMul", operation.inputs, outputs: [product],
                name: importer.uniqueNode("\(operation.name)/MatMul")))
        try emitActivated(product, &importer, operation)
    }

    @Sendable private static func fusedGemm(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        let names: Set<String> = ["activation", "activation_alpha", "activation_beta", "activation_gamma"]
        let product = importer.helper("Gemm", operation, operation.inputs, importer.plain(operation, without: names))
        try emitActivated(product, &importer, operation)
    }

    /// Emits what an operation's activation makes of a value, with the parameters that it has.
    private static func emitActivated(
        _ value: String, _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        let parameters: [String: [String]] = [
            "Relu": [], "Sigmoid": [], "Tanh": [], "Softplus": [], "Softsign": [], "LeakyRelu": ["alpha"],
            "Elu": ["alpha"], "Celu": ["alpha"], "ThresholdedRelu": ["alpha"], "HardSigmoid": ["alpha", "beta"],
            "Selu": ["alpha", "gamma"], "Softmax": [], "ScaledTanh": ["alpha", "beta"],
        ]
        let activation = try operation.text("activation") ?? ""
        guard let names = parameters[activation] else {
            throw .use("activation \(activation)", parameters.keys.sorted().joined(separator: ", "))
        }
        var attributes: [String: Attribute] = [:]
        for name in names {
            if let number = try operation.float("activation_\(name)") { attributes[name] = .float(number) }
        }
        if activation == "Softmax" { attributes["axis"] = .int(try operation.int("activation_axis", default: -1)) }
        guard activation == "ScaledTanh" else { return importer.emit(activation, operation, [value], attributes) }
        let factors = try ["alpha", "beta"].map { name throws(ONNXRefusal) in
            importer.scalar(try operation.float("activation_\(name)") ?? 1, like: value, operation)
        }
        let inner = importer.helper("Mul", operation, [value, factors[1]])
        importer.emit("Mul", operation, [importer.helper("Tanh", operation, [inner]), factors[0]])
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

    @Sendable private static func gemmFastGelu(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        var product = importer.helper("MatMul", operation, [try operation.required(0), try operation.required(1)])
        if let bias = operation.input(2) {
            try importer.expect(bias, Array(try importer.shape(product).suffix(1)))
            product = importer.helper("Add", operation, [product, bias])
        }
        importer.emit("Gelu", operation, [product], ["approximate": .string("tanh")])
    }

    /// Dropout of x + bias, plus a residual.
    @Sendable private static func biasDropout(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        let sum = try biased(&importer, operation)
        let tail = [operation.input(3) ?? "", operation.input(4) ?? ""]
        guard let residual = operation.input(2) else {
            return try dropout(&importer, operation.calling("Dropout", [sum] + tail))
        }
        try importer.expect(residual, try importer.shape(sum))
        let dropped = importer.uniqueValue("\(operation.name)/dropped")
        try dropout(
            &importer,
            operation.calling(
                "Dropout", [sum] + tail, outputs: [dropped, operation.output(1) ?? ""],
                name: importer.uniqueNode("\(operation.name)/Dropout")))
        if let output = operation.output(0) {
            importer.emit("Add", operation, [dropped, residual], outputs: [output])
        }
    }

    /// The sum of an operation's first two inputs, the second as large as the first, or as its last axis.
    private static func biased(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) -> String {
        let (x, bias) = (try operation.required(0), try operation.required(1))
        let shape = try importer.shape(x)
        try importer.expect(bias, Array(shape.suffix(1)), or: shape)
        return importer.helper("Add", operation, [x, bias])
    }

    /// Dropout, or BiasDropout, whose mask is packed in bits; without training nothing reads the mask.
    @Sendable private static func bitmaskDropout(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        if let mask = operation.output(1), importer.used.contains(mask) {
            throw ONNXRefusal(.training, found: "a mask packed in bits", expected: "no use of it")
        }
        let outputs = Array(operation.outputs.prefix(1))
        if operation.op == "BitmaskDropout" {
            return try dropout(&importer, operation.calling("Dropout", operation.inputs, outputs: outputs))
        }
        try biasDropout(&importer, operation.calling("BiasDropout", operation.inputs, outputs: outputs))
    }

    /// G · sigmoid(alpha · G) · (L + beta), of a gate up to a limit and a linear half within it; both halves side by side where
    /// there is one input.
    @Sendable private static func clampedSwiGLU(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        var halves = [try operation.required(0)]
        if let linear = operation.input(1) {
            try importer.expect(linear, try importer.shape(halves[0]))
            halves.append(linear)
        } else {
            halves = try importer.halves(of: halves[0], operation)
        }
        importer.give(try swiGLU(halves[0], halves[1], &importer, operation), as: 0, of: operation)
    }

    private static func swiGLU(
        _ gate: String, _ linear: String, _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) -> String {
        var (gate, linear) = (gate, linear)
        if let limit = try operation.float("limit"), limit > 0 {
            let bounds = [-limit, limit].map { importer.scalar($0, like: gate, operation) }
            gate = importer.helper("Min", operation, [gate, bounds[1]])
            linear = importer.helper("Clip", operation, [linear, bounds[0], bounds[1]])
        }
        let alpha = try operation.float("activation_alpha") ?? 1
        let scaled =
            alpha == 1
            ? gate : importer.helper("Mul", operation, [gate, importer.scalar(alpha, like: gate, operation)])
        let gated = importer.helper("Mul", operation, [gate, importer.helper("Sigmoid", operation, [scaled])])
        let beta = try operation.float("activation_beta") ?? 0
        if beta != 0 {
            linear = importer.helper("Add", operation, [linear, importer.scalar(beta, like: linear, operation)])
        }
        return importer.helper("Mul", operation, [gated, linear])
    }

    /// The columns of one product: scores of experts, and a gate and a linear half for SwiGLU.
    @Sendable private static func routerGateUp(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        let weights = try operation.required(1)
        let activation = try operation.text("activation") ?? "swiglu"
        let size = try operation.int("router_size", default: 0)
        let width = try importer.known(weights, axis: 1)
        guard activation == "swiglu" else {
            throw ONNXRefusal(.invalid, found: "activation \(activation)", expected: "swiglu")
        }
        guard size > 0, size < width, (width - size) % 2 == 0 else {
            throw ONNXRefusal(
                .invalid, found: "router_size \(size) of \(width) columns", expected: "an even number of columns beside"
            )
        }
        let product = importer.helper("MatMul", operation, [try operation.required(0), weights])
        let half = (width - size) / 2
        let parts = importer.parts(of: product, axis: -1, [size, half, half], operation)
        importer.give(parts[0], as: 0, of: operation)
        importer.give(try swiGLU(parts[1], parts[2], &importer, operation), as: 1, of: operation)
    }

    /// Rows of a table; the further inputs are for training.
    @Sendable private static func torchEmbedding(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        importer.emit(
            "Gather", operation, [try operation.required(0), try operation.required(1)], ["axis": .int(0)])
    }

    /// Whether no element of any input is infinite or no number, or of one kind of these.
    @Sendable private static func isAllFinite(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        var wanted: [String] = []
        for (op, other) in [("IsInf", "isnan_only"), ("IsNaN", "isinf_only")] {
            if try operation.int(other, default: 0) == 0 { wanted.append(op) }
        }
        guard !wanted.isEmpty else {
            throw ONNXRefusal(.invalid, found: "isinf_only and isnan_only", expected: "one of them")
        }
        var found: [String] = []
        for index in operation.inputs.indices {
            let x = try operation.required(index)
            for op in wanted {
                let number = importer.cast(importer.helper(op, operation, [x]), to: .i32, operation)
                let flat = importer.helper("Reshape", operation, [number, importer.integers([-1])])
                found.append(
                    importer.helper(
                        "ReduceSum", operation, [flat, importer.integers([0])], ["keepdims": .int(0)]))
            }
        }
        guard var sum = found.first else { throw ONNXRefusal(.invalid, found: "no input", expected: "at least one") }
        for count in found.dropFirst() { sum = importer.helper("Add", operation, [sum, count]) }
        importer.emit("Not", operation, [importer.cast(sum, to: .bool, operation)])
    }

    /// An example of an operator in onnxruntime, which gives what it gets.
    @Sendable private static func sampleOp(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        importer.emit("Identity", operation, [try operation.required(0)])
    }

    /// The standard's, with pads as an input.
    @Sendable private static func convTransposeWithPads(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        var attributes = importer.plain(operation)
        if let name = operation.input(2) {
            guard let pads = importer.numbers(name) else { throw .unknown("pads", name) }
            attributes["pads"] = .ints(pads)
        }
        let inputs = [try operation.required(0), try operation.required(1), operation.input(3) ?? ""]
        importer.emit("ConvTranspose", operation, inputs, attributes)
    }
}

extension ONNXImporter {
    /// Both halves of the last axis, which must be even.
    mutating func halves(of value: String, _ operation: ONNXOperation) throws(ONNXRefusal) -> [String] {
        let axis = try shape(value).count - 1
        let width = try known(value, axis: axis)
        guard width > 0, width % 2 == 0 else {
            throw ONNXRefusal(.invalid, found: "a width of \(width)", expected: "two halves")
        }
        return parts(of: value, axis: axis, [width / 2, width / 2], operation)
    }
}
