import PackCore
import PackFormats
import PackGraph

extension ONNXRules {
    /// Self-attention of onnxruntime: inputs x `[B, S, E]`, weights `[E, 3H]`, bias `[3H]`, mask (1 for a key to be seen)
    /// `[B, S]` or `[B, S, S]`, or the number of keys `[B]`, or that and the first key to be seen `[2B]`. With a cache
    /// `[2, B, heads, P, size]` there are P more keys. Values may have another width than queries and keys.
    @Sendable static func microsoftAttention(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        let heads = try operation.int("num_heads", default: 0)
        let weights = try importer.shape(try operation.required(1))
        for name in ["past_present_share_buffer", "do_rotary"] {
            let value = try operation.int(name, default: 0)
            guard value == 0 else { throw .use("\(name) \(value)", "0") }
        }
        guard (1...1 << 16).contains(heads), weights.count == 2, let width = weights[1].constant else {
            throw .use("weights \(weights) for \(heads) heads", "a known width, at least one head")
        }
        let sizes =
            try operation.ints("qkv_hidden_sizes").flatMap { $0.isEmpty ? nil : $0 } ?? [
                width / 3, width / 3, width / 3,
            ]
        guard sizes.count == 3, sizes.allSatisfy({ (1...width).contains($0) && $0 % heads == 0 }), sizes[0] == sizes[1],
            sizes.reduce(0, +) == width
        else {
            throw ONNXRefusal(
                .invalid, found: "widths \(sizes) of \(width) for \(heads) heads",
                expected: "those of queries and keys the same, all multiples of the heads")
        }
        let size = sizes[0] / heads
        var joined = importer.helper("MatMul", operation, [try operation.required(0), try operation.required(1)])
        if let bias = operation.input(2) { joined = importer.helper("Add", operation, [joined, bias]) }
        let parts = importer.parts(of: joined, axis: -1, sizes, operation)
        let isCausal = try operation.int("unidirectional", default: 0) != 0
        guard !isCausal, operation.input(4) == nil, operation.output(1) == nil else {
            return try cachedAttention(&importer, operation, parts, heads, isCausal)
        }
        let apart = importer.integers([0, 0, heads, -1])
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
        let count = try importer.extent(of: try operation.required(0), axis: 1, operation)
        if let mask = try maskTerm(&importer, operation, keys: count, like: scores) {
            scores = importer.helper("Add", operation, [scores, mask])
        }
        if let bias = operation.input(5) { scores = importer.helper("Add", operation, [scores, bias]) }
        let weighted = importer.helper("Softmax", operation, [scores], ["axis": .int(-1)])
        let mixed = importer.helper("MatMul", operation, [weighted, values])
        let rows = importer.helper("Transpose", operation, [mixed], ["perm": .ints([0, 2, 1, 3])])
        importer.emit(
            "Reshape", operation, [rows, importer.integers([0, 0, sizes[2]])],
            outputs: operation.output(0).map { [$0] })
    }

