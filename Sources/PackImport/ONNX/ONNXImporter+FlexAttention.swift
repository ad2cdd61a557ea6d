import PackCore
import PackFormats
import PackGraph

extension ONNXImporter {
    /// Attention over `[batch, heads, sequence, size]` whose scores and weights are changed by graphs of its own.
    mutating func flexAttention(_ operation: ONNXOperation, _ scope: ONNXScope) throws(ONNXRefusal) {
        var parts = try AttentionParts(&self, operation)
        try parts.shareHeads(&self, operation)
        let dtype = graph.types[parts.query]?.dtype ?? .f32
        let size = try known(parts.query, axis: 3)
        let scale = try operation.float("scale") ?? 1 / Float(size).squareRoot()
        let root = scalar(scale.squareRoot(), like: parts.query, operation)
        let query = helper("Mul", operation, [parts.query, root])
        let turned = helper("Transpose", operation, [parts.key], ["perm": .ints([0, 1, 3, 2])])
        let keys = helper("Mul", operation, [turned, root])
        let standard: DType = dtype == .f64 ? .f64 : .f32
        let code = try operation.int("softmax_precision", default: standard.onnxCode)
        let precise = DType(onnxCode: code) ?? standard
        var scores = cast(helper("MatMul", operation, [query, keys]), to: precise, operation)
        scores = try changed(scores, by: "score_mod", 0, operation, scope)
        let softmax = helper("Softmax", operation, [scores], ["axis": .int(-1)])
        let weights = try changed(softmax, by: "prob_mod", 1, operation, scope)
        let mixed = helper("MatMul", operation, [weights, cast(parts.value, to: precise, operation)])
        give(cast(mixed, to: dtype, operation), as: 0, of: operation)
    }

    /// What a graph of one input and one output makes of a value; the value itself where there is no graph.
    private mutating func changed(
        _ value: String, by name: String, _ number: Int, _ operation: ONNXOperation, _ scope: ONNXScope
    ) throws(ONNXRefusal) -> String {
        guard case .graph(let change)? = operation.attributes[name] else { return value }
        let made = try turn(change, [value], "\(number)/", operation, scope)
        guard made.count == 1 else {
            throw ONNXRefusal(.invalid, found: "\(made.count) outputs of \(name)", expected: "one")
        }
        return made[0]
    }
}
