import PackCore
import PackFormats
import PackGraph

extension ONNXRules {
    /// GroupQueryAttention of onnxruntime, as the standard's Attention: inputs queries `[B, S, N·H]`, keys and values
    /// `[B, S, K·H]` (or all three side by side in the first), a cache of keys and of values `[B, K, P, H]`, the number of
    /// keys less one of each of the batch `[B]`, the largest number of keys, cosines and sines for positions, the positions
    /// `[B, S]`, an addend to the scores, and the score of a key without a value for each head `[N]`. Outputs `[B, S, N·H]`,
    /// and the cache `[B, K, P + S, H]` for the next step.
    ///
    /// The cache's new rows come after those that the numbers of keys say are filled. It grows by S with each step, where
    /// onnxruntime has the largest number of keys, or P if that is more; a cache of fixed extent is not kept so.
    @Sendable static func groupQuery(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        try refuseGroupQueryVariants(operation)
        let call = try GroupQuery(&importer, operation)
        let parts = try call.parts(&importer, operation)
        var attributes: [String: ONNXAttribute.Value] = [:]
        if let scale = try operation.float("scale"), scale != 0 { attributes["scale"] = .float(scale) }
        if let cap = try operation.float("softcap"), cap > 0 { attributes["softcap"] = .float(cap) }
        let window = try operation.int("local_window_size", default: -1)
        var mask = operation.input(10)
        var operands = parts
        if let sinks = try sinks(&importer, operation, call.heads) {
            let seen = try call.seen(&importer, operation, keys: parts[1], window: window)
            let addend = mask ?? importer.scalar(0, like: parts[0], operation)
            let limits = importer.added(addend, where: seen, operation)
            (operands, mask) = try withSink(&importer, operation, parts, limits, sinks)
        } else if call.past == nil {
            attributes["is_causal"] = .int(1)
            if window > 0 { attributes["left_window_size"] = .int(window - 1) }
        } else {
            let seen = try call.seen(&importer, operation, keys: parts[1], window: window)
            mask = mask.map { importer.added($0, where: seen, operation) } ?? seen
        }
        let mixed = importer.uniqueValue("\(operation.name)/mixed")
        try standard["Attention"]?(
            &importer,
            operation.calling(
                "Attention", operands + [mask ?? ""], attributes, outputs: [mixed],
                name: importer.uniqueNode("\(operation.name)/Attention")))
        let rows = importer.helper("Transpose", operation, [mixed], ["perm": .ints([0, 2, 1, 3])])
        importer.give(
            importer.helper("Reshape", operation, [rows, importer.integers([0, 0, -1])]), as: 0, of: operation)
        importer.give(parts[1], as: 1, of: operation)
        importer.give(parts[2], as: 2, of: operation)
    }

    /// The scores `[1, heads, 1, 1]` of a key without a value; nil where there is none.
    private static func sinks(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation, _ heads: Int
    ) throws(ONNXRefusal) -> String? {
        if let sinks = operation.input(11) {
            return importer.helper("Reshape", operation, [sinks, importer.integers([1, heads, 1, 1])])
        }
        // −1 says "not said".
        guard try operation.int("smooth_softmax", default: 0) > 0 else { return nil }
        let zero = importer.scalar(0, like: try operation.required(0), operation)
        return importer.helper("Reshape", operation, [zero, importer.integers([1, 1, 1, 1])])
    }

    /// Queries, keys and values with a key of zeros and a value of zeros at the end, and an addend that gives it its scores.
    private static func withSink(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation, _ parts: [String], _ mask: String, _ sinks: String
    ) throws(ONNXRefusal) -> ([String], String) {
        let end = importer.integers([0, 0, 0, 0, 0, 0, 1, 0])
        let longer = parts[1...2].map { importer.helper("Pad", operation, [$0, end]) }
        let count = try importer.extent(of: parts[1], axis: 2, operation)
        let length = importer.helper("Reshape", operation, [count, importer.integers([1])])
        let before = importer.helper(
            "Concat", operation, [importer.integers([0, 0, 0]), length, importer.integers([0, 0, 0, 0])],
            ["axis": .int(0)])
        let row = importer.helper("Pad", operation, [sinks, before])
        let whole = importer.helper("Pad", operation, [mask, importer.integers([0, 0, 0, 0, 0, 0, 0, 1])])
        return ([parts[0]] + longer, importer.helper("Add", operation, [whole, row]))
    }