    /// Flat queries, keys and values as the standard's Attention has them, with a cache of both or none; gives both as one.
    private static func cachedAttention(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation, _ parts: [String], _ heads: Int, _ isCausal: Bool
    ) throws(ONNXRefusal) {
        var count = try importer.extent(of: try operation.required(0), axis: 1, operation)
        var caches = ["", ""]
        if let past = operation.input(4) {
            guard try importer.shape(past).count == 5 else {
                throw ONNXRefusal(.invalid, found: "a cache \(try importer.shape(past))", expected: "5 axes")
            }
            caches = (0...1).map {
                importer.helper("Gather", operation, [past, importer.integers([$0], shape: [])], ["axis": .int(0)])
            }
            let before = try importer.extent(of: caches[0], axis: 2, operation)
            count = importer.helper("Add", operation, [before, count])
        }
        var term = try maskTerm(&importer, operation, keys: count, like: parts[0])
        if let bias = operation.input(5) {
            term = term.map { importer.helper("Add", operation, [$0, bias]) } ?? bias
        }
        var attributes: [String: ONNXAttribute.Value] = ["q_num_heads": .int(heads), "kv_num_heads": .int(heads)]
        if isCausal { attributes["is_causal"] = .int(1) }
        if let scale = try operation.float("scale"), scale != 0 { attributes["scale"] = .float(scale) }
        let present = ["keys", "values"].map { importer.uniqueValue("\(operation.name)/\($0)") }
        let name = operation.output(0) ?? importer.uniqueValue("\(operation.name)/mixed")
        try standard["Attention"]?(
            &importer,
            operation.calling(
                "Attention", parts + [term ?? ""] + caches, attributes, outputs: [name] + present,
                name: importer.uniqueNode("\(operation.name)/Attention")))
        guard operation.output(1) != nil else { return }
        let both = present.map { importer.helper("Unsqueeze", operation, [$0, importer.integers([0])]) }
        importer.give(importer.helper("Concat", operation, both, ["axis": .int(0)]), as: 1, of: operation)
    }

    /// What is added to scores `[B, heads, S, keys]`: 0 for keys to be seen, a large negative number for others.
    private static func maskTerm(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation, keys: String, like value: String
    ) throws(ONNXRefusal) -> String? {
        guard let mask = operation.input(3) else { return nil }
        var kept = mask
        let rank = try importer.shape(mask).count
        switch rank {
        case 1:
            kept = try importer.seen(
                mask, importer.positions(below: keys, operation), batch: try operation.required(0), operation)
        case 2, 3: break
        default: throw .use("a mask of rank \(rank)", "rank 1, 2 or 3")
        }
        let dtype = importer.graph.types[value]?.dtype ?? .f32
        let number = importer.helper("Cast", operation, [kept], ["to": .dtype(dtype)])
        let hidden = importer.helper("Sub", operation, [importer.scalar(1, like: value, operation), number])
        let filter = try operation.float("mask_filter_value") ?? -10000
        let term = importer.helper("Mul", operation, [hidden, importer.scalar(filter, like: value, operation)])
        return importer.helper("Unsqueeze", operation, [term, importer.integers(rank == 3 ? [1] : [1, 2])])
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

extension ONNXImporter {
    /// Which keys are seen `[B, keys]` by what says how many there are `[B]`, or that and the first one to be seen `[2B]`.
    mutating func seen(
        _ bounds: String, _ keys: String, batch value: String, _ operation: ONNXOperation
    ) throws(ONNXRefusal) -> String {
        let wide = cast(bounds, to: .i64, operation)
        let (own, batch) = (try shape(bounds)[0], try shape(value)[0])
        if own == batch {
            return helper("Less", operation, [keys, helper("Unsqueeze", operation, [wide, integers([1])])])
        }
        if let found = own.constant, let rows = batch.constant,
            found != rows.multipliedReportingOverflow(by: 2).partialValue
        {
            throw .use("\(found) bounds of keys for a batch of \(rows)", "one or two each")
        }
        // Firsts may be left out: zeros are behind what is given.
        let count = helper(
            "Reshape", operation, [try extent(of: value, axis: 0, operation), integers([1])])
        let zeros = helper("ConstantOfShape", operation, [count], ["value": .int(0)])
        let whole = helper("Concat", operation, [wide, zeros], ["axis": .int(0)])
        let twice = helper("Add", operation, [count, count])
        let sides = [(integers([0]), count), (count, twice)].map { start, end in
            let side = helper("Slice", operation, [whole, start, end, integers([0])])
            return helper("Unsqueeze", operation, [side, integers([1])])
        }
        let isBefore = helper("Less", operation, [keys, sides[0]])
        return helper("And", operation, [isBefore, helper("GreaterOrEqual", operation, [keys, sides[1]])])
    }
}
