import PackCore

extension ShapeRules {
    /// Matrix products.
    static let products: [String: ShapeRule] = ["MatMul": matMul, "Gemm": gemm]

    @Sendable private static func matMul(_ op: Operands) throws(GraphError) -> [Inferred] {
        try op.expect(inputs: 2...2)
        let left = try op.type(0)
        let right = try op.type(1)
        try op.expect(left.dtype, input: 1)
        return [Inferred(left.dtype, try matMulShape(op, left, right))]
    }

    /// The shape of a product.
    static func matMulShape(
        _ op: Operands, _ left: TensorType, _ right: TensorType
    ) throws(GraphError) -> [Dimension] {
        guard !left.shape.isEmpty, !right.shape.isEmpty else {
            throw op.fault(.wrongShape, found: "\(left) and \(right)", expected: "a rank of 1 or more")
        }
        // A vector on the left gets a leading 1, on the right a trailing one; both vanish again.
        let a = left.shape.count == 1 ? [1] + left.shape : left.shape
        let b = right.shape.count == 1 ? right.shape + [1] : right.shape
        _ = try op.same(a[a.count - 1], b[b.count - 2], "inner dimensions of \(left.shape) and \(right.shape)")
        var shape = try op.broadcast(Array(a.dropLast(2)), Array(b.dropLast(2)))
        if left.shape.count > 1 { shape.append(a[a.count - 2]) }
        if right.shape.count > 1 { shape.append(b[b.count - 1]) }
        return shape
    }

    @Sendable private static func gemm(_ op: Operands) throws(GraphError) -> [Inferred] {
        try op.expect(inputs: 2...3)
        let a = try matrix(op, 0, transposed: "transA")
        let b = try matrix(op, 1, transposed: "transB")
        let dtype = try op.type(0).dtype
        try op.expect(dtype, input: 1)
        _ = try op.same(a[1], b[0], "inner dimensions of \(a) and \(b)")
        let shape = [a[0], b[1]]
        if let c = op.optional(2) {
            try op.expect(dtype, input: 2)
            guard try op.broadcast(shape, c.shape).count == 2 else {
                throw op.fault(.wrongShape, input: 2, found: "\(c)", expected: "a shape that stretches to \(shape)")
            }
        }
        return [Inferred(dtype, shape)]
    }

    private static func matrix(
        _ op: Operands, _ index: Int, transposed attribute: String
    ) throws(GraphError) -> [Dimension] {
        let type = try op.type(index)
        guard type.shape.count == 2 else {
            throw op.fault(.wrongShape, input: index, found: "\(type)", expected: "a matrix")
        }
        return try op.node.int(attribute, default: 0) == 0 ? type.shape : type.shape.reversed()
    }
}
