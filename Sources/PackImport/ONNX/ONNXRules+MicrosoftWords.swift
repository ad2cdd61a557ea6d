import PackCore
import PackFormats
import PackGraph

extension ONNXRules {
    /// Operators of onnxruntime on numbers of tokens and characters.
    static let microsoftWords: [String: ONNXRule] = [
        "NGramRepeatBlock": ngramRepeatBlock, "WordConvEmbedding": wordConvEmbedding, "MurmurHash3": murmurHash,
    ]

    /// Scores `[B, words]`, −∞ for a word that would end a row of words that tokens `[B, S]` have already.
    @Sendable private static func ngramRepeatBlock(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        let (tokens, scores) = (try operation.required(0), try operation.required(1))
        let (shape, own) = (try importer.shape(tokens), try importer.shape(scores))
        let size = try operation.int("ngram_size", default: 0)
        guard shape.count == 2, own.count == 2, (1...1 << 10).contains(size) else {
            throw ONNXRefusal(
                .invalid, found: "tokens \(shape), scores \(own), ngram_size \(size)",
                expected: "[batch, tokens], [batch, words], and 1 to 1024")
        }
        try importer.expect(tokens, [own[0], shape[1]])
        func columns(_ start: Int, _ end: Int, _ importer: inout ONNXImporter) -> String {
            importer.helper(
                "Slice", operation,
                [
                    tokens, importer.integers([start]), importer.integers([end == 0 ? Int.max : end]),
                    importer.integers([1]),
                ])
        }
        let next = columns(size - 1, 0, &importer)
        let lowest = importer.scalar(-.infinity, like: scores, operation)
        var update = importer.helper("Expand", operation, [lowest, importer.helper("Shape", operation, [next])])
        if size > 1 {
            var repeats: String?
            for place in 0..<size - 1 {
                // What stands at this place of each row of words, and of the last one.
                let each = columns(place, place - size + 1, &importer)
                let last = columns(place - size + 1, place - size + 2, &importer)
                let isSame = importer.helper("Equal", operation, [each, last])
                repeats = repeats.map { importer.helper("And", operation, [$0, isSame]) } ?? isSame
            }
            let largest = importer.scalar(.infinity, like: scores, operation)
            update = importer.helper("Where", operation, [repeats ?? "", lowest, largest])
        }
        importer.emit(
            "ScatterElements", operation, [scores, next, update], ["axis": .int(1), "reduction": .string("min")])
    }

    /// Vectors of words `[S, M]`, the largest tanh of a convolution over their characters' vectors. Inputs: characters
    /// `[S, L]`, of which those after a word's end are 0, weights `[M, 1, window, size]`, bias `[M]`, and vectors of
    /// characters `[characters, size]`. An empty word gets zeros.
    @Sendable private static func wordConvEmbedding(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        let (words, weights) = (try operation.required(0), try operation.required(1))
        let (bias, table) = (try operation.required(2), try operation.required(3))
        let shape = try importer.shape(weights)
        guard try importer.shape(words).count == 2, shape.count == 4, try importer.shape(table).count == 2 else {
            throw ONNXRefusal(
                .invalid, found: "characters \(try importer.shape(words)), weights \(shape)",
                expected: "[words, characters] and [filters, 1, window, size]")
        }
        try importer.expect(weights, [shape[0], 1, shape[2], (try importer.shape(table))[1]])
        try importer.expect(bias, [shape[0]])
        let window = try importer.known(weights, axis: 2)
        for (name, value) in [
            ("embedding_size", shape[0]), ("conv_window_size", shape[2]), ("char_embedding_size", shape[3]),
        ] {
            let given = try operation.int(name, default: -1)
            guard given == -1 || value.constant ?? given == given else {
                throw ONNXRefusal(.invalid, found: "\(name) \(given) for weights \(shape)", expected: "\(value)")
            }
        }
        guard window > 0, (try importer.shape(words))[1].constant ?? window >= window else {
            throw ONNXRefusal(
                .invalid, found: "a window of \(window) for \(try importer.shape(words))", expected: "longer words")
        }
        let ids = importer.cast(words, to: .i64, operation)
        let zero = importer.integers([0], shape: [])
        let isLetter = importer.cast(
            importer.helper("Greater", operation, [ids, zero]), to: .i64, operation)
        let length = importer.helper(
            "ReduceSum", operation, [isLetter, importer.integers([1])], ["keepdims": .int(1)])
        let first = importer.helper(
            "Slice", operation, [ids, importer.integers([0]), importer.integers([1]), importer.integers([1])])
        let isWord = importer.helper("Greater", operation, [first, zero])

        let vectors = importer.helper("Gather", operation, [table, ids], ["axis": .int(0)])
        let image = importer.helper("Unsqueeze", operation, [vectors, importer.integers([1])])
        let sums = importer.helper("Conv", operation, [image, weights, bias])
        let values = importer.helper(
            "Tanh", operation, [importer.helper("Squeeze", operation, [sums, importer.integers([3])])])
        let places = importer.positions(below: try importer.extent(of: values, axis: 2, operation), operation)
        let last = importer.helper("Sub", operation, [length, importer.integers([window], shape: [])])
        let bound = importer.helper("Max", operation, [last, zero])
        let isIn = importer.helper("LessOrEqual", operation, [places, bound])
        let apart = importer.helper("Unsqueeze", operation, [isIn, importer.integers([1])])
        let lowest = importer.scalar(-1e12, like: values, operation)
        let kept = importer.helper("Where", operation, [apart, values, lowest])
        let largest = importer.helper(
            "ReduceMax", operation, [kept, importer.integers([2])], ["keepdims": .int(0)])
        importer.emit(
            "Where", operation, [isWord, largest, importer.scalar(0, like: largest, operation)])
    }

