import PackCore
import PackFormats
import PackGraph

extension ONNXRules {
    /// Pseudo-random numbers. They follow from the node's `seed`, or from its name where it has none, so that equal inputs
    /// give equal answers. Other generators give other numbers of the same distribution.
    static let random: [String: ONNXRule] = merge([
        rules(["RandomUniform", "RandomNormal", "RandomUniformLike", "RandomNormalLike"], drawn),
        ["Bernoulli": bernoulli, "Multinomial": multinomial],
    ])

    @Sendable private static func drawn(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        guard let output = operation.output(0) else { return }
        var attributes = ["seed": Attribute.int(try seed(operation))]
        for name in operation.op.contains("Uniform") ? ["low", "high"] : ["mean", "scale"] {
            if let value = try operation.float(name) { attributes[name] = .float(value) }
        }
        let isLike = operation.op.hasSuffix("Like")
        if !isLike {
            guard let shape = try operation.ints("shape") else {
                throw ONNXRefusal(.invalid, found: "no shape", expected: "attribute shape")
            }
            attributes["shape"] = .ints(shape)
        }
        let inputs = isLike ? [try operation.required(0)] : []
        // Where the input is no float, f32 is what exporters mean.
        let given = inputs.first.flatMap { importer.graph.types[$0]?.dtype }.flatMap { $0.isFloat ? $0 : nil }
        let dtype = try type(operation, default: given ?? .f32)
        guard dtype.isFloat else {
            throw ONNXRefusal(.invalid, found: "random numbers of \(dtype.name)", expected: "floats")
        }
        guard dtype != .f32 else {
            return importer.emit(operation.op, operation, inputs, attributes, outputs: [output])
        }
        let numbers = importer.helper(operation.op, operation, inputs, attributes)
        importer.emit("Cast", operation, [numbers], ["to": .dtype(dtype)], outputs: [output])
    }

    /// 1 with the probability that an element says, else 0.
    @Sendable private static func bernoulli(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        guard let output = operation.output(0) else { return }
        let x = try operation.required(0)
        let dtype = try type(operation, default: importer.graph.types[x]?.dtype ?? .f32)
        let chances = importer.cast(x, to: .f32, operation)
        let drawn = importer.helper(
            "RandomUniformLike", operation, [chances], ["seed": .int(try seed(operation))])
        let isOne = importer.helper("Less", operation, [drawn, chances])
        importer.emit("Cast", operation, [isOne], ["to": .dtype(dtype)], outputs: [output])
    }

    /// Classes by their unnormalized logarithmic probabilities: as many as there are sums of probabilities, from the first
    /// class on, that are not above a number below the sum of all.
    @Sendable private static func multinomial(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        guard let output = operation.output(0) else { return }
        let count = try operation.int("sample_size", default: 1)
        let dtype = try type(operation, default: .i32)
        guard count >= 0, [.i32, .i64].contains(dtype) else {
            throw ONNXRefusal(.invalid, found: "\(count) samples of \(dtype.name)", expected: "integers")
        }
        let logarithms = importer.cast(try operation.required(0), to: .f32, operation)
        let chances = importer.helper("Softmax", operation, [logarithms], ["axis": .int(-1)])
        let sums = importer.helper("CumSum", operation, [chances, importer.integers([1], shape: [])])
        let total = importer.helper(
            "ReduceMax", operation, [sums, importer.integers([1])], ["keepdims": .int(1)])
        let totals = importer.helper("Expand", operation, [total, importer.integers([1, count])])
        let drawn = importer.helper(
            "RandomUniformLike", operation, [totals], ["seed": .int(try seed(operation))])
        let scaled = importer.helper("Mul", operation, [drawn, totals])
        // Rounding may reach the sum of all: the last class is never passed.
        let inner = importer.helper(
            "Slice", operation,
            [sums, importer.integers([0]), importer.integers([-1]), importer.integers([1])])
        let columns = importer.helper("Unsqueeze", operation, [scaled, importer.integers([2])])
        let rows = importer.helper("Unsqueeze", operation, [inner, importer.integers([1])])
        let isPassed = importer.helper("GreaterOrEqual", operation, [columns, rows])
        let passed = importer.helper("Cast", operation, [isPassed], ["to": .dtype(.i64)])
        let classes = importer.helper(
            "ReduceSum", operation, [passed, importer.integers([2])], ["keepdims": .int(0)])
        importer.emit("Cast", operation, [classes], ["to": .dtype(dtype)], outputs: [output])
    }

    private static func type(_ operation: ONNXOperation, default standard: DType) throws(ONNXRefusal) -> DType {
        guard operation.attributes["dtype"] != nil else { return standard }
        let code = try operation.int("dtype", default: 0)
        guard let dtype = DType(onnxCode: code) else {
            throw ONNXRefusal(.unsupportedType, found: "dtype \(code)", expected: "a type of whole bytes")
        }
        return dtype
    }

    /// What the numbers of a node follow from: names differ from node to node, within functions and branches too.
    private static func seed(_ operation: ONNXOperation) throws(ONNXRefusal) -> Int {
        if let given = try operation.float("seed") {
            return Int(truncatingIfNeeded: SplitMix.mix(UInt64(given.bitPattern) &+ 1))
        }
        // FNV-1a.
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in operation.name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return Int(truncatingIfNeeded: SplitMix.mix(hash))
    }
}
