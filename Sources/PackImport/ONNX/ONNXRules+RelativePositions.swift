import Glibc
import PackCore
import PackFormats
import PackGraph

extension ONNXRules {
    /// Operators of onnxruntime that make addends to attention's scores of the distance between query and key.
    static let relativePositions: [String: ONNXRule] = [
        "RelativePositionBias": relativePositionBias, "GatedRelativePositionBias": gatedRelativePositionBias,
    ]

    /// Distances beyond the largest one share a bucket.
    private static let distanceLimit = 1 << 16

    /// T5's addend `[1, heads, queries, keys]`: inputs a table that says `[buckets, heads]` and lies as `[heads, buckets]`, the
    /// number of queries and that of keys, which must be the same.
    ///
    /// The bucket of each distance is found here, so that running only looks up rows.
    @Sendable private static func relativePositionBias(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        let table = try operation.required(0)
        let shape = try importer.shape(table)
        guard shape.count == 2 else { throw ONNXRefusal(.invalid, found: "a table \(shape)", expected: "2 axes") }
        let (buckets, heads) = (try importer.known(table, axis: 0), try importer.known(table, axis: 1))
        let isBidirectional = try operation.int("is_bidirectional", default: 0) != 0
        let most = try operation.int("max_distance", default: 0)
        let exact = buckets / (isBidirectional ? 4 : 2)
        guard exact > 0, heads > 0, exact < most, most <= distanceLimit else {
            throw ONNXRefusal(
                .invalid, found: "\(buckets) buckets up to max_distance \(most)",
                expected:
                    "at least \(isBidirectional ? 4 : 2) buckets, and a distance from \(exact + 1) to \(distanceLimit)")
        }
        var counts: [String] = []
        for index in 1...2 {
            let count = importer.cast(try operation.required(index), to: .i64, operation)
            counts.append(importer.helper("Reshape", operation, [count, importer.integers([], shape: [0])]))
        }
        if let queries = importer.number(counts[0]), let keys = importer.number(counts[1]), queries != keys {
            throw ONNXRefusal(.invalid, found: "\(queries) queries and \(keys) keys", expected: "as many")
        }
        let chosen = (-most...most).map { bucket(of: $0, buckets, most, isBidirectional) }
        let rows = importer.helper("Reshape", operation, [table, importer.integers([heads, buckets])])
        let near = importer.helper("Gather", operation, [rows, importer.integers(chosen)], ["axis": .int(1)])
        let column = importer.helper(
            "Unsqueeze", operation, [importer.positions(below: counts[0], operation), importer.integers([1])])
        var place = importer.helper("Sub", operation, [importer.positions(below: counts[1], operation), column])
        place = importer.helper("Max", operation, [place, importer.integers([-most], shape: [])])
        place = importer.helper("Min", operation, [place, importer.integers([most], shape: [])])
        place = importer.helper("Add", operation, [place, importer.integers([most], shape: [])])
        let addend = importer.helper("Gather", operation, [near, place], ["axis": .int(1)])
        importer.emit("Unsqueeze", operation, [addend, importer.integers([0])])
    }

    /// The bucket of a key's place minus a query's: one each for near ones, then ever wider ones, in f32 as T5 counts.
    private static func bucket(of distance: Int, _ buckets: Int, _ most: Int, _ isBidirectional: Bool) -> Int {
        let count = isBidirectional ? buckets / 2 : buckets
        let first = isBidirectional && distance > 0 ? count : 0
        let span = isBidirectional ? abs(distance) : max(-distance, 0)
        let exact = count / 2
        guard span >= exact else { return first + span }
        let share = logf(Float(span) / Float(exact)) / logf(Float(most) / Float(exact))
        return first + min(exact + Int(share * Float(count - exact)), count - 1)
    }

    /// WavLM's addend `[B, heads, S, S]`: positions' addends `[1, heads, S, S]` times a gate of each query. Inputs queries
    /// `[B, S, heads · H]` (or `[tokens, heads · H]` with their places `[B, S]`), a bias for them, the addends, weights
    /// `[H, D]` and bias `[D]` of the gates, a factor for each head `[1, heads, 1, 1]`.
    @Sendable private static func gatedRelativePositionBias(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        let heads = try operation.int("num_heads", default: 0)
        let weights = try operation.required(3)
        guard (1...1 << 16).contains(heads), try importer.shape(weights).count == 2 else {
            throw ONNXRefusal(
                .invalid, found: "\(heads) heads, weights \(try importer.shape(weights))",
                expected: "at least one head, weights [size, gates]")
        }
        let (size, gates) = (try importer.known(weights, axis: 0), try importer.known(weights, axis: 1))
        let width = size.multipliedReportingOverflow(by: heads)
        guard size > 0, !width.overflow, gates > 0, gates % 2 == 0 else {
            throw ONNXRefusal(.invalid, found: "weights [\(size), \(gates)]", expected: "an even number of columns")
        }
        let query = try gatedQueries(&importer, operation)
        let shape = try importer.shape(query)
        guard shape.count == 3 else { throw ONNXRefusal(.invalid, found: "queries \(shape)", expected: "3 axes") }
        try importer.expect(query, [shape[0], shape[1], .constant(width.partialValue)])
        let (bias, own, factor) = (
            try operation.required(1), try operation.required(4), try operation.required(5)
        )
        try importer.expect(bias, [.constant(width.partialValue)])
        try importer.expect(own, [.constant(gates)])
        try importer.expect(factor, [1, .constant(heads), 1, 1])
        let positions = try operation.required(2)
        try importer.expect(positions, [1, .constant(heads), shape[1], shape[1]])

        let sum = importer.helper("Add", operation, [query, bias])
        let rows = importer.helper("Reshape", operation, [sum, importer.integers([0, 0, heads, size])])
        let apart = importer.helper("Transpose", operation, [rows], ["perm": .ints([0, 2, 1, 3])])
        let product = importer.helper("MatMul", operation, [apart, weights])
        let biased = importer.helper("Add", operation, [product, own])
        let halves = importer.parts(of: biased, axis: 3, [gates / 2, gates / 2], operation).map {
            let sum = importer.helper("ReduceSum", operation, [$0, importer.integers([3])], ["keepdims": .int(1)])
            return importer.helper("Sigmoid", operation, [sum])
        }
        let scaled = importer.helper("Mul", operation, [halves[1], factor])
        let less = importer.helper("Sub", operation, [scaled, importer.scalar(1, like: query, operation)])
        let gated = importer.helper("Mul", operation, [halves[0], less])
        let gate = importer.helper("Add", operation, [gated, importer.scalar(2, like: query, operation)])
        importer.emit("Mul", operation, [gate, positions])
    }

    /// Queries of a batch, those of a list of tokens put at their places.
    private static func gatedQueries(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) -> String {
        let query = try operation.required(0)
        guard let places = operation.input(6) else { return query }
        let rows = importer.uniqueValue("\(operation.name)/rows")
        try packing["RestorePadding"]?(
            &importer,
            operation.calling(
                "RestorePadding", [query, places], [:], outputs: [rows],
                name: importer.uniqueNode("\(operation.name)/RestorePadding")))
        return rows
    }
}
