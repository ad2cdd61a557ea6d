import PackCore
import PackFormats
import PackGraph

extension ONNXRules {
    /// Operators of onnxruntime over the tokens of a batch in one list, without padding.
    static let packing: [String: ONNXRule] = [
        "RemovePadding": removePadding, "RestorePadding": restorePadding, "PackedAttention": packedAttention,
        "PackedMultiHeadAttention": packedMultiHead,
    ]

    /// The first tokens of each text: inputs `[B, S, H]`, numbers of tokens `[B]`; outputs those `[T, H]`, the places of all
    /// `[B, S]`, those of tokens first, where texts begin and the last one ends `[B + 1]`, and the length of the longest `[1]`.
    @Sendable private static func removePadding(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        let x = try operation.required(0)
        guard try importer.shape(x).count == 3 else {
            throw ONNXRefusal(.invalid, found: "\(try importer.shape(x))", expected: "3 axes")
        }
        let given = try operation.required(1)
        try importer.expect(given, [try importer.shape(x)[0]])
        let counts = importer.cast(given, to: .i64, operation)
        let places = importer.positions(below: try importer.extent(of: x, axis: 1, operation), operation)
        let column = importer.helper("Unsqueeze", operation, [counts, importer.integers([1])])
        let kept = importer.helper("Less", operation, [places, column])
        let flat = importer.helper("Reshape", operation, [kept, importer.integers([-1])])
        let rows = importer.helper(
            "Reshape", operation, [x, importer.integers([-1, try importer.known(x, axis: 2)])])
        importer.give(importer.helper("Compress", operation, [rows, flat], ["axis": .int(0)]), as: 0, of: operation)
        if operation.output(1) != nil {
            let sides = [flat, importer.helper("Not", operation, [flat])].map {
                importer.helper("NonZero", operation, [$0])
            }
            let all = importer.helper("Concat", operation, sides, ["axis": .int(1)])
            let shape = importer.helper("Shape", operation, [kept])
            let offsets = importer.helper("Reshape", operation, [all, shape])
            importer.give(importer.cast(offsets, to: .i32, operation), as: 1, of: operation)
        }
        let ends = importer.helper("CumSum", operation, [counts, importer.integers([0], shape: [])])
        let bounds = importer.helper("Concat", operation, [importer.integers([0]), ends], ["axis": .int(0)])
        importer.give(importer.cast(bounds, to: .i32, operation), as: 2, of: operation)
        let most = importer.helper(
            "ReduceMax", operation, [counts, importer.integers([0])], ["keepdims": .int(1)])
        importer.give(importer.cast(most, to: .i32, operation), as: 3, of: operation)
    }

    /// Tokens `[T, H]` at their places `[B, S]`, zeros elsewhere.
    @Sendable private static func restorePadding(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        let rows = try operation.required(0)
        let offsets = importer.cast(try operation.required(1), to: .i64, operation)
        let (shape, places) = (try importer.shape(rows), try importer.shape(offsets))
        guard shape.count == 2, places.count == 2 else {
            throw ONNXRefusal(.invalid, found: "\(shape), \(places)", expected: "2 axes each")
        }
        let flat = importer.helper("Reshape", operation, [offsets, importer.integers([-1])])
        let extents = importer.helper("Shape", operation, [rows])
        let (zero, one, two) = (importer.integers([0]), importer.integers([1]), importer.integers([2]))
        let count = importer.helper("Slice", operation, [extents, zero, one])
        let width = importer.helper("Slice", operation, [extents, one, two])
        let taken = importer.helper("Slice", operation, [flat, zero, count])
        let indices = importer.helper("Unsqueeze", operation, [taken, one])
        let all = importer.helper(
            "Concat", operation, [importer.helper("Shape", operation, [flat]), width], ["axis": .int(0)])
        let blank = importer.helper("Expand", operation, [importer.scalar(0, like: rows, operation), all])
        let filled = importer.helper("ScatterND", operation, [blank, indices, rows])
        let target = importer.helper(
            "Concat", operation, [importer.helper("Shape", operation, [offsets]), width], ["axis": .int(0)])
        importer.emit("Reshape", operation, [filled, target])
    }

