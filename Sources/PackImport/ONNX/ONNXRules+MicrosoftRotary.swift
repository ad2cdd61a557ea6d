import PackGraph

extension ONNXRules {
    /// RotaryEmbedding of onnxruntime: input `[B, heads, S, H]` or `[B, S, heads · H]`, positions `[B, S]` or the first of S
    /// `[1]`, cosines and sines `[positions, turned / 2]`.
    @Sendable static func microsoftRotary(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        guard try operation.int("is_packed_batching", default: 0) == 0, try operation.float("scale") ?? 1 == 1 else {
            throw .use("is_packed_batching, or a scale", "0, and 1")
        }
        let input = try operation.required(0)
        var positions = try operation.required(1)
        let cosines = try operation.required(2)
        let isFlat = try importer.shape(input).count == 3
        if try importer.shape(positions).count == 1 {
            let count = try importer.extent(of: input, axis: isFlat ? 1 : 2, operation)
            let first = importer.cast(positions, to: .i64, operation)
            let row = importer.helper("Add", operation, [importer.positions(below: count, operation), first])
            positions = importer.helper("Unsqueeze", operation, [row, importer.integers([0])])
        }
        var attributes = operation.attributes.filter { ["interleaved", "rotary_embedding_dim"].contains($0.key) }
        var heads = try operation.int("num_heads", default: 0)
        if isFlat, heads == 0 {
            let (width, half) = (try importer.known(input, axis: 2), try importer.known(cosines, axis: 1))
            guard (1...1 << 24).contains(half), width % (2 * half) == 0 else {
                throw ONNXRefusal(.invalid, found: "\(width) numbers, \(half) cosines", expected: "a multiple of both")
            }
            heads = width / (2 * half)
        }
        attributes["num_heads"] = .int(heads)
        try rotary(
            &importer,
            operation.calling(
                "RotaryEmbedding", [input, cosines, try operation.required(3), positions], attributes))
    }
}
