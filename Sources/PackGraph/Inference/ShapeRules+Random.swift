import PackCore

extension ShapeRules {
    /// Pseudo-random numbers, f32. Attributes: `low` and `high`, or `mean` and `scale`; the `seed`, an integer, from which all
    /// numbers follow. Nodes with equal seeds give equal numbers.
    static let random: [String: ShapeRule] = [
        "RandomUniform": shaped, "RandomNormal": shaped, "RandomUniformLike": like, "RandomNormalLike": like,
    ]

    @Sendable private static func shaped(_ op: Operands) throws(GraphError) -> [Inferred] {
        try op.expect(inputs: 0...0)
        let shape = try op.node.ints("shape") ?? []
        guard shape.allSatisfy({ $0 >= 0 }) else {
            throw op.fault(.wrongAttribute, found: "shape \(shape)", expected: "extents of 0 or more")
        }
        return [Inferred(.f32, shape.map(Dimension.constant))]
    }

    /// The shape of the input, of which no element is read.
    @Sendable private static func like(_ op: Operands) throws(GraphError) -> [Inferred] {
        try op.expect(inputs: 1...1)
        return [Inferred(.f32, try op.type(0).shape)]
    }
}
