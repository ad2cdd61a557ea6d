import PackCore
import PackFormats
import PackGraph

/// What an expert of a mixture computes: a projection, an activation, perhaps times another projection, and a projection back.
struct ExpertNetwork {
    private let first: ExpertProjection
    private let second: ExpertProjection
    /// What the first one's activation is multiplied with, if that does not lie in the first one's rows.
    private let third: ExpertProjection?
    private let activation: Activation
    /// Where the two halves of the first projection lie: 0 for none, 1 in turn, 2 one after the other.
    private let fusion: Int
    private let alpha: Float
    private let beta: Float
    private let limit: Float?

    private enum Activation: String {
        case relu, gelu, silu, swiglu, identity, relu2, geglu

        var isGated: Bool { self == .swiglu || self == .geglu }
    }

    /// Reads the weights' shapes.
    init(
        _ importer: ONNXImporter, _ operation: ONNXOperation, count: Int, width: Int
    ) throws(ONNXRefusal) {
        let name = try operation.text("activation_type") ?? "relu"
        guard let activation = Activation(rawValue: name) else {
            throw ONNXRefusal(
                .invalid, found: "activation_type \(name)",
                expected: "relu, gelu, silu, swiglu, identity, relu2 or geglu")
        }
        self.activation = activation
        alpha = try operation.float("activation_alpha") ?? 1
        beta = try operation.float("activation_beta") ?? 0
        limit = try operation.float("swiglu_limit")
        let given = try operation.int("swiglu_fusion", default: 0)
        fusion = activation.isGated ? given : 0
        let stride = operation.op == "QMoE" ? 3 : 2
        let isSplit = operation.input(2 + 2 * stride) != nil
        guard (0...2).contains(fusion), activation.isGated || given == 0 || !isSplit,
            activation == .geglu ? fusion > 0 : activation != .swiglu || (fusion == 0) == isSplit,
            fusion == 0 || !isSplit
        else {
            throw ONNXRefusal(
                .invalid, found: "swiglu_fusion \(given), \(isSplit ? "a" : "no") third projection",
                expected: "a gate in a third projection (0) or beside the first (1 or 2)")
        }
        // The second projection says how wide the experts are.
        second = try ExpertProjection(importer, operation, 1, count: count, rows: width, columns: nil)
        let rows = second.columns.multipliedReportingOverflow(by: fusion > 0 ? 2 : 1)
        guard !rows.overflow else { throw ONNXRefusal(.invalid, found: "\(second.columns) rows", expected: "fewer") }
        first = try ExpertProjection(
            importer, operation, 0, count: count, rows: rows.partialValue, columns: width)
        third =
            isSplit
            ? try ExpertProjection(importer, operation, 2, count: count, rows: second.columns, columns: width) : nil
    }

    /// What an expert says to tokens `[n, H]`.
    func answer(
        to tokens: String, from expert: Int, _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) -> String {
        var gate = try first.product(tokens, expert, &importer, operation)
        var linear = try third?.product(tokens, expert, &importer, operation)
        if fusion == 1 {
            let pairs = importer.helper("Reshape", operation, [gate, importer.integers([0, second.columns, 2])])
            let sides = [0, 1].map {
                importer.helper("Gather", operation, [pairs, importer.integers([$0], shape: [])], ["axis": .int(2)])
            }
            (gate, linear) = (sides[0], sides[1])
        } else if fusion == 2 {
            let sides = importer.parts(of: gate, axis: 1, [second.columns, second.columns], operation)
            (gate, linear) = (sides[0], sides[1])
        }
        if activation == .swiglu, let limit {
            let bounds = [-limit, limit].map { importer.scalar($0, like: tokens, operation) }
            gate = importer.helper("Min", operation, [gate, bounds[1]])
            linear = linear.map { importer.helper("Clip", operation, [$0, bounds[0], bounds[1]]) }
        }
        var hidden = activated(gate, &importer, operation)
        if var linear {
            if activation == .swiglu, beta != 0 {
                linear = importer.helper("Add", operation, [linear, importer.scalar(beta, like: tokens, operation)])
            }
            hidden = importer.helper("Mul", operation, [hidden, linear])
        }
        return try second.product(hidden, expert, &importer, operation)
    }

