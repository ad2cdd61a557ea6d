import PackCore
import PackFormats
import PackGraph

extension ONNXRules {
    /// Operators of onnxruntime on several streams of features side by side, and gates.
    static let branches: [String: ONNXRule] = [
        "BranchwiseRMSNorm": branchwiseNorm, "HyperConnectionPreMix": preMix, "HyperConnectionPostMix": postMix,
        "EngramGate": engramGate, "LinearAttentionGate": linearAttentionGate,
    ]

    /// Features of each branch divided by their root mean square, times a scale `[C·H]`, `[C, H]` or `[H]`.
    @Sendable private static func branchwiseNorm(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        let x = try operation.required(0)
        let grouped = try importer.branches(of: x, operation)
        var scale = operation.input(1)
        if let name = scale, try importer.shape(name).count == 1, try importer.known(name, axis: 0) != grouped.width {
            scale = importer.helper("Reshape", operation, [name, importer.integers([grouped.count, grouped.width])])
        }
        let normal = try importer.normalized(grouped.value, grouped.width, scale, operation)
        let dtype = importer.graph.types[x]?.dtype ?? .f32
        let shape = importer.helper("Shape", operation, [x])
        let flat = importer.helper("Reshape", operation, [normal, shape])
        importer.emit("Cast", operation, [flat], ["to": .dtype(dtype)])
    }

    /// The sum of the branches, each times its gate.
    @Sendable private static func preMix(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        let x = try operation.required(0)
        let grouped = try importer.branches(of: x, operation)
        let gates = try importer.gates(try operation.required(1), of: grouped, operation)
        let product = importer.helper("Mul", operation, [grouped.value, gates])
        var sum = importer.helper("ReduceSum", operation, [product, importer.integers([-2])], ["keepdims": .int(0)])
        let factor = try operation.float("reduction_scale") ?? 1
        if factor != 1 {
            sum = importer.helper("Mul", operation, [sum, importer.scalar(factor, like: sum, operation)])
        }
        importer.emit("Cast", operation, [sum], ["to": .dtype(importer.graph.types[x]?.dtype ?? .f32)])
    }

    /// Branches mixed by a matrix `[…, C, C]`, and a block's output added to each, times its gate.
    @Sendable private static func postMix(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        let x = try operation.required(0)
        let grouped = try importer.branches(of: x, operation)
        let gates = try importer.gates(try operation.required(2), of: grouped, operation)
        let block = importer.cast(try operation.required(1), to: .f32, operation)
        let row = importer.helper("Unsqueeze", operation, [block, importer.integers([-2])])
        let added = importer.helper("Mul", operation, [gates, row])
        var mixed = grouped.value
        if let matrix = operation.input(3) {
            let rank = try importer.shape(matrix).count
            guard rank >= 2 else { throw ONNXRefusal(.invalid, found: "a mix of rank \(rank)", expected: "a matrix") }
            let order = Array(0..<rank - 2) + [rank - 1, rank - 2]
            let turned = importer.helper(
                "Transpose", operation, [importer.cast(matrix, to: .f32, operation)], ["perm": .ints(order)])
            mixed = importer.helper("MatMul", operation, [turned, mixed])
        }
        let sum = importer.helper("Add", operation, [mixed, added])
        let flat = importer.helper("Reshape", operation, [sum, importer.helper("Shape", operation, [x])])
        importer.emit("Cast", operation, [flat], ["to": .dtype(importer.graph.types[x]?.dtype ?? .f32)])
    }

    /// A value `[B, S, H]` for each branch, times a gate that tells how alike normalized keys and queries `[B, S, C, H]` are; the
    /// second output is that normalized.
    @Sendable private static func engramGate(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        let key = try operation.required(0)
        let shape = try importer.shape(key)
        guard shape.count == 4 else { throw ONNXRefusal(.invalid, found: "keys \(shape)", expected: "4 axes") }
        let width = try importer.known(key, axis: 3)
        try importer.expect(try operation.required(1), shape)
        try importer.expect(try operation.required(2), [shape[0], shape[1], shape[3]])
        let sides = try (0...1).map { index throws(ONNXRefusal) in
            let wide = importer.cast(try operation.required(index), to: .f32, operation)
            return try importer.normalized(wide, width, try operation.required(3 + index), operation)
        }
        let product = importer.helper("Mul", operation, sides)
        let sum = importer.helper("ReduceSum", operation, [product, importer.integers([3])], ["keepdims": .int(1)])
        let root = importer.scalar(Float(width).squareRoot(), like: nil, operation)
        let dot = importer.helper("Div", operation, [sum, root])
        let size = importer.helper("Abs", operation, [dot])
        let bounded = importer.helper("Max", operation, [size, importer.scalar(1e-6, like: nil, operation)])
        let signed = importer.helper(
            "Mul", operation,
            [importer.helper("Sign", operation, [dot]), importer.helper("Sqrt", operation, [bounded])])
        let gate = importer.helper("Sigmoid", operation, [signed])
        let value = importer.cast(try operation.required(2), to: .f32, operation)
        let row = importer.helper("Unsqueeze", operation, [value, importer.integers([2])])
        let gated = importer.helper("Mul", operation, [gate, row])
        let dtype = importer.graph.types[key]?.dtype ?? .f32
        importer.give(importer.cast(gated, to: dtype, operation), as: 0, of: operation)
        guard operation.output(1) != nil else { return }
        let normal = try importer.normalized(gated, width, try operation.required(5), operation)
        importer.give(importer.cast(normal, to: dtype, operation), as: 1, of: operation)
    }

