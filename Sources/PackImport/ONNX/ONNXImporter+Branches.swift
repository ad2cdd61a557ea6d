import PackCore
import PackFormats
import PackGraph

// Branches: one where the condition is known, else both and a choice among their results.
extension ONNXImporter {
    /// Puts a branch in the place of an If.
    mutating func inlineBranch(_ operation: ONNXOperation, _ scope: ONNXScope) throws(ONNXRefusal) {
        let condition = try operation.required(0)
        guard let known = number(condition) else { return try chooseBranch(operation, condition, scope) }
        let name = known != 0 ? "then_branch" : "else_branch"
        let made = try turn(try body(operation, name), [], "", operation, scope)
        for (index, value) in made.enumerated() { pass(value, as: index, of: operation) }
    }

    /// Adds both branches: nothing that they do lasts, so both may run, unless one can fail on what is meant for the other.
    private mutating func chooseBranch(
        _ operation: ONNXOperation, _ condition: String, _ scope: ONNXScope
    ) throws(ONNXRefusal) {
        func refuse(_ found: String) -> ONNXRefusal {
            ONNXRefusal(
                .unsupportedOperator, found: "a condition '\(condition)' that only running tells, and \(found)",
                expected: "a known condition, or branches that give values of equal types and cannot fail",
                hint: ONNXUnsupported.fixedPath, unknown: [.value(condition)])
        }
        let start = graph.nodes.count
        let before = problems.count
        let yes = try turn(try body(operation, "then_branch"), [], "then/", operation, scope)
        let no = try turn(try body(operation, "else_branch"), [], "else/", operation, scope)
        guard problems.count == before else { throw refuse("a branch with parts that cannot be run") }
        for node in graph.nodes[start...] where !cannotFail(node) {
            throw refuse("\(node.op) in a branch, which can fail")
        }
        guard yes.count == no.count, yes.count >= operation.outputs.count else {
            throw ONNXRefusal(.invalid, found: "\(yes.count) and \(no.count) results", expected: "equally many")
        }
        for index in operation.outputs.indices where operation.output(index) != nil {
            guard let left = graph.types[yes[index]], let right = graph.types[no[index]],
                sequences[yes[index]] == nil, sequences[no[index]] == nil, left == right
            else { throw refuse("results of the branches that differ in type or shape") }
        }
        let flag =
            graph.types[condition]?.shape == []
            ? condition : helper("Reshape", operation, [condition, integers([])])
        for index in operation.outputs.indices where operation.output(index) != nil {
            give(helper("Where", operation, [flag, yes[index], no[index]]), as: index, of: operation)
        }
    }

    /// Operators that give a result for all operands of their types.
    private static let total = Set(
        """
        Identity Cast Neg Abs Relu Sign Sqrt Reciprocal Exp Log Erf Tanh Sigmoid Floor Ceil Round Sin Cos Tan Asin Acos Atan \
        Sinh Cosh Asinh Acosh Atanh Gelu Elu Selu Celu Softplus Softsign HardSigmoid HardSwish LeakyRelu Mish ThresholdedRelu \
        IsNaN IsInf Not Add Sub Mul Pow Min Max Mean Sum PRelu And Or Xor Equal Less Greater LessOrEqual GreaterOrEqual Where \
        Clip MatMul Gemm Conv Softmax LogSoftmax LayerNormalization BatchNormalization InstanceNormalization Transpose Concat \
        Unsqueeze Flatten Shape Size ReduceMean ReduceSum ReduceProd ReduceMax ReduceMin ReduceL1 ReduceL2 ReduceSumSquare \
        AveragePool MaxPool GlobalAveragePool GlobalMaxPool Dropout
        """.split(whereSeparator: \.isWhitespace).map(String.init))
    /// Operators that do so where all operands but the first are known, so that inference has looked at them.
    private static let decided: Set<String> = [
        "Reshape", "Squeeze", "Expand", "Slice", "Tile", "Pad", "Gather", "Split", "GatherElements", "GatherND",
        "ConstantOfShape", "Range",
    ]

    /// Whether a node gives a result whatever its operands hold.
    private func cannotFail(_ node: Node) -> Bool {
        if node.op == "Div" { return graph.types[node.input(0) ?? ""]?.dtype.isFloat == true && agrees(node) }
        if Self.total.contains(node.op) { return agrees(node) }
        guard Self.decided.contains(node.op) else { return false }
        let from = node.op == "Range" || node.op == "ConstantOfShape" ? 0 : 1
        guard graph.types[node.input(0) ?? ""]?.constantShape != nil || from == 0 else { return false }
        return node.inputs.dropFirst(from).allSatisfy { $0.isEmpty || constant($0) != nil }
    }

    /// Whether the extents of operands agree whatever they turn out to be.
    private func agrees(_ node: Node) -> Bool {
        let shapes = node.inputs.filter { !$0.isEmpty }.map { graph.types[$0]?.shape ?? [.symbol("?")] }
        func isOpen(_ shape: [Dimension]) -> Bool { shape.contains { $0.constant == nil } }
        guard shapes.count > 1, shapes.contains(where: isOpen) else {
            // Windows must fit into what they move over.
            return !(node.op.hasSuffix("Pool") && !node.op.hasPrefix("Global") && shapes.contains(where: isOpen))
        }
        switch node.op {
        case "Conv", "BatchNormalization", "InstanceNormalization", "Concat": return false
        case "MatMul", "Gemm", "LayerNormalization":
            return !shapes.dropFirst().contains(where: isOpen) && shapes[0].last?.constant != nil
        default: break
        }
        // Stretched to one another: on each axis, counted from the last, one extent beside 1.
        for axis in 0..<(shapes.map(\.count).max() ?? 0) {
            let extents = Set(shapes.compactMap { $0.count > axis ? $0[$0.count - 1 - axis] : nil })
            guard extents.subtracting([.constant(1)]).count <= 1 else { return false }
        }
        return true
    }
}
