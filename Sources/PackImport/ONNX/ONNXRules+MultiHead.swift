import PackCore
import PackFormats
import PackGraph

extension ONNXRules {
    /// MultiHeadAttention of onnxruntime, as the standard's Attention: inputs queries `[B, S, N·H]`, keys `[B, L, N·H]`, values
    /// `[B, L, N·V]`, or all in one `[B, S, N, 3, H]`, or keys and values in one `[B, L, N, 2, H]`, or apart `[B, N, L, H]`, a
    /// bias for the three side by side, a mask (1 for a key to be seen) `[B, L]` or `[B, S, L]`, over the cache too, or numbers
    /// of keys `[B]`, an addend to the scores that may be stretched, and keys and values of a cache `[B, N, P, H]`, with which
    /// the outputs 1 and 2 are those of the next step. The fourth output is the scores with mask and addend.
    @Sendable static func multiHead(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        let heads = try operation.int("num_heads", default: 0)
        var parts = try multiHeadParts(&importer, operation, heads)
        let isCausal = try operation.int("unidirectional", default: 0) != 0
        for part in parts {
            let shape = try importer.shape(part)
            guard shape.count == 3, (1...1 << 16).contains(heads) else {
                throw .use("\(shape), \(heads) heads", "rank 3, at least one head")
            }
        }
        guard operation.inputs.count <= 8 else { throw .use("a shared cache", "none") }
        if let bias = operation.input(3) {
            // Keys and values that are apart by heads have theirs already.
            let isApart = try operation.input(1).map { name throws(ONNXRefusal) in try importer.shape(name).count } == 4
            var biased = isApart ? [parts[0]] : parts
            try addBias(bias, to: &biased, &importer, operation)
            parts = biased + parts.dropFirst(biased.count)
        }
        let term = try multiHeadMask(&importer, operation, keys: parts[1], like: parts[0])
        if let term, try importer.shape(term).count != 4 {
            throw ONNXRefusal(.invalid, found: "an addend \(try importer.shape(term))", expected: "4 axes")
        }
        var attributes: [String: ONNXAttribute.Value] = ["q_num_heads": .int(heads), "kv_num_heads": .int(heads)]
        if let scale = try operation.float("scale"), scale != 0 { attributes["scale"] = .float(scale) }
        if isCausal { attributes["is_causal"] = .int(1) }
        if operation.output(3) != nil { attributes["qk_matmul_output_mode"] = .int(2) }
        try standard["Attention"]?(
            &importer,
            ONNXOperation(
                op: "Attention", domain: operation.domain, name: operation.name, version: 23,
                inputs: parts + [term ?? "", operation.input(6) ?? "", operation.input(7) ?? ""],
                outputs: operation.outputs, attributes: attributes, isInner: operation.isInner))
    }

    /// Queries, keys and values, each `[batch, sequence, width]`.
    private static func multiHeadParts(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation, _ heads: Int
    ) throws(ONNXRefusal) -> [String] {
        let query = try operation.required(0)
        guard let key = operation.input(1) else {
            return try unpacked(query, count: 3, heads, &importer, operation)
        }
        guard let value = operation.input(2) else {
            return try [query] + unpacked(key, count: 2, heads, &importer, operation)
        }
        guard try importer.shape(key).count == 4, try importer.shape(value).count == 4 else {
            return [query, key, value]
        }
        var parts = [query]
        for part in [key, value] {
            let width = try importer.known(part, axis: 1) * importer.known(part, axis: 3)
            let rows = importer.helper("Transpose", operation, [part], ["perm": .ints([0, 2, 1, 3])])
            parts.append(importer.helper("Reshape", operation, [rows, importer.integers([0, 0, width])]))
        }
        return parts
    }

    /// The parts of a value `[batch, sequence, heads, parts, size]`.
    private static func unpacked(
        _ value: String, count: Int, _ heads: Int, _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) -> [String] {
        let shape = try importer.shape(value)
        guard shape.count == 5, shape[2] == .constant(heads), shape[3] == .constant(count) else {
            throw ONNXRefusal(
                .invalid, found: "\(shape) for \(count) parts of \(heads) heads",
                expected: "[batch, sequence, \(heads), \(count), size]")
        }
        let width = heads * (try importer.known(value, axis: 4))
        return importer.parts(of: value, axis: 3, Array(repeating: 1, count: count), operation).map {
            importer.helper("Reshape", operation, [$0, importer.integers([0, 0, width])])
        }
    }

    /// Adds the stretches of a bias to queries, keys and values.
    static func addBias(
        _ bias: String, to parts: inout [String], _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        var start = 0
        for index in parts.indices {
            let end = start + (try importer.known(parts[index], axis: try importer.shape(parts[index]).count - 1))
            let stretch = importer.helper(
                "Slice", operation,
                [bias, importer.integers([start]), importer.integers([end]), importer.integers([0])])
            parts[index] = importer.helper("Add", operation, [parts[index], stretch])
            start = end
        }
    }

    /// What is added to the scores: 0 for keys to be seen, a large negative number for others, and what the file adds.
    private static func multiHeadMask(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation, keys: String, like query: String
    ) throws(ONNXRefusal) -> String? {
        guard var mask = operation.input(4) else { return operation.input(5) }
        let rank = try importer.shape(mask).count
        if rank == 1 {
            let places = importer.positions(below: try importer.extent(of: keys, axis: 1, operation), operation)
            mask = try importer.seen(mask, places, batch: query, operation)
        }
        guard (1...3).contains(rank) else { throw .use("a mask of rank \(rank)", "rank 1, 2 or 3") }
        let dtype = importer.graph.types[query]?.dtype ?? .f32
        let number = importer.helper("Cast", operation, [mask], ["to": .dtype(dtype)])
        let hidden = importer.helper("Sub", operation, [importer.scalar(1, like: query, operation), number])
        let filter = importer.scalar(try operation.float("mask_filter_value") ?? -10000, like: query, operation)
        let term = importer.helper("Mul", operation, [hidden, filter])
        let apart = importer.helper("Unsqueeze", operation, [term, importer.integers(rank == 3 ? [1] : [1, 2])])
        guard let addend = operation.input(5) else { return apart }
        return importer.helper("Add", operation, [apart, addend])
    }
}
