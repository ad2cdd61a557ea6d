import PackCore

extension ShapeRules {
    /// Pooling, and what undoes it.
    static let pooling = merge([
        ["MaxPool": pool, "AveragePool": pool, "LpPool": pool, "MaxUnpool": unpool],
        rules(["GlobalAveragePool", "GlobalMaxPool", "GlobalLpPool"], globalPool),
    ])

    @Sendable private static func pool(_ op: Operands) throws(GraphError) -> [Inferred] {
        try op.expect(inputs: 1...1, outputs: op.node.op == "MaxPool" ? 1...2 : 1...1)
        let x = try op.type(0)
        let codes = op.node.op == "MaxPool" && (x.dtype == .i8 || x.dtype == .u8)
        guard x.dtype.isFloat || codes else {
            throw op.fault(.wrongType, input: 0, found: "\(x)", expected: "a floating-point tensor")
        }
        guard x.shape.count >= 3 else {
            throw op.fault(.wrongShape, input: 0, found: "\(x)", expected: "rank 3 or more")
        }
        let window = try WindowAttributes(op.node, rank: x.shape.count - 2)
        if op.node.op == "LpPool", try op.node.int("p", default: 2) < 1 {
            throw op.fault(.wrongAttribute, found: "p below 1", expected: "1 or more")
        }
        var shape = Array(x.shape.prefix(2))
        for axis in 0..<x.shape.count - 2 { shape.append(try window.output(axis, of: x.shape[axis + 2], op.node)) }
        return [Inferred(x.dtype, shape), Inferred(.i64, shape)]
    }

    @Sendable private static func globalPool(_ op: Operands) throws(GraphError) -> [Inferred] {
        try op.expect(inputs: 1...1)
        let x = try op.float(0)
        guard x.shape.count >= 3 else {
            throw op.fault(.wrongShape, input: 0, found: "\(x)", expected: "rank 3 or more")
        }
        return [Inferred(x.dtype, x.shape.prefix(2) + x.shape.dropFirst(2).map { _ in 1 })]
    }

    @Sendable private static func unpool(_ op: Operands) throws(GraphError) -> [Inferred] {
        try op.expect(inputs: 2...3)
        let x = try op.float(0)
        try op.expect(.i64, input: 1)
        let indices = try op.type(1)
        guard x.shape.count >= 3, indices.shape.count == x.shape.count else {
            throw op.fault(.wrongShape, input: 1, found: "\(indices)", expected: "the shape of \(x)")
        }
        for axis in x.shape.indices { _ = try op.same(x.shape[axis], indices.shape[axis], "extents") }
        let window = try WindowAttributes(op.node, rank: x.shape.count - 2)
        if op.node.input(2) != nil {
            let shape = op.content(2) ?? x.shape.indices.map { op.unknown(axis: $0) }
            guard shape.count == x.shape.count else {
                throw op.fault(.wrongShape, input: 2, found: "\(shape)", expected: "\(x.shape.count) extents")
            }
            return [Inferred(x.dtype, shape)]
        }
        var shape = Array(x.shape.prefix(2))
        for axis in 0..<x.shape.count - 2 {
            let rest = window.kernel[axis] - window.strides[axis] - window.before[axis] - window.after[axis]
            shape.append(x.shape[axis + 2] * .constant(window.strides[axis]) + .constant(rest))
        }
        return [Inferred(x.dtype, shape)]
    }
}