    private static func refuseGroupQueryVariants(_ operation: ONNXOperation) throws(ONNXRefusal) {
        for name in ["sliding_window_cache", "qk_output"] {
            let value = try operation.int(name, default: 0)
            guard value == 0 else { throw .use("\(name) \(value)", "0") }
        }
        guard try operation.int("causal", default: 1) == 1 else { throw .use("causal 0", "1") }
        for name in ["k_quant_type", "v_quant_type"] {
            let kind = try operation.text(name) ?? "NONE"
            guard kind == "NONE" else { throw .use("\(name) \(kind)", "a cache of numbers (NONE)") }
        }
        for (index, name) in [(14, "q_norm_weight"), (15, "k_norm_weight"), (16, "query_seqlens")] {
            guard operation.input(index) == nil else { throw .use("input \(index) (\(name))", "no such input") }
        }
    }
}

extension ONNXImporter {
    /// An addend where keys are seen, −∞ where not.
    fileprivate mutating func added(_ addend: String, where seen: String, _ operation: ONNXOperation) -> String {
        helper("Where", operation, [seen, addend, scalar(-.infinity, like: addend, operation)])
    }
}

/// A call of GroupQueryAttention, or of what has the same first inputs.
struct GroupQuery {
    let heads: Int
    let shared: Int
    /// Flat queries, keys and values, and the number of new ones.
    private let flat: [String]
    private let count: String
    /// The caches of keys and values, and the number of their rows.
    let past: (key: String, value: String, rows: String)?
    /// How many rows of the cache are filled `[B, 1]`.
    private let filled: String?

    init(_ importer: inout ONNXImporter, _ operation: ONNXOperation) throws(ONNXRefusal) {
        heads = try operation.int("num_heads", default: 0)
        shared = try operation.int("kv_num_heads", default: 0)
        guard (1...1 << 16).contains(heads), shared > 0, heads % shared == 0 else {
            throw ONNXRefusal(.invalid, found: "\(heads) heads for \(shared)", expected: "a multiple")
        }
        let query = try operation.required(0)
        guard try importer.shape(query).count == 3 else {
            throw ONNXRefusal(.invalid, found: "\(try importer.shape(query))", expected: "3 axes")
        }
        if let key = operation.input(1) {
            flat = [query, key, try operation.required(2)]
        } else {
            let width = try importer.known(query, axis: 2)
            let size = width / (heads + 2 * shared)
            guard size > 0, width % (heads + 2 * shared) == 0 else {
                throw ONNXRefusal(
                    .invalid, found: "\(width) numbers for \(heads + 2 * shared) heads", expected: "a multiple")
            }
            flat = importer.parts(
                of: query, axis: -1, [heads * size, shared * size, shared * size], operation)
        }
        count = try importer.extent(of: query, axis: 1, operation)
        guard let key = operation.input(3), try importer.shape(key).dropFirst(2).first?.constant != 0 else {
            (past, filled) = (nil, nil)
            return
        }
        past = (key, try operation.required(4), try importer.extent(of: key, axis: 2, operation))
        // Rows of a first prompt may be fewer than new ones: what is behind them fills it up.
        let last = importer.cast(try operation.required(5), to: .i64, operation)
        let column = importer.helper("Reshape", operation, [last, importer.integers([-1, 1])])
        let behind = importer.helper("Add", operation, [column, importer.integers([1], shape: [])])
        let before = importer.helper("Sub", operation, [behind, count])
        filled = importer.helper("Max", operation, [before, importer.integers([0], shape: [])])
    }

