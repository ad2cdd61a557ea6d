import PackCore
import PackGraph
import PackPasses

/// Random numbers that are the same in every run with the same seed.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state &* 0x2545_F491_4F6C_DD1D
    }

    mutating func floats(_ count: Int, _ range: ClosedRange<Float> = -1...1) -> [Float] {
        (0..<count).map { _ in Float.random(in: range, using: &self) }
    }
}

/// Builds small encoders out of plain operators, as importers do.
struct EncoderBuilder {
    enum Family { case bert, distilbert, roberta }

    var graph = GraphBuilder()
    var random: SeededGenerator
    let hidden = 8
    let heads = 2
    let vocabulary = 20
    let positions = 12

    init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    mutating func node(
        _ op: String, _ path: String, _ inputs: [String], _ attributes: [String: Attribute] = [:]
    ) -> String {
        graph.node(op, "\(path).\(op)", inputs, attributes)
    }

    mutating func weight(_ name: String, _ shape: [Int]) throws -> String {
        let count = shape.reduce(1, *)
        if let known = graph.graph.constants[name], known.shape == shape { return name }
        let made = try Constant(floats: random.floats(count), shape: shape)
        return graph.constant(name, made)
    }

    mutating func linear(
        _ x: String, _ path: String, _ inputs: Int, _ outputs: Int, weight shared: String? = nil
    ) throws -> String {
        let stored = try weight(shared ?? "\(path).weight", [outputs, inputs])
        let turned = node("Transpose", path, [stored], ["perm": .ints([1, 0])])
        let product = node("MatMul", path, [x, turned])
        return node("Add", path, [product, try weight("\(path).bias", [outputs])])
    }

    mutating func layerNorm(_ x: String, _ path: String) throws -> String {
        let last = try graph.integers([-1])
        let mean = node("ReduceMean", path, [x, last], ["keepdims": .int(1)])
        let centred = node("Sub", path, [x, mean])
        let squared = node("Pow", path, [centred, try graph.scalar(2)])
        let variance = node("ReduceMean", path, [squared, last], ["keepdims": .int(1)])
        let deviation = node("Sqrt", path, [node("Add", path, [variance, try graph.scalar(1e-5)])])
        let normal = node("Div", path, [centred, deviation])
        let scaled = node("Mul", path, [normal, try weight("\(path).weight", [hidden])])
        return node("Add", path, [scaled, try weight("\(path).bias", [hidden])])
    }

    mutating func gelu(_ x: String, _ path: String) throws -> String {
        let root = node("Div", path, [x, try graph.scalar(Float(2).squareRoot())])
        let half = node("Mul", path, [x, try graph.scalar(0.5)])
        let gate = node("Add", path, [node("Erf", path, [root]), try graph.scalar(1)])
        return node("Mul", path, [half, gate])
    }

    mutating func embeddings(_ ids: String, _ family: Family) throws -> String {
        let path = "embeddings"
        let words = try weight("\(path).word_embeddings.weight", [vocabulary, hidden])
        var sum = node("Gather", "\(path).word_embeddings", [words, ids])
        if family != .distilbert {
            let table = try weight("\(path).token_type_embeddings.weight", [family == .bert ? 2 : 1, hidden])
            let types =
                family == .bert
                ? graph.input("token_type_ids", .i64, ["batch", "sequence"]) : try graph.integers([0], shape: [])
            sum = node("Add", path, [sum, node("Gather", "\(path).token_type_embeddings", [table, types])])
        }
        let places = try weight("\(path).position_embeddings.weight", [positions, hidden])
        let rows = family == .roberta ? try tokenPositions(ids, path) : try plainPositions(ids, path)
        sum = node("Add", path, [sum, node("Gather", "\(path).position_embeddings", [places, rows])])
        return try layerNorm(sum, "\(path).LayerNorm")
    }

    private mutating func plainPositions(_ ids: String, _ path: String) throws -> String {
        let shape = node("Shape", path, [ids])
        let length = node("Gather", path, [shape, try graph.integers([1], shape: [])])
        let zero = try graph.integers([0], shape: [])
        let one = try graph.integers([1], shape: [])
        let range = node("Range", path, [zero, length, one])
        return node("Unsqueeze", path, [range, try graph.integers([0])])
    }

