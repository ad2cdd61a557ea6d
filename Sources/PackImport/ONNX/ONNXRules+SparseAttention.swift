import PackCore
import PackFormats
import PackGraph

extension ONNXRules {
    /// Attention that leaves out whole blocks of keys.
    static let sparseAttentions: [String: ONNXRule] = ["SparseAttention": sparseAttention]

    /// Blocks of keys for blocks of queries that layouts may have in all.
    private static let layoutLimit = 1 << 26

    /// As GroupQueryAttention with a cache `[B, K, P, H]` of fixed extent, where a query sees keys of the blocks that a layout
    /// names for its own block. Inputs: queries, keys and values (or all three side by side in the first), the caches, where
    /// rows of layouts begin in the next `[layouts, blocks + 1]`, blocks of keys `[layouts, …]`, the largest number of keys,
    /// numbers of keys `[B]`, cosines and sines. Heads take the layouts in turn.
    @Sendable private static func sparseAttention(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        let size = try operation.int("sparse_block_size", default: 0)
        guard [16, 32, 64, 128].contains(size) else {
            throw ONNXRefusal(.invalid, found: "sparse_block_size \(size)", expected: "16, 32, 64 or 128")
        }
        let lengths = importer.cast(try operation.required(8), to: .i64, operation)
        guard try importer.shape(lengths).count == 1 else {
            throw ONNXRefusal(
                .invalid, found: "\(try importer.shape(lengths))", expected: "a number for each of the batch")
        }
        let last = importer.helper("Sub", operation, [lengths, importer.integers([1], shape: [])])
        let inputs = [try operation.required(0)] + (1..<5).map { operation.input($0) ?? "" }
        let more = [last, "", operation.input(9) ?? "", operation.input(10) ?? ""]
        let mapped = operation.calling(operation.op, inputs + more)
        let call = try GroupQuery(&importer, mapped)
        guard let past = call.past else {
            throw ONNXRefusal(.invalid, found: "no cache, or an empty one", expected: "a cache as long as texts may be")
        }
        let layouts = try BlockLayouts(importer, operation, limit: layoutLimit)
        guard call.heads % layouts.count == 0 else {
            throw ONNXRefusal(
                .invalid, found: "\(layouts.count) layouts for \(call.heads) heads", expected: "a divisor")
        }
        var parts = try call.parts(&importer, mapped)
        let (zero, axis) = (importer.integers([0]), importer.integers([2]))
        let rows = importer.helper("Reshape", operation, [past.rows, importer.integers([1])])
        for index in 1...2 {
            importer.give(
                importer.helper("Slice", operation, [parts[index], zero, rows, axis]), as: index, of: operation)
        }
        let total = importer.helper(
            "Reshape", operation,
            [importer.cast(try operation.required(7), to: .i64, operation), importer.integers([1])])
        for index in 1...2 {
            parts[index] = importer.helper("Slice", operation, [parts[index], zero, total, axis])
        }
        let before = try call.seen(&importer, operation, keys: parts[1], window: 0)
        let table = try importer.addWeights(operation) { () throws(GraphError) in try layouts.table() }
        let unit = importer.integers([size], shape: [])
        let own = importer.helper("Div", operation, [call.positions(&importer, operation), unit])
        let others = importer.helper(
            "Div", operation,
            [importer.positions(below: try importer.extent(of: parts[1], axis: 2, operation), operation), unit])
        let near = importer.helper("Gather", operation, [table, own], ["axis": .int(1)])
        let chosen = importer.helper("Gather", operation, [near, others], ["axis": .int(3)])
        let apart = importer.helper("Transpose", operation, [chosen], ["perm": .ints([1, 0, 2, 3])])
        var seen = importer.helper("And", operation, [apart, before])
        let turns = call.heads / layouts.count
        if layouts.count > 1, turns > 1 {
            seen = importer.helper("Concat", operation, Array(repeating: seen, count: turns), ["axis": .int(1)])
        }
        var attributes: [String: ONNXAttribute.Value] = [:]
        if let scale = try operation.float("scale"), scale != 0 { attributes["scale"] = .float(scale) }
        let mixed = importer.uniqueValue("\(operation.name)/mixed")
        try standard["Attention"]?(
            &importer,
            operation.calling(
                "Attention", parts + [seen], attributes, outputs: [mixed],
                name: importer.uniqueNode("\(operation.name)/Attention")))
        let turned = importer.helper("Transpose", operation, [mixed], ["perm": .ints([0, 2, 1, 3])])
        importer.give(
            importer.helper("Reshape", operation, [turned, importer.integers([0, 0, -1])]), as: 0, of: operation)
    }
}

/// Which blocks of keys blocks of queries see, a layout after the other.
private struct BlockLayouts {
    let count: Int
    private let blocks: Int
    /// Pairs of blocks that see each other, as places in `[layouts, blocks, blocks]`.
    private var pairs: [Int] = []

    init(_ importer: ONNXImporter, _ operation: ONNXOperation, limit: Int) throws(ONNXRefusal) {
        var lists: [Constant] = []
        for index in 5...6 {
            let name = try operation.required(index)
            guard let constant = importer.graph.constants[name] ?? importer.constant(name) else {
                throw .unknown("blocks", name)
            }
            lists.append(constant)
        }
        let (starts, columns) = (lists[0], lists[1])
        guard starts.shape.count == 2, columns.shape.count == 2, starts.shape[0] > 0, starts.shape[1] > 1,
            columns.shape[0] == starts.shape[0]
        else {
            throw ONNXRefusal(
                .invalid, found: "starts \(starts.shape), blocks \(columns.shape)",
                expected: "[layouts, blocks + 1] and [layouts, pairs]")
        }
        (count, blocks) = (starts.shape[0], starts.shape[1] - 1)
        guard blocks <= limit / blocks, count <= limit / (blocks * blocks) else {
            throw .use("\(count) layouts of \(blocks) blocks", "at most \(limit) pairs of blocks")
        }
        guard let bounds = try? starts.integers(), let others = try? columns.integers() else {
            throw ONNXRefusal(.invalid, found: "starts of \(starts.dtype.name)", expected: "integers")
        }
        let width = columns.shape[1]
        for row in 0..<count * blocks {
            let (layout, place) = (row / blocks, row % blocks)
            let start = bounds[layout * (blocks + 1) + place]
            let end = bounds[layout * (blocks + 1) + place + 1]
            guard start >= 0, start <= end, end <= width else {
                throw ONNXRefusal(
                    .invalid, found: "blocks \(start) to \(end) of \(width)", expected: "starts that grow")
            }
            for other in others[layout * width + start..<layout * width + end] {
                guard (0..<blocks).contains(other) else {
                    throw ONNXRefusal(.invalid, found: "block \(other)", expected: "a block of \(blocks)")
                }
                pairs.append(row * blocks + other)
            }
        }
    }

    /// Truths `[layouts, blocks, blocks]`.
    func table() throws(GraphError) -> Constant {
        var bytes = [UInt8](repeating: 0, count: count * blocks * blocks)
        for pair in pairs { bytes[pair] = 1 }
        return try Constant(.bool, [count, blocks, blocks], bytes: bytes)
    }
}