    /// Queries, keys and values are products of tokens `[T, E]` with one matrix `[E, 2·D + V]`.
    @Sendable private static func packedAttention(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        let weights = try operation.required(1)
        let width = try importer.known(weights, axis: 1)
        let sizes = try operation.ints("qkv_hidden_sizes") ?? Array(repeating: width / 3, count: 3)
        guard sizes.count == 3, sizes.allSatisfy({ (1...width).contains($0) }), sizes.reduce(0, +) == width else {
            throw ONNXRefusal(.invalid, found: "widths \(sizes)", expected: "three that make \(width)")
        }
        var joined = importer.helper("MatMul", operation, [try operation.required(0), weights])
        if let bias = operation.input(2) { joined = importer.helper("Add", operation, [joined, bias]) }
        let parts = importer.parts(of: joined, axis: 1, sizes, operation)
        try packedMixture(&importer, operation, parts, ends: 4, addend: 5)
    }

    /// Queries, keys and values `[T, D]`, or all in one `[T, N, 3, H]`, and a bias for the three side by side.
    @Sendable private static func packedMultiHead(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        var parts = [try operation.required(0)]
        if let key = operation.input(1) {
            parts += [key, try operation.required(2)]
        } else {
            let shape = try importer.shape(parts[0])
            guard shape.count == 4, shape[2] == 3 else {
                throw ONNXRefusal(.invalid, found: "\(shape) without keys", expected: "[tokens, heads, 3, size]")
            }
            let width = try importer.known(parts[0], axis: 1) * importer.known(parts[0], axis: 3)
            parts = importer.parts(of: parts[0], axis: 2, [1, 1, 1], operation).map {
                importer.helper("Reshape", operation, [$0, importer.integers([-1, width])])
            }
        }
        if let bias = operation.input(3) { try addBias(bias, to: &parts, &importer, operation) }
        try packedMixture(&importer, operation, parts, ends: 5, addend: 6)
    }

    /// The standard's attention over one list of tokens, each of which sees those of its own text.
    private static func packedMixture(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation, _ parts: [String], ends: Int, addend: Int
    ) throws(ONNXRefusal) {
        guard operation.input(addend) == nil else { throw .use("an addend to the scores", "none") }
        let heads = try operation.int("num_heads", default: 0)
        for part in parts {
            let shape = try importer.shape(part)
            guard shape.count == 2, (1...1 << 16).contains(heads), (shape[1].constant ?? heads) % heads == 0 else {
                throw ONNXRefusal(
                    .invalid, found: "\(shape), \(heads) heads", expected: "[tokens, width], heads that divide it")
            }
        }
        let bounds = importer.cast(try operation.required(ends), to: .i64, operation)
        guard try importer.shape(bounds).count == 1 else {
            throw ONNXRefusal(.invalid, found: "\(try importer.shape(bounds))", expected: "a list of bounds")
        }
        let places = importer.positions(below: try importer.extent(of: parts[0], axis: 0, operation), operation)
        let column = importer.helper("Unsqueeze", operation, [places, importer.integers([1])])
        let begun = importer.helper("LessOrEqual", operation, [bounds, column])
        let number = importer.helper(
            "ReduceSum", operation, [importer.cast(begun, to: .i64, operation), importer.integers([1])],
            ["keepdims": .int(1)])
        let turned = importer.helper("Transpose", operation, [number], ["perm": .ints([1, 0])])
        let mask = importer.helper("Equal", operation, [number, turned])
        let batch = parts.map { importer.helper("Unsqueeze", operation, [$0, importer.integers([0])]) }
        var attributes: [String: ONNXAttribute.Value] = ["q_num_heads": .int(heads), "kv_num_heads": .int(heads)]
        if let scale = try operation.float("scale"), scale != 0 { attributes["scale"] = .float(scale) }
        let mixed = importer.uniqueValue("\(operation.name)/mixed")
        try standard["Attention"]?(
            &importer,
            operation.calling(
                "Attention", batch + [mask], attributes, outputs: [mixed],
                name: importer.uniqueNode("\(operation.name)/Attention")))
        importer.emit("Squeeze", operation, [mixed, importer.integers([0])])
    }
}