    /// MurmurHash3_x86_32 of the bytes of each number.
    ///
    /// Source: https://github.com/aappleby/smhasher/wiki/MurmurHash3.
    @Sendable private static func murmurHash(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        var x = try operation.required(0)
        let dtype = importer.graph.types[x]?.dtype ?? .i64
        switch dtype {
        case .f32: x = importer.helper("BitCast", operation, [x], ["to": .dtype(.i32)])
        case .f64, .u64: x = importer.helper("BitCast", operation, [x], ["to": .dtype(.i64)])
        case .i32, .u32, .i64: break
        default:
            throw ONNXRefusal(
                .unsupportedType, found: "\(dtype.name)", expected: "integers or floats of 32 or 64 bits",
                hint: "compute hashes of texts before")
        }
        let seed = try operation.int("seed", default: 0)
        guard (0...Int(UInt32.max)).contains(seed) else {
            throw ONNXRefusal(.invalid, found: "seed \(seed)", expected: "0 to \(UInt32.max)")
        }
        var hash = MurmurHash(operation, seed: seed)
        let low = hash.masked(importer.cast(x, to: .i64, operation), &importer)
        hash.mix(low, &importer)
        if dtype.size == 8 {
            let rest = importer.helper("Sub", operation, [x, low])
            let high = importer.helper("Div", operation, [rest, importer.integers([1 << 32], shape: [])])
            hash.mix(hash.masked(high, &importer), &importer)
        }
        let code = hash.finish(bytes: dtype.size, &importer)
        let isPositive = try operation.int("positive", default: 1) == 1
        importer.emit("Cast", operation, [code], ["to": .dtype(isPositive ? .u32 : .i32)])
    }
}

/// A hash of 32 bits on its way, in numbers of i64 that no product overflows.
private struct MurmurHash {
    private let operation: ONNXOperation
    private let seed: Int
    /// Nil before the first block.
    private var state: String?

    init(_ operation: ONNXOperation, seed: Int) { (self.operation, self.seed) = (operation, seed) }

    /// The low 32 bits.
    func masked(_ value: String, _ importer: inout ONNXImporter) -> String {
        importer.helper("BitwiseAnd", operation, [value, importer.integers([0xffff_ffff], shape: [])])
    }

    /// Mixes in a block of 32 bits.
    mutating func mix(_ block: String, _ importer: inout ONNXImporter) {
        var code = product(block, 0xcc9e_2d51, &importer)
        code = product(turned(code, 15, &importer), 0x1b87_3593, &importer)
        var sum = exclusive(state ?? importer.integers([seed], shape: []), code, &importer)
        sum = importer.helper("Mul", operation, [turned(sum, 13, &importer), importer.integers([5], shape: [])])
        sum = importer.helper("Add", operation, [sum, importer.integers([0xe654_6b64], shape: [])])
        state = masked(sum, &importer)
    }

    /// The hash of so many bytes.
    func finish(bytes: Int, _ importer: inout ONNXImporter) -> String {
        var code = exclusive(
            state ?? importer.integers([seed], shape: []), importer.integers([bytes], shape: []), &importer)
        for (distance, factor) in [(16, 0x85eb_ca6b), (13, 0xc2b2_ae35), (16, 1)] {
            code = exclusive(code, shifted(code, distance, &importer), &importer)
            if factor != 1 { code = product(code, factor, &importer) }
        }
        return code
    }

    /// The low 32 bits of a product of numbers of 32 bits, by halves of the first.
    private func product(_ value: String, _ factor: Int, _ importer: inout ONNXImporter) -> String {
        let number = importer.integers([factor], shape: [])
        let half = importer.integers([0xffff], shape: [])
        let low = importer.helper(
            "Mul", operation, [importer.helper("BitwiseAnd", operation, [value, half]), number])
        let high = importer.helper("Mul", operation, [shifted(value, 16, &importer), number])
        let upper = importer.helper("BitwiseAnd", operation, [high, half])
        let placed = importer.helper("Mul", operation, [upper, importer.integers([1 << 16], shape: [])])
        return masked(importer.helper("Add", operation, [low, placed]), &importer)
    }

    private func shifted(_ value: String, _ distance: Int, _ importer: inout ONNXImporter) -> String {
        importer.helper("Div", operation, [value, importer.integers([1 << distance], shape: [])])
    }

    private func turned(_ value: String, _ distance: Int, _ importer: inout ONNXImporter) -> String {
        let left = importer.helper("Mul", operation, [value, importer.integers([1 << distance], shape: [])])
        let right = shifted(value, 32 - distance, &importer)
        return importer.helper("BitwiseOr", operation, [masked(left, &importer), right])
    }

    private func exclusive(_ left: String, _ right: String, _ importer: inout ONNXImporter) -> String {
        importer.helper("BitwiseXor", operation, [left, right])
    }
}
