import PackCore
import PackFormats
import PackGraph

extension ONNXRules {
    /// Mixtures of experts of onnxruntime.
    static let experts: [String: ONNXRule] = ["MoE": expertMixture, "QMoE": expertMixture]

    /// Experts that a mixture may have.
    private static let expertLimit = 4096

    /// Each token's sum of what its best experts say, times their shares. Inputs tokens `[T, H]` or `[B, S, H]`, scores
    /// `[T, experts]`, then weights `[experts, rows, columns]` and bias `[experts, rows]` of three projections, of QMoE with
    /// scales between.
    ///
    /// Experts compute the tokens that chose them and no others: their rows stand one expert after the other, each token
    /// takes its own from there.
    @Sendable private static func expertMixture(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        try refuseExpertVariants(operation)
        let x = try operation.required(0)
        let shape = try importer.shape(x)
        guard shape.count == 2 || shape.count == 3 else {
            throw ONNXRefusal(.invalid, found: "\(shape)", expected: "2 or 3 axes")
        }
        let width = try importer.known(x, axis: shape.count - 1)
        let scores = try operation.required(1)
        guard try importer.shape(scores).count == 2 else {
            throw ONNXRefusal(.invalid, found: "scores \(try importer.shape(scores))", expected: "[tokens, experts]")
        }
        let count = try importer.known(scores, axis: 1)
        guard (1...expertLimit).contains(count) else { throw .use("\(count) experts", "1 to \(expertLimit)") }
        let network = try ExpertNetwork(importer, operation, count: count, width: width)
        var rows = x
        if shape.count == 3 {
            rows = importer.helper("Reshape", operation, [x, importer.integers([-1, width])])
        } else {
            try importer.expect(scores, [shape[0], .constant(count)])
        }
        let (shares, chosen) = try expertShares(&importer, operation, count)
        let places = ExpertPlaces(&importer, operation, scores, chosen)
        var said: [String] = []
        for expert in 0..<count {
            let own = importer.helper("Gather", operation, [rows, places.tokens(of: expert, &importer, operation)])
            said.append(try network.answer(to: own, from: expert, &importer, operation))
        }
        let all = count == 1 ? said[0] : importer.helper("Concat", operation, said, ["axis": .int(0)])
        let each = importer.helper("Gather", operation, [all, places.answers])
        let dtype = importer.graph.types[x]?.dtype ?? .f32
        let row = importer.helper(
            "Unsqueeze", operation, [importer.cast(shares, to: dtype, operation), importer.integers([1])])
        let sum = importer.helper("MatMul", operation, [row, each])
        importer.emit("Reshape", operation, [sum, importer.helper("Shape", operation, [x])])
    }

    private static func refuseExpertVariants(_ operation: ONNXOperation) throws(ONNXRefusal) {
        for name in ["use_sparse_mixer", "swiglu_limit_after_activation"] {
            let value = try operation.int(name, default: 0)
            guard value == 0 else { throw .use("\(name) \(value)", "0") }
        }
        guard operation.op == "QMoE" else { return }
        let kind = try operation.text("quant_type") ?? "int"
        guard kind == "int" else { throw .use("quant_type \(kind)", "int") }
        guard try operation.int("weights_prepacked", default: 0) < 1 else {
            throw .use("weights_prepacked 1, in the order of a GPU", "0")
        }
        for index in 15..<21 where operation.input(index) != nil {
            throw .use("input \(index), a scale of whole tensors or of activations", "no such input")
        }
    }

    /// The best experts of each token and their shares, each `[T, k]`.
    ///
    /// MoE takes shares of all experts. QMoE takes those among the chosen ones, whatever `normalize_routing_weights` says,
    /// as onnxruntime does on CPUs, or given ones.
    private static func expertShares(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation, _ count: Int
    ) throws(ONNXRefusal) -> (shares: String, chosen: String) {
        let best = try operation.int("k", default: 1)
        guard (1...count).contains(best) else {
            throw ONNXRefusal(.invalid, found: "k \(best) of \(count) experts", expected: "1 to \(count)")
        }
        var scores = importer.cast(try operation.required(1), to: .f32, operation)
        let isPlain = operation.op == "MoE"
        if isPlain { scores = importer.helper("Softmax", operation, [scores], ["axis": .int(-1)]) }
        let outputs = ["shares", "chosen"].map { importer.uniqueValue("\(operation.name)/\($0)") }
        importer.emit(
            "TopK", operation, [scores, importer.integers([best])], ["axis": .int(-1)], outputs: outputs,
            name: importer.uniqueNode("\(operation.name)/TopK"))
        var shares = outputs[0]
        if !isPlain {
            guard let given = operation.input(14) else {
                return (importer.helper("Softmax", operation, [shares], ["axis": .int(-1)]), outputs[1])
            }
            try importer.expect(given, try importer.shape(scores))
            let wide = importer.cast(given, to: .f32, operation)
            shares = importer.helper("GatherElements", operation, [wide, outputs[1]], ["axis": .int(1)])
        }
        guard try operation.int("normalize_routing_weights", default: 0) != 0 else { return (shares, outputs[1]) }
        let sum = importer.helper("ReduceSum", operation, [shares, importer.integers([1])], ["keepdims": .int(1)])
        return (importer.helper("Div", operation, [shares, sum]), outputs[1])
    }
}

/// Where tokens and experts' answers lie.
private struct ExpertPlaces {
    /// 1 where a token chose an expert `[T, experts]`.
    private let hits: String
    /// For each choice of a token the row of the answer to it `[T, k]`.
    let answers: String

    init(_ importer: inout ONNXImporter, _ operation: ONNXOperation, _ scores: String, _ chosen: String) {
        let none = importer.helper(
            "ConstantOfShape", operation, [importer.helper("Shape", operation, [scores])], ["value": .int(0)])
        let ones = importer.helper(
            "ConstantOfShape", operation, [importer.helper("Shape", operation, [chosen])], ["value": .int(1)])
        hits = importer.helper("ScatterElements", operation, [none, chosen, ones], ["axis": .int(1)])
        let exclusive: [String: Attribute] = ["exclusive": .int(1)]
        let before = importer.helper("CumSum", operation, [hits, importer.integers([0], shape: [])], exclusive)
        let counts = importer.helper(
            "ReduceSum", operation, [hits, importer.integers([0])], ["keepdims": .int(1)])
        let starts = importer.helper("CumSum", operation, [counts, importer.integers([1], shape: [])], exclusive)
        let places = importer.helper("Add", operation, [before, starts])
        answers = importer.helper("GatherElements", operation, [places, chosen], ["axis": .int(1)])
    }

    /// The tokens that chose an expert, in their order.
    func tokens(of expert: Int, _ importer: inout ONNXImporter, _ operation: ONNXOperation) -> String {
        let column = importer.helper(
            "Gather", operation, [hits, importer.integers([expert], shape: [])], ["axis": .int(1)])
        let found = importer.helper("NonZero", operation, [column])
        return importer.helper("Reshape", operation, [found, importer.integers([-1])])
    }
}
