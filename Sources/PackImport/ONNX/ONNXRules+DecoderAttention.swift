import PackCore
import PackFormats
import PackGraph

extension ONNXRules {
    /// Attention of one new token over a cache.
    static let decoderAttentions: [String: ONNXRule] = [
        "DecoderMaskedMultiHeadAttention": decoderMultiHead, "DecoderMaskedSelfAttention": decoderSelf,
    ]

    /// As MultiHeadAttention with one query each. Inputs: queries `[B, 1, N·H]`, keys and values likewise (or all three side by
    /// side in the first), or those of another text `[B, N, L, H]`; a mask, an addend, caches `[B, N, P, H]`, of which, where
    /// they are shared with the outputs, only as many rows are filled as the next input says; how many beams there are, and
    /// where their rows are; a bias.
    @Sendable private static func decoderMultiHead(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        try refuseBeams(importer, operation, width: 8)
        let query = try operation.required(0)
        guard try importer.shape(query).count == 3, (try importer.shape(query))[1].constant ?? 1 == 1 else {
            throw ONNXRefusal(.invalid, found: "queries \(try importer.shape(query))", expected: "[batch, 1, width]")
        }
        var inputs = (0...2).map { operation.input($0) ?? "" }
        if inputs[1].isEmpty {
            let width = try importer.known(query, axis: 2)
            guard width % 3 == 0 else {
                throw ONNXRefusal(.invalid, found: "a width of \(width) without keys", expected: "three parts")
            }
            inputs = importer.parts(of: query, axis: 2, Array(repeating: width / 3, count: 3), operation)
        }
        inputs += [10, 3, 4].map { operation.input($0) ?? "" }
        var attributes = operation.attributes
        let isWanted = try operation.int("output_qk", default: 0) != 0
        for name in ["past_present_share_buffer", "output_qk"] { attributes[name] = nil }
        guard try operation.int("past_present_share_buffer", default: 0) != 0, operation.input(5) != nil else {
            inputs += [5, 6].map { operation.input($0) ?? "" }
            return try multiHead(
                &importer,
                operation.calling(
                    "MultiHeadAttention", inputs, attributes, outputs: outputs(operation, scores: isWanted)))
        }
        let filled = importer.helper(
            "Reshape", operation,
            [importer.cast(try operation.required(7), to: .i64, operation), importer.integers([1])])
        let caches = [try operation.required(5), try operation.required(6)]
        let (zero, axis) = (importer.integers([0]), importer.integers([2]))
        inputs += caches.map { importer.helper("Slice", operation, [$0, zero, filled, axis]) }
        let grown = ["keys", "values"].map { importer.uniqueValue("\(operation.name)/\($0)") }
        let named = outputs(operation, scores: isWanted)
        try multiHead(
            &importer,
            operation.calling(
                "MultiHeadAttention", inputs, attributes, outputs: Array(named.prefix(1)) + grown + named.dropFirst(3),
                name: importer.uniqueNode("\(operation.name)/MultiHeadAttention")))
        let next = importer.helper("Add", operation, [filled, importer.integers([1])])
        for (index, cache) in caches.enumerated() {
            let rest = importer.helper("Slice", operation, [cache, next, importer.integers([Int.max]), axis])
            importer.give(
                importer.helper("Concat", operation, [grown[index], rest], ["axis": .int(2)]), as: index + 1,
                of: operation)
        }
    }

    /// As Attention with one row each: inputs x, weights, bias, mask, cache `[2, B, N, P, H]`, addend.
    @Sendable private static func decoderSelf(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        try refuseBeams(importer, operation, width: 7)
        guard try operation.int("past_present_share_buffer", default: 0) == 0 else {
            throw .use("past_present_share_buffer 1, whose keys lie in the order of a GPU", "0")
        }
        let inputs = (0..<6).map { operation.input($0) ?? "" }
        try microsoftAttention(&importer, operation.calling("Attention", inputs))
    }

    private static func refuseBeams(
        _ importer: ONNXImporter, _ operation: ONNXOperation, width: Int
    ) throws(ONNXRefusal) {
        if let count = operation.input(width), importer.number(count) != 1 {
            throw .use("a number of beams that may be more than one", "one beam")
        }
        guard operation.input(width + 1) == nil else { throw .use("rows of a cache that beams share", "one beam") }
    }

    /// The outputs; the scores only where they are asked for.
    private static func outputs(_ operation: ONNXOperation, scores: Bool) -> [String] {
        (0..<(scores ? 4 : 3)).map { operation.output($0) ?? "" }
    }
}
