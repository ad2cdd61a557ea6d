import PackCore

extension ShapeRules {
    /// Normalizations over images and along single axes.
    static let channelNormalizations = merge([
        ["InstanceNormalization": perChannel, "GroupNormalization": perChannel, "LRN": neighbours],
        ["LpNormalization": alongOne, "MeanVarianceNormalization": overAxes],
    ])

    @Sendable private static func perChannel(_ op: Operands) throws(GraphError) -> [Inferred] {
        try op.expect(inputs: 3...3)
        let x = try op.float(0)
        guard x.shape.count >= 2 else {
            throw op.fault(.wrongShape, input: 0, found: "\(x)", expected: "rank 2 or more")
        }
        let groups = op.node.op == "GroupNormalization" ? try op.node.int("num_groups", default: 0) : nil
        if let groups {
            guard groups >= 1, (x.shape[1].constant ?? groups) % groups == 0 else {
                throw op.fault(.wrongAttribute, found: "num_groups \(groups)", expected: "a divisor of \(x.shape[1])")
            }
        }
        for index in 1...2 {
            let vector = try op.float(index)
            guard vector.shape.count == 1 else {
                throw op.fault(.wrongShape, input: index, found: "\(vector)", expected: "a list")
            }
            // Before opset 21 groups had the scales, not channels.
            if let groups, vector.shape[0] == .constant(groups) { continue }
            _ = try op.same(vector.shape[0], x.shape[1], "channels")
        }
        return [Inferred(x)]
    }

    @Sendable private static func neighbours(_ op: Operands) throws(GraphError) -> [Inferred] {
        try op.expect(inputs: 1...1)
        let x = try op.float(0)
        let size = try op.node.int("size", default: 0)
        guard x.shape.count >= 2 else {
            throw op.fault(.wrongShape, input: 0, found: "\(x)", expected: "rank 2 or more")
        }
        guard size >= 1, size < WindowAttributes.limit else {
            throw op.fault(.wrongAttribute, found: "size \(size)", expected: "1 or more")
        }
        return [Inferred(x)]
    }

    @Sendable private static func alongOne(_ op: Operands) throws(GraphError) -> [Inferred] {
        try op.expect(inputs: 1...1)
        let x = try op.float(0)
        _ = try op.axis(default: -1, rank: x.shape.count)
        guard (1...2).contains(try op.node.int("p", default: 2)) else {
            throw op.fault(.wrongAttribute, found: "p other than 1 and 2", expected: "1 or 2")
        }
        return [Inferred(x)]
    }

    @Sendable private static func overAxes(_ op: Operands) throws(GraphError) -> [Inferred] {
        try op.expect(inputs: 1...1)
        let x = try op.float(0)
        _ = try op.axes(try op.node.ints("axes") ?? [0, 2, 3], rank: x.shape.count)
        return [Inferred(x)]
    }
}
