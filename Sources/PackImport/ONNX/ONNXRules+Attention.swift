import PackCore
import PackGraph

extension ONNXRules {
    /// Attention and what belongs to it.
    static let attentions: [String: ONNXRule] = ["Attention": attention, "RotaryEmbedding": rotary]

    /// Attention of the standard: softmax(q·kᵀ·scale, capped, + masks)·v over `[batch, heads, sequence, size]`, or over
    /// `[batch, sequence, heads · size]`, with keys and values of a cache put before.
    @Sendable private static func attention(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        var parts = try AttentionParts(&importer, operation)
        importer.give(parts.key, as: 1, of: operation)
        importer.give(parts.value, as: 2, of: operation)
        let bias = try AttentionBias.make(&importer, operation, parts)
        try parts.shareHeads(&importer, operation)
        let dtype = importer.graph.types[parts.query]?.dtype ?? .f32
        let size = try importer.known(parts.query, axis: 3)
        let scale = try operation.float("scale") ?? 1 / Float(size).squareRoot()
        let root = importer.scalar(scale.squareRoot(), like: parts.query, operation)
        let query = importer.helper("Mul", operation, [parts.query, root])
        let turned = importer.helper("Transpose", operation, [parts.key], ["perm": .ints([0, 1, 3, 2])])
        let keys = importer.helper("Mul", operation, [turned, root])
        var stages = [importer.helper("MatMul", operation, [query, keys])]
        let cap = try operation.float("softcap") ?? 0
        stages.append(cap > 0 ? capped(stages[0], cap, &importer, operation) : stages[0])
        stages.append(bias.map { importer.helper("Add", operation, [stages[1], $0.value]) } ?? stages[1])
        stages.append(try weights(of: stages[2], bias, dtype, &importer, operation))
        let mode = try operation.int("qk_matmul_output_mode", default: 0)
        guard stages.indices.contains(mode) else {
            throw ONNXRefusal(.invalid, found: "qk_matmul_output_mode \(mode)", expected: "0 to 3")
        }
        if operation.output(3) != nil { importer.give(stages[mode], as: 3, of: operation) }
        guard let output = operation.output(0) else { return }
        guard parts.isFlat else {
            return importer.emit("MatMul", operation, [stages[3], parts.value], outputs: [output])
        }
        let mixed = importer.helper("MatMul", operation, [stages[3], parts.value])
        let rows = importer.helper("Transpose", operation, [mixed], ["perm": .ints([0, 2, 1, 3])])
        importer.emit("Reshape", operation, [rows, importer.integers([0, 0, -1])], outputs: [output])
    }

    private static func capped(
        _ scores: String, _ cap: Float, _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) -> String {
        let limit = importer.scalar(cap, like: scores, operation)
        let small = importer.helper("Div", operation, [scores, limit])
        let bounded = importer.helper("Tanh", operation, [small])
        return importer.helper("Mul", operation, [bounded, limit])
    }

    /// Softmax; zeros for a query that may see no key.
    private static func weights(
        of scores: String, _ bias: AttentionBias?, _ dtype: DType, _ importer: inout ONNXImporter,
        _ operation: ONNXOperation
    ) throws(ONNXRefusal) -> String {
        let code = try operation.int("softmax_precision", default: dtype.onnxCode)
        let precise = importer.cast(scores, to: DType(onnxCode: code) ?? dtype, operation)
        let softmax = importer.helper("Softmax", operation, [precise], ["axis": .int(-1)])
        let weights = importer.cast(softmax, to: dtype, operation)
        guard let bias, bias.mayHideAll else { return weights }
        let largest = importer.helper("ReduceMax", operation, [bias.value, importer.integers([-1])])
        let lowest = importer.scalar(-.infinity, like: bias.value, operation)
        let hidden = importer.helper("Equal", operation, [largest, lowest])
        return importer.helper("Where", operation, [hidden, importer.scalar(0, like: weights, operation), weights])
    }
}

/// Queries, keys and values, each `[batch, heads, sequence, size]`.
struct AttentionParts {
    let query: String
    private(set) var key: String
    private(set) var value: String
    /// Whether they were given as `[batch, sequence, heads · size]`.
    let isFlat: Bool
    /// The keys of a cache.
    let past: String?

    init(_ importer: inout ONNXImporter, _ operation: ONNXOperation) throws(ONNXRefusal) {
        let names = [try operation.required(0), try operation.required(1), try operation.required(2)]
        let rank = try importer.shape(names[0]).count
        guard rank == 3 || rank == 4 else { throw ONNXRefusal(.invalid, found: "rank \(rank)", expected: "3 or 4") }
        isFlat = rank == 3
        var parts = names
        if isFlat {
            let heads = try operation.int("q_num_heads", default: 0)
            let shared = try operation.int("kv_num_heads", default: 0)
            guard heads > 0, shared > 0 else {
                throw ONNXRefusal(.invalid, found: "\(heads) and \(shared) heads", expected: "at least 1")
            }
            for (index, count) in [heads, shared, shared].enumerated() {
                let rows = importer.helper("Reshape", operation, [names[index], importer.integers([0, 0, count, -1])])
                parts[index] = importer.helper("Transpose", operation, [rows], ["perm": .ints([0, 2, 1, 3])])
            }
        }
        past = operation.input(4)
        if let past, let values = operation.input(5) {
            parts[1] = importer.helper("Concat", operation, [past, parts[1]], ["axis": .int(2)])
            parts[2] = importer.helper("Concat", operation, [values, parts[2]], ["axis": .int(2)])
        }
        for part in parts {
            let shape = try importer.shape(part)
            guard shape.count == 4 else { throw ONNXRefusal(.invalid, found: "\(shape)", expected: "4 axes") }
        }
        (query, key, value) = (parts[0], parts[1], parts[2])
    }

