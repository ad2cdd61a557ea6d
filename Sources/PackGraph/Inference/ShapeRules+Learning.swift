import PackCore

extension ShapeRules {
    /// Models that were learned otherwise than by gradients, as importers write them; no file's own operators.
    static let learning: [String: ShapeRule] = [
        "TreeScores": trees, "SVMKernel": kernel, "PairwiseProbability": pairs,
    ]

    private static func matrix(_ op: Operands, _ index: Int, _ dtypes: [DType]) throws(GraphError) -> TensorType {
        let type = try op.type(index)
        guard dtypes.contains(type.dtype), type.shape.count == 2 else {
            throw op.fault(
                .wrongType, input: index, found: "\(type)",
                expected: "a matrix of " + dtypes.map { "\($0.name)" }.joined(separator: " or "))
        }
        return type
    }

    /// x, nodes, roots, weights, what is added to each target or absent.
    @Sendable private static func trees(_ op: Operands) throws(GraphError) -> [Inferred] {
        try op.expect(inputs: 4...5)
        let x = try matrix(op, 0, [.f32, .f64])
        _ = try matrix(op, 1, [.u32])
        try op.expect(.u32, input: 2)
        _ = try matrix(op, 3, [.u32])
        let targets = try op.node.int("targets", default: 1)
        guard targets >= 1 else {
            throw op.fault(.wrongAttribute, found: "\(targets) targets", expected: "1 or more")
        }
        return [Inferred(x.dtype, [x.shape[0], .constant(targets)])]
    }

    @Sendable private static func kernel(_ op: Operands) throws(GraphError) -> [Inferred] {
        try op.expect(inputs: 2...2)
        let x = try matrix(op, 0, [.f32])
        let vectors = try matrix(op, 1, [.f32])
        _ = try op.same(x.shape[1], vectors.shape[1], "features")
        return [Inferred(.f32, [x.shape[0], vectors.shape[0]])]
    }

    @Sendable private static func pairs(_ op: Operands) throws(GraphError) -> [Inferred] {
        try op.expect(inputs: 3...3)
        let scores = try matrix(op, 0, [.f32])
        let classes = try op.node.int("classes", default: 2)
        guard classes >= 2, classes <= 4096 else {
            throw op.fault(.wrongAttribute, found: "\(classes) classes", expected: "2 to 4096")
        }
        _ = try op.same(scores.shape[1], .constant(classes * (classes - 1) / 2), "pairs")
        return [Inferred(.f32, [scores.shape[0], .constant(classes)])]
    }
}