    /// Queries, and keys and values with those of the cache before them, each `[B, heads, …, H]`.
    func parts(_ importer: inout ONNXImporter, _ operation: ONNXOperation) throws(ONNXRefusal) -> [String] {
        var parts = flat
        if try operation.int("do_rotary", default: 0) != 0 {
            let positions = operation.input(9) ?? positions(&importer, operation)
            let half = try importer.known(try operation.required(7), axis: 1)
            guard (1...1 << 24).contains(half) else {
                throw ONNXRefusal(.invalid, found: "\(half) cosines", expected: "half of the numbers of a head")
            }
            for index in 0...1 {
                let turned = importer.uniqueValue("\(operation.name)/turned")
                let attributes: [String: ONNXAttribute.Value] = [
                    "num_heads": .int(index == 0 ? heads : shared),
                    "interleaved": .int(try operation.int("rotary_interleaved", default: 0)),
                    "rotary_embedding_dim": .int(2 * half),
                ]
                try ONNXRules.rotary(
                    &importer,
                    operation.calling(
                        "RotaryEmbedding",
                        [parts[index], try operation.required(7), try operation.required(8), positions], attributes,
                        outputs: [turned], name: importer.uniqueNode("\(operation.name)/RotaryEmbedding")))
                parts[index] = turned
            }
        }
        for (index, count) in [heads, shared, shared].enumerated() {
            let rows = importer.helper("Reshape", operation, [parts[index], importer.integers([0, 0, count, -1])])
            parts[index] = importer.helper("Transpose", operation, [rows], ["perm": .ints([0, 2, 1, 3])])
        }
        guard let past, let filled else { return parts }
        let all = importer.helper("Add", operation, [past.rows, count])
        let order = order(&importer, operation, past.rows, filled, all)
        for (index, cache) in [(1, past.key), (2, past.value)] {
            let joined = importer.helper("Concat", operation, [cache, parts[index]], ["axis": .int(2)])
            let rows = importer.helper("Transpose", operation, [joined], ["perm": .ints([0, 2, 1, 3])])
            let sorted = importer.helper("GatherND", operation, [rows, order], ["batch_dims": .int(1)])
            parts[index] = importer.helper("Transpose", operation, [sorted], ["perm": .ints([0, 2, 1, 3])])
        }
        return parts
    }

    /// Positions of the new rows, `[B, S]` or `[1, S]`.
    func positions(_ importer: inout ONNXImporter, _ operation: ONNXOperation) -> String {
        let steps = importer.positions(below: count, operation)
        let row = importer.helper("Unsqueeze", operation, [steps, importer.integers([0])])
        return filled.map { importer.helper("Add", operation, [row, $0]) } ?? row
    }

    /// Where the rows of the new cache `[B, P + S, 1]` come from in the old one with the new rows behind it: those that are
    /// filled, the new ones, and what is left.
    private func order(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation, _ rows: String, _ filled: String, _ all: String
    ) -> String {
        let places = importer.helper(
            "Unsqueeze", operation, [importer.positions(below: all, operation), importer.integers([0])])
        let end = importer.helper("Add", operation, [filled, count])
        let isFilled = importer.helper("Less", operation, [places, filled])
        let isNew = importer.helper("Less", operation, [places, end])
        let gap = importer.helper("Sub", operation, [rows, filled])
        let new = importer.helper("Add", operation, [places, gap])
        let left = importer.helper("Sub", operation, [places, count])
        let later = importer.helper("Where", operation, [isNew, new, left])
        let order = importer.helper("Where", operation, [isFilled, places, later])
        return importer.helper("Unsqueeze", operation, [order, importer.integers([2])])
    }

    /// Which keys each query may see, `[B, 1, S, P + S]`: those up to its own position, and as near as the window says.
    func seen(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation, keys: String, window: Int
    ) throws(ONNXRefusal) -> String {
        let own = importer.helper(
            "Unsqueeze", operation, [positions(&importer, operation), importer.integers([1, 3])])
        let others = importer.positions(below: try importer.extent(of: keys, axis: 2, operation), operation)
        let distance = importer.helper("Sub", operation, [own, others])
        let isBefore = importer.helper("GreaterOrEqual", operation, [distance, importer.integers([0], shape: [])])
        guard window > 0 else { return isBefore }
        let isNear = importer.helper("Less", operation, [distance, importer.integers([window], shape: [])])
        return importer.helper("And", operation, [isBefore, isNear])
    }
}
