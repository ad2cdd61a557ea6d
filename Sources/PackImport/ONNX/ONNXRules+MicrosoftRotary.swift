import PackFormats
import PackGraph

extension ONNXRules {
    /// Positions in a text as angles.
    static let microsoftRotations: [String: ONNXRule] = [
        "RotaryEmbedding": microsoftRotary, "MRotaryEmbedding": sectionedRotary, "GemmaRotaryEmbedding": gemmaRotary,
    ]

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
        let attributes = try rotaryAttributes(importer, operation, cosines: cosines)
        try rotary(
            &importer,
            operation.calling(
                "RotaryEmbedding", [input, cosines, try operation.required(3), positions], attributes))
    }

    /// The standard's attributes, with the number of heads where cosines tell it.
    private static func rotaryAttributes(
        _ importer: ONNXImporter, _ operation: ONNXOperation, cosines: String
    ) throws(ONNXRefusal) -> [String: ONNXAttribute.Value] {
        var attributes = operation.attributes.filter { ["interleaved", "rotary_embedding_dim"].contains($0.key) }
        var heads = try operation.int("num_heads", default: 0)
        let input = try operation.required(0)
        if try importer.shape(input).count == 3, heads == 0 {
            let (width, half) = (try importer.known(input, axis: 2), try importer.known(cosines, axis: 1))
            guard (1...1 << 24).contains(half), width % (2 * half) == 0 else {
                throw ONNXRefusal(.invalid, found: "\(width) numbers, \(half) cosines", expected: "a multiple of both")
            }
            heads = width / (2 * half)
        }
        attributes["num_heads"] = .int(heads)
        return attributes
    }

    /// Angles of three positions each: inputs as above with positions in time, height and width `[3, B, S]`. Sections of the
    /// angles take theirs from one of these, one section after the other or in turn.
    @Sendable private static func sectionedRotary(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        guard try operation.int("is_packed_batching", default: 0) == 0, try operation.float("scale") ?? 1 == 1 else {
            throw .use("is_packed_batching, or a scale", "0, and 1")
        }
        let positions = try operation.required(1)
        let places = try importer.shape(positions)
        guard places.count == 3, places[0].constant ?? 3 == 3 else {
            throw ONNXRefusal(.invalid, found: "positions \(places)", expected: "[3, batch, sequence]")
        }
        let half = try importer.known(try operation.required(2), axis: 1)
        let sections = try operation.ints("mrope_section") ?? []
        let layout = try operation.int("mrope_layout", default: 0)
        guard sections.count == 3, sections.allSatisfy({ (0...half).contains($0) }), sections.reduce(0, +) == half,
            half > 0, half <= ONNXImporter.knownLimit, layout == 0 || layout == 1
        else {
            throw ONNXRefusal(
                .invalid, found: "mrope_section \(sections) for \(half) cosines, mrope_layout \(layout)",
                expected: "three sections that make \(half), and 0 or 1")
        }
        let owners = importer.integers(layout == 0 ? sectionOwners(sections) : turnOwners(sections))
        let isOwn = (1...2).map { importer.helper("Equal", operation, [owners, importer.integers([$0], shape: [])]) }
        var angles: [String] = []
        for index in 2...3 {
            let all = importer.helper(
                "Gather", operation, [try operation.required(index), positions], ["axis": .int(0)])
            let each = importer.parts(of: all, axis: 0, [1, 1, 1], operation).map {
                importer.helper("Squeeze", operation, [$0, importer.integers([0])])
            }
            let wide = importer.helper("Where", operation, [isOwn[1], each[2], each[0]])
            angles.append(importer.helper("Where", operation, [isOwn[0], each[1], wide]))
        }
        let attributes = try rotaryAttributes(importer, operation, cosines: try operation.required(2))
        try rotary(
            &importer, operation.calling("RotaryEmbedding", [try operation.required(0)] + angles, attributes))
    }

    private static func sectionOwners(_ sections: [Int]) -> [Int] {
        sections.enumerated().flatMap { Array(repeating: $0.offset, count: $0.element) }
    }

    /// Every third angle from the second on is of the height, from the third on of the width, as many as their sections say.
    private static func turnOwners(_ sections: [Int]) -> [Int] {
        (0..<sections.reduce(0, +)).map { place in
            let owner = place % 3
            return owner > 0 && place < 3 * sections[owner] ? owner : 0
        }
    }

    /// x·cos + turned x·sin of queries and keys `[B, heads, S, H]`; inputs angles `[B, S, H]`, queries, those turned, keys, those
    /// turned.
    @Sendable private static func gemmaRotary(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        let angles = try operation.required(0)
        let query = try operation.required(1)
        let dtype = importer.graph.types[query]?.dtype ?? .f32
        let factors = ["Cos", "Sin"].map {
            let narrow = importer.cast(importer.helper($0, operation, [angles]), to: dtype, operation)
            return importer.helper("Unsqueeze", operation, [narrow, importer.integers([1])])
        }
        for output in 0...1 {
            let plain = importer.helper("Mul", operation, [try operation.required(1 + 2 * output), factors[0]])
            let turned = importer.helper("Mul", operation, [try operation.required(2 + 2 * output), factors[1]])
            importer.give(importer.helper("Add", operation, [plain, turned]), as: output, of: operation)
        }
    }
}