    /// Lets several heads of queries use one of keys and values.
    mutating func shareHeads(_ importer: inout ONNXImporter, _ operation: ONNXOperation) throws(ONNXRefusal) {
        let heads = try importer.known(query, axis: 1)
        let shared = try importer.known(key, axis: 1)
        guard heads != shared else { return }
        guard shared > 0, heads % shared == 0 else {
            throw ONNXRefusal(.invalid, found: "\(heads) heads for \(shared)", expected: "a multiple")
        }
        key = try importer.repeated(key, axis: 1, times: heads / shared, operation)
        value = try importer.repeated(value, axis: 1, times: heads / shared, operation)
    }
}

/// What is added to scores: 0 where a query may see a key, −∞ where not, or a mask's own numbers.
struct AttentionBias {
    let value: String
    /// Whether a query may be left without a key.
    let mayHideAll: Bool

    static func make(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation, _ parts: AttentionParts
    ) throws(ONNXRefusal) -> AttentionBias? {
        var terms: [String] = []
        let query = parts.query
        if let mask = try mask(&importer, operation, parts) { terms.append(mask) }
        let lengths = operation.input(6)
        let left = try operation.int("left_window_size", default: -1)
        let right = try operation.int("right_window_size", default: -1)
        let isCausal = try operation.int("is_causal", default: 0) != 0
        if isCausal || left >= 0 || right >= 0 {
            let distance = try distance(&importer, operation, parts, lengths)
            var limits: [String] = []
            if isCausal { limits.append(atLeast(distance, 0, &importer, operation)) }
            if right >= 0 { limits.append(atLeast(distance, -right, &importer, operation)) }
            if left >= 0 {
                let bound = importer.integers([left], shape: [])
                limits.append(importer.helper("LessOrEqual", operation, [distance, bound]))
            }
            for limit in limits { terms.append(additive(limit, like: query, &importer, operation)) }
        }
        if let lengths {
            let keys = importer.positions(below: try importer.extent(of: parts.key, axis: 2, operation), operation)
            let column = importer.helper("Reshape", operation, [lengths, importer.integers([-1, 1, 1, 1])])
            let seen = importer.helper("Less", operation, [keys, column])
            terms.append(additive(seen, like: query, &importer, operation))
        }
        guard var sum = terms.first else { return nil }
        for term in terms.dropFirst() { sum = importer.helper("Add", operation, [sum, term]) }
        return AttentionBias(value: sum, mayHideAll: !isCausal || terms.count > 1)
    }

    /// The mask as numbers, as long as the keys.
    private static func mask(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation, _ parts: AttentionParts
    ) throws(ONNXRefusal) -> String? {
        guard var mask = operation.input(3) else { return nil }
        if importer.graph.types[mask]?.dtype == .bool {
            mask = additive(mask, like: parts.query, &importer, operation)
        }
        let shape = try importer.shape(mask)
        let keys = try importer.shape(parts.key)[2]
        guard let own = shape.last?.constant, let all = keys.constant, own != 1, own < all else { return mask }
        let pads = Array(repeating: 0, count: shape.count * 2 - 1) + [all - own]
        let hidden = importer.scalar(-.infinity, like: mask, operation)
        return importer.helper("Pad", operation, [mask, importer.integers(pads), hidden])
    }

    /// By how much a query's position is beyond a key's: `[sequence, keys]`, or that for each of a batch.
    private static func distance(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation, _ parts: AttentionParts, _ lengths: String?
    ) throws(ONNXRefusal) -> String {
        let count = try importer.extent(of: parts.query, axis: 2, operation)
        var rows = importer.helper(
            "Unsqueeze", operation, [importer.positions(below: count, operation), importer.integers([1])])
        if let past = parts.past {
            rows = importer.helper("Add", operation, [rows, try importer.extent(of: past, axis: 2, operation)])
        } else if let lengths {
            let column = importer.helper("Reshape", operation, [lengths, importer.integers([-1, 1, 1, 1])])
            let before = importer.helper("Sub", operation, [column, count])
            rows = importer.helper("Add", operation, [rows, before])
        }
        let keys = importer.positions(below: try importer.extent(of: parts.key, axis: 2, operation), operation)
        return importer.helper("Sub", operation, [rows, keys])
    }

    private static func atLeast(
        _ value: String, _ bound: Int, _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) -> String {
        importer.helper("GreaterOrEqual", operation, [value, importer.integers([bound], shape: [])])
    }

    private static func additive(
        _ seen: String, like value: String, _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) -> String {
        let zero = importer.scalar(0, like: value, operation)
        let hidden = importer.scalar(-.infinity, like: value, operation)
        return importer.helper("Where", operation, [seen, zero, hidden])
    }
}