    private mutating func tokenPositions(_ ids: String, _ path: String) throws -> String {
        let padding = try graph.integers([1], shape: [])
        let equal = node("Equal", path, [ids, padding])
        let token = node("Cast", path, [node("Not", path, [equal])], ["to": .dtype(.i64)])
        let counted = node("CumSum", path, [token, try graph.integers([1], shape: [])])
        return node("Add", path, [node("Mul", path, [counted, token]), padding])
    }

    mutating func attentionBias(_ mask: String) throws -> String {
        let wide = node("Unsqueeze", "attention_mask", [mask, try graph.integers([1, 2])])
        let kept = node("Cast", "attention_mask", [wide], ["to": .dtype(.f32)])
        let dropped = node("Sub", "attention_mask", [try graph.scalar(1), kept])
        return node("Mul", "attention_mask", [dropped, try graph.scalar(-Float.greatestFiniteMagnitude)])
    }

    private mutating func split(_ x: String, _ path: String, _ order: [Int]) throws -> String {
        let projected = try linear(x, path, hidden, hidden)
        let target = try graph.integers([0, 0, heads, hidden / heads])
        return node("Transpose", path, [node("Reshape", path, [projected, target])], ["perm": .ints(order)])
    }

    mutating func attention(_ x: String, _ bias: String, _ path: String) throws -> String {
        let query = try split(x, "\(path).self.query", [0, 2, 1, 3])
        let key = try split(x, "\(path).self.key", [0, 2, 3, 1])
        let value = try split(x, "\(path).self.value", [0, 2, 1, 3])
        let scores = node("MatMul", path, [query, key])
        let scaled = node("Div", path, [scores, try graph.scalar(Float(hidden / heads).squareRoot())])
        let masked = bias.isEmpty ? scaled : node("Add", path, [scaled, bias])
        let mixed = node("MatMul", path, [node("Softmax", path, [masked]), value])
        let joined = node("Transpose", path, [mixed], ["perm": .ints([0, 2, 1, 3])])
        return node("Reshape", path, [joined, try graph.integers([0, 0, hidden])])
    }

    mutating func layer(_ x: String, _ bias: String, _ index: Int) throws -> String {
        let path = "encoder.layer.\(index)"
        let context = try attention(x, bias, "\(path).attention")
        let attended = try linear(context, "\(path).attention.output.dense", hidden, hidden)
        let first = node("Add", "\(path).attention.output", [attended, x])
        let normal = try layerNorm(first, "\(path).attention.output.LayerNorm")
        let raised = try linear(normal, "\(path).intermediate.dense", hidden, 2 * hidden)
        let active = try gelu(raised, "\(path).intermediate.dense")
        let lowered = try linear(active, "\(path).output.dense", 2 * hidden, hidden)
        return try layerNorm(node("Add", "\(path).output", [lowered, normal]), "\(path).output.LayerNorm")
    }

    mutating func meanPool(_ x: String, _ mask: String) throws -> String {
        let wide = node("Unsqueeze", "pooling", [mask, try graph.integers([-1])])
        let kept = node("Cast", "pooling", [wide], ["to": .dtype(.f32)])
        let tokens = try graph.integers([1])
        let sum = node("ReduceSum", "pooling", [node("Mul", "pooling", [x, kept]), tokens], ["keepdims": .int(0)])
        let count = node("ReduceSum", "pooling", [kept, tokens], ["keepdims": .int(0)])
        return node("Div", "pooling", [sum, node("Clip", "pooling", [count, try graph.scalar(1e-9)])])
    }

    mutating func normalize(_ x: String) throws -> String {
        let norm = node("ReduceL2", "normalize", [x, try graph.integers([-1])], ["keepdims": .int(1)])
        return node("Div", "normalize", [x, node("Clip", "normalize", [norm, try graph.scalar(1e-12)])])
    }

    /// A sentence encoder with mean pooling and normalization.
    static func sentenceEncoder(layers: Int, _ family: Family = .bert, seed: UInt64 = 1) throws -> Graph {
        var builder = EncoderBuilder(seed: seed)
        let ids = builder.graph.input("input_ids", .i64, ["batch", "sequence"])
        let mask = builder.graph.input("attention_mask", .i64, ["batch", "sequence"])
        var x = try builder.embeddings(ids, family)
        let bias = try builder.attentionBias(mask)
        for index in 0..<layers { x = try builder.layer(x, bias, index) }
        let result = try builder.normalize(try builder.meanPool(x, mask))
        builder.graph.output(result)
        return try builder.graph.finish()
    }
}
