import PackGraph

extension ONNXRules {
    /// Pairs of numbers turned by angles of their positions: input `[batch, heads, sequence, size]` or
    /// `[batch, sequence, heads · size]`, cosines and sines of half the turned size, positions or none.
    @Sendable static func rotary(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        let input = try operation.required(0)
        let isFlat = try importer.shape(input).count == 3
        let rows: String
        if isFlat {
            let heads = try operation.int("num_heads", default: 0)
            guard heads > 0 else { throw ONNXRefusal(.invalid, found: "num_heads \(heads)", expected: "at least 1") }
            rows = importer.helper("Reshape", operation, [input, importer.integers([0, 0, heads, -1])])
        } else {
            rows = importer.helper("Transpose", operation, [input], ["perm": .ints([0, 2, 1, 3])])
        }
        let size = try importer.known(rows, axis: 3)
        let wanted = try operation.int("rotary_embedding_dim", default: 0)
        let turned = wanted == 0 ? size : wanted
        guard turned > 0, turned <= size, turned % 2 == 0 else {
            throw ONNXRefusal(.invalid, found: "\(turned) of \(size) turned", expected: "an even number up to the size")
        }
        var parts = [rows]
        if turned < size { parts = importer.parts(of: rows, axis: -1, [turned, size - turned], operation) }
        let result = try turn(parts[0], turned, &importer, operation)
        let whole =
            turned < size ? importer.helper("Concat", operation, [result, parts[1]], ["axis": .int(-1)]) : result
        if isFlat {
            importer.emit("Reshape", operation, [whole, importer.helper("Shape", operation, [input])])
        } else {
            importer.emit("Transpose", operation, [whole], ["perm": .ints([0, 2, 1, 3])])
        }
    }

    private static func turn(
        _ rows: String, _ size: Int, _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) -> String {
        var angles: [String] = []
        for index in 1...2 {
            var cache = try operation.required(index)
            if let positions = operation.input(3) {
                cache = importer.helper("Gather", operation, [cache, positions], ["axis": .int(0)])
            }
            angles.append(importer.helper("Unsqueeze", operation, [cache, importer.integers([2])]))
        }
        let isInterleaved = try operation.int("interleaved", default: 0) != 0
        var halves = [rows, rows]
        if isInterleaved {
            for index in 0...1 {
                halves[index] = importer.helper(
                    "Slice", operation,
                    [
                        rows, importer.integers([index]), importer.integers([size]), importer.integers([3]),
                        importer.integers([2]),
                    ])
            }
        } else {
            halves = importer.parts(of: rows, axis: -1, [size / 2, size / 2], operation)
        }
        func product(_ angle: Int, _ half: Int, _ importer: inout ONNXImporter) -> String {
            importer.helper("Mul", operation, [angles[angle], halves[half]])
        }
        let (a, b) = (product(0, 0, &importer), product(1, 1, &importer))
        let (c, d) = (product(1, 0, &importer), product(0, 1, &importer))
        let real = importer.helper("Sub", operation, [a, b])
        let imaginary = importer.helper("Add", operation, [c, d])
        guard isInterleaved else {
            return importer.helper("Concat", operation, [real, imaginary], ["axis": .int(-1)])
        }
        let apart = [real, imaginary].map {
            importer.helper("Unsqueeze", operation, [$0, importer.integers([4])])
        }
        let pairs = importer.helper("Concat", operation, apart, ["axis": .int(4)])
        return importer.helper("Reshape", operation, [pairs, importer.integers([0, 0, 0, size])])
    }
}
