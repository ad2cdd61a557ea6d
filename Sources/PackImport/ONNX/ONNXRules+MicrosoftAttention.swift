import PackGraph

extension ONNXRules {
    /// Self-attention of onnxruntime: inputs x `[B, S, E]`, weights `[E, 3H]`, bias `[3H]`, mask (1 for a key to be seen)
    /// `[B, S]`, or the number of keys `[B]`.
    @Sendable static func microsoftAttention(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        let heads = try operation.int("num_heads", default: 0)
        let weights = try importer.shape(try operation.required(1))
        guard (1...1 << 16).contains(heads), weights.count == 2, let width = weights[1].constant,
            width % (3 * heads) == 0,
            try operation.ints("qkv_hidden_sizes") == nil, operation.input(4) == nil, operation.output(1) == nil,
            try operation.int("unidirectional", default: 0) == 0, try operation.int("do_rotary", default: 0) == 0
        else {
            throw .use(
                "weights \(weights) for \(heads) heads", "one width for queries, keys and values; all keys; no cache")
        }
        let size = width / 3 / heads
        var joined = importer.helper("MatMul", operation, [try operation.required(0), try operation.required(1)])
        if let bias = operation.input(2) { joined = importer.helper("Add", operation, [joined, bias]) }
        let parts = split(&importer, operation, joined, width / 3)
        let apart = importer.integers([0, 0, heads, size])
        func perHead(_ value: String, _ order: [Int], _ importer: inout ONNXImporter) -> String {
            let rows = importer.helper("Reshape", operation, [value, apart])
            return importer.helper("Transpose", operation, [rows], ["perm": .ints(order)])
        }
        let query = perHead(parts[0], [0, 2, 1, 3], &importer)
        let keys = perHead(parts[1], [0, 2, 3, 1], &importer)
        let values = perHead(parts[2], [0, 2, 1, 3], &importer)
        let scale = try operation.float("scale") ?? 1 / Float(size).squareRoot()
        var scores = importer.helper("MatMul", operation, [query, keys])
        scores = importer.helper("Mul", operation, [scores, importer.scalar(scale, like: scores, operation)])
        if let mask = try maskTerm(&importer, operation, scores) {
            scores = importer.helper("Add", operation, [scores, mask])
        }
        if let bias = operation.input(5) { scores = importer.helper("Add", operation, [scores, bias]) }
        let weighted = importer.helper("Softmax", operation, [scores], ["axis": .int(-1)])
        let mixed = importer.helper("MatMul", operation, [weighted, values])
        let rows = importer.helper("Transpose", operation, [mixed], ["perm": .ints([0, 2, 1, 3])])
        importer.emit(
            "Reshape", operation, [rows, importer.integers([0, 0, width / 3])],
            outputs: operation.output(0).map { [$0] })
    }

    private static func split(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation, _ value: String, _ size: Int
    ) -> [String] {
        let outputs = ["query", "key", "value"].map { importer.uniqueValue("\(operation.name)/\($0)") }
        importer.emit(
            "Split", operation, [value, importer.integers([size, size, size])], ["axis": .int(-1)],
            outputs: outputs, name: "\(operation.name)/Split")
        return outputs
    }

    /// What is added to scores `[B, heads, S, S]`: 0 for keys to be seen, a large negative number for others.
    private static func maskTerm(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation, _ scores: String
    ) throws(ONNXRefusal) -> String? {
        guard let mask = operation.input(3) else { return nil }
        var kept = mask
        let rank = try importer.shape(mask).count
        switch rank {
        case 1:
            // Keys up to a number.
            let shape = importer.helper("Shape", operation, [try operation.required(0)])
            let length = importer.helper("Gather", operation, [shape, importer.integers([1], shape: [])])
            let zero = importer.integers([0], shape: [])
            let positions = importer.helper("Range", operation, [zero, length, importer.integers([1], shape: [])])
            let wide = importer.helper("Cast", operation, [mask], ["to": .dtype(.i64)])
            let column = importer.helper("Unsqueeze", operation, [wide, importer.integers([1])])
            kept = importer.helper("Less", operation, [positions, column])
        case 2: break
        default: throw .use("a mask of rank \(rank)", "rank 1 or 2")
        }
        let dtype = importer.graph.types[scores]?.dtype ?? .f32
        let number = importer.helper("Cast", operation, [kept], ["to": .dtype(dtype)])
        let hidden = importer.helper("Sub", operation, [importer.scalar(1, like: scores, operation), number])
        let filter = try operation.float("mask_filter_value") ?? -10000
        let term = importer.helper("Mul", operation, [hidden, importer.scalar(filter, like: scores, operation)])
        return importer.helper("Unsqueeze", operation, [term, importer.integers([1, 2])])
    }

    /// Words, positions and types looked up, added and normalized; the second output is the number of tokens a row.
    @Sendable static func embedLayerNorm(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        let ids = try operation.required(0)
        func row(_ table: String, _ index: String, _ importer: inout ONNXImporter) -> String {
            importer.helper("Gather", operation, [table, index], ["axis": .int(0)])
        }
        var sum = row(try operation.required(2), ids, &importer)
        if let segments = operation.input(1), let table = operation.input(4) {
            sum = importer.helper("Add", operation, [sum, row(table, segments, &importer)])
        }
        var positions = operation.input(8)
        if positions == nil {
            let shape = importer.helper("Shape", operation, [ids])
            let length = importer.helper("Gather", operation, [shape, importer.integers([1], shape: [])])
            let zero = importer.integers([0], shape: [])
            positions = importer.helper("Range", operation, [zero, length, importer.integers([1], shape: [])])
        }
        let table = try operation.required(3)
        sum = importer.helper("Add", operation, [sum, row(table, positions ?? "", &importer)])
        let epsilon: [String: Attribute] = ["epsilon": .float(try operation.float("epsilon") ?? 1e-12)]
        if let output = operation.output(0) {
            importer.emit(
                "LayerNormalization", operation, [sum, try operation.required(5), try operation.required(6)], epsilon,
                outputs: [output])
        }
        if let output = operation.output(1), importer.used.contains(output) {
            guard let mask = operation.input(7) else { throw .use("counts of tokens without a mask", "a mask") }
            importer.emit(
                "ReduceSum", operation, [mask, importer.integers([1])], ["keepdims": .int(0)], outputs: [output],
                name: "\(operation.name)/counts")
        }
        if let output = operation.output(2), importer.used.contains(output) {
            importer.emit("Identity", operation, [sum], outputs: [output], name: "\(operation.name)/sum")
        }
    }
}