    private func activated(_ x: String, _ importer: inout ONNXImporter, _ operation: ONNXOperation) -> String {
        switch activation {
        case .identity: return x
        case .relu: return importer.helper("Relu", operation, [x])
        case .relu2:
            let half = importer.helper("Relu", operation, [x])
            return importer.helper("Mul", operation, [half, half])
        case .gelu, .geglu: return importer.helper("Gelu", operation, [x], ["approximate": .string("tanh")])
        case .silu: return importer.silu(x, operation)
        case .swiglu:
            guard alpha != 1 else { return importer.silu(x, operation) }
            let scaled = importer.helper("Mul", operation, [x, importer.scalar(alpha, like: x, operation)])
            return importer.helper("Mul", operation, [x, importer.helper("Sigmoid", operation, [scaled])])
        }
    }
}

/// A projection that each expert has a matrix for.
private struct ExpertProjection {
    let rows: Int
    let columns: Int
    private let weights: Weights
    private let bias: String?

    private enum Weights {
        /// Numbers `[experts, rows, columns]`.
        case numbers(String)
        /// Codes of fewer bits, all experts' rows in one matrix.
        case codes(NarrowWeights)
    }

    /// - Parameters:
    ///   - index: 0 to 2, in the order of the inputs.
    ///   - columns: Nil where the weights say that.
    init(
        _ importer: ONNXImporter, _ operation: ONNXOperation, _ index: Int, count: Int, rows: Int, columns: Int?
    ) throws(ONNXRefusal) {
        let isNarrow = operation.op == "QMoE"
        let start = 2 + index * (isNarrow ? 3 : 2)
        let name = try operation.required(start)
        guard try importer.shape(name).count == 3 else {
            throw ONNXRefusal(
                .invalid, found: "weights \(try importer.shape(name))", expected: "[experts, rows, columns]")
        }
        let extent = try importer.known(name, axis: 2)
        self.rows = rows
        bias = operation.input(start + (isNarrow ? 2 : 1))
        if let bias { try importer.expect(bias, [.constant(count), .constant(rows)]) }
        guard isNarrow else {
            self.columns = columns ?? extent
            try importer.expect(name, [.constant(count), .constant(rows), .constant(self.columns)])
            weights = .numbers(name)
            return
        }
        let all = try operation.int("expert_weight_bits", default: 4)
        let bits = try operation.int("fc\(index + 1)_expert_weight_bits", default: all)
        guard [2, 4, 8].contains(bits), extent <= 1 << 31, columns.map({ $0 % (8 / bits) == 0 }) ?? true else {
            throw .use("weights of \(bits) bits in rows of \(extent) bytes", "2, 4 or 8 bits, rows of whole bytes")
        }
        self.columns = columns ?? extent * 8 / bits
        try importer.expect(
            name, [.constant(count), .constant(rows), .constant(self.columns * bits / 8)])
        weights = .codes(
            try NarrowWeights(
                importer, codes: name, scales: try operation.required(start + 1), zeros: operation.input(11 + index),
                experts: count, rows: rows, columns: self.columns, bits: bits,
                block: try operation.int("block_size", default: 0)))
    }

    /// Rows `[n, columns]` times an expert's matrix, plus its bias.
    func product(
        _ x: String, _ expert: Int, _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) -> String {
        let matrix = importer.cast(
            try matrix(expert, &importer, operation), to: importer.graph.types[x]?.dtype ?? .f32, operation)
        let turned = importer.helper("Transpose", operation, [matrix], ["perm": .ints([1, 0])])
        let product = importer.helper("MatMul", operation, [x, turned])
        guard let bias else { return product }
        let row = importer.helper("Gather", operation, [bias, importer.integers([expert], shape: [])])
        return importer.helper("Add", operation, [product, row])
    }

    private func matrix(
        _ expert: Int, _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) -> String {
        switch weights {
        case .codes(let codes):
            let range = expert * rows..<(expert + 1) * rows
            return try importer.addWeights(operation) { () throws(GraphError) in try codes.constant(range) }
        case .numbers(let name):
            guard let all = importer.graph.constants[name] else {
                return importer.helper("Gather", operation, [name, importer.integers([expert], shape: [])])
            }
            let size = rows * columns * all.dtype.size
            let start = expert * size
            return try importer.addWeights(operation) { () throws(GraphError) in
                try Constant(
                    all.dtype, [rows, columns],
                    .made(bytes: size) { range, body in
                        all.withBytes(in: start + range.lowerBound..<start + range.upperBound) { body($0) }
                    })
            }
        }
    }
}