    /// decay_scale · softplus(a + dt_bias), and sigmoid(b).
    @Sendable private static func linearAttentionGate(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        let a = try operation.required(0)
        let dtype = importer.graph.types[a]?.dtype ?? .f32
        let last = Array(try importer.shape(a).suffix(1))
        for index in 1...2 { try importer.expect(try operation.required(index), last) }
        let sum = importer.helper(
            "Add", operation, [importer.cast(a, to: .f32, operation), try operation.required(1)])
        let soft = importer.helper("Softplus", operation, [sum])
        let decay = importer.helper("Mul", operation, [soft, try operation.required(2)])
        importer.give(importer.cast(decay, to: dtype, operation), as: 0, of: operation)
        guard operation.output(1) != nil else { return }
        let wide = importer.cast(try operation.required(3), to: .f32, operation)
        let rate = importer.helper("Sigmoid", operation, [wide])
        importer.give(importer.cast(rate, to: dtype, operation), as: 1, of: operation)
    }
}

/// Streams `[…, C, H]` of f32.
private struct Branches {
    let value: String
    let count: Int
    let width: Int
    let rank: Int
}

extension ONNXImporter {
    /// Streams with branches apart, which `num_branches` says lie side by side otherwise.
    fileprivate mutating func branches(
        of value: String, _ operation: ONNXOperation
    ) throws(ONNXRefusal) -> Branches {
        let rank = try shape(value).count
        let wide = cast(value, to: .f32, operation)
        let given = try operation.int("num_branches", default: 0)
        guard given != 0 else {
            guard rank >= 2 else {
                throw ONNXRefusal(.invalid, found: "rank \(rank)", expected: "[…, branches, width]")
            }
            return Branches(
                value: wide, count: try known(value, axis: rank - 2), width: try known(value, axis: rank - 1),
                rank: rank)
        }
        guard rank >= 1, given > 0, try known(value, axis: rank - 1) % given == 0 else {
            throw ONNXRefusal(
                .invalid, found: "\(given) branches of \(try shape(value))", expected: "a divisor of the last axis")
        }
        let width = try known(value, axis: rank - 1) / given
        let apart = helper(
            "Reshape", operation, [wide, integers(Array(repeating: 0, count: rank - 1) + [given, width])])
        return Branches(value: apart, count: given, width: width, rank: rank + 1)
    }

    /// Gates `[…, C, 1]` or `[…, C, H]`.
    fileprivate mutating func gates(
        _ value: String, of branches: Branches, _ operation: ONNXOperation
    ) throws(ONNXRefusal) -> String {
        let own = try shape(value)
        let wide = cast(value, to: .f32, operation)
        if own.count == branches.rank { return wide }
        guard own.count == branches.rank - 1, let last = own.last?.constant,
            last == branches.count || last == branches.count * branches.width
        else {
            throw ONNXRefusal(
                .invalid, found: "gates \(own) for \(branches.count) branches of \(branches.width)",
                expected: "one a branch, or one a feature")
        }
        if last == branches.count { return helper("Unsqueeze", operation, [wide, integers([-1])]) }
        let shape = Array(repeating: 0, count: own.count - 1) + [branches.count, branches.width]
        return helper("Reshape", operation, [wide, integers(shape)])
    }

    /// Numbers of f32 divided by the root mean square along the last axis, times a scale that may be stretched.
    fileprivate mutating func normalized(
        _ value: String, _ width: Int, _ scale: String?, _ operation: ONNXOperation
    ) throws(ONNXRefusal) -> String {
        guard (1...1 << 16).contains(width) else { throw .use("a width of \(width)", "1 to \(1 << 16)") }
        let ones = floats(Array(repeating: 1, count: width), operation)
        let epsilon: [String: Attribute] = ["epsilon": .float(try operation.float("epsilon") ?? 1e-5)]
        let normal = helper("RMSNormalization", operation, [value, ones], epsilon)
        guard let scale else { return normal }
        return helper("Mul", operation, [normal, cast(scale, to: .f32, operation)])
    }
}
