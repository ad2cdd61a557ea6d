import PackCore

extension ShapeRules {
    /// Operators of `FusedOperator`. Their constants may be of narrower floating-point types than what is computed.
    static let fused: [String: ShapeRule] = [
        "Linear": linear, "Attention": attention, "Embed": embed, "MaskedMean": masked, "MaskedMax": masked,
        "L2Normalize": normalize,
    ]

    /// What `activation` of Linear may be.
    static let activations = ["none", "relu", "gelu", "gelu_tanh", "tanh"]

    @Sendable private static func linear(_ op: Operands) throws(GraphError) -> [Inferred] {
        try op.expect(inputs: 2...4)
        let x = try op.float(0)
        let w = try op.float(1)
        guard let inner = x.shape.last, w.shape.count == 2 else {
            throw op.fault(.wrongShape, found: "\(x) and \(w)", expected: "[…, K] and a matrix")
        }
        let transposed = try op.node.int("transposed", default: 0) != 0
        _ = try op.same(inner, w.shape[transposed ? 1 : 0], "inner dimensions of \(x) and \(w)")
        let shape = x.shape.dropLast() + [w.shape[transposed ? 0 : 1]]
        try expect(op, input: 2, shape: Array(shape.suffix(1)))
        try expect(op, input: 3, shape: Array(shape))
        let activation = try op.node.string("activation", default: "none")
        guard activations.contains(activation) else {
            throw op.fault(
                .wrongAttribute, found: "activation \(activation)", expected: activations.joined(separator: ", "))
        }
        return [Inferred(x.dtype, Array(shape))]
    }

    /// Checks an optional floating-point input against a shape.
    private static func expect(_ op: Operands, input index: Int, shape: [Dimension]) throws(GraphError) {
        guard op.optional(index) != nil else { return }
        let type = try op.float(index)
        guard type.shape.count == shape.count else {
            throw op.fault(.wrongShape, input: index, found: "\(type)", expected: "shape \(shape)")
        }
        for (found, wanted) in zip(type.shape, shape) {
            _ = try op.same(found, wanted, "dimensions of \(type) and \(shape)")
        }
    }

    @Sendable private static func attention(_ op: Operands) throws(GraphError) -> [Inferred] {
        try op.expect(inputs: 1...4)
        let query = try op.float(0)
        let packed = op.optional(1) == nil && op.optional(2) == nil
        guard query.shape.count == 3 else {
            throw op.fault(.wrongShape, input: 0, found: "\(query)", expected: "[batch, sequence, width]")
        }
        let width = packed ? query.shape[2] / 3 : query.shape[2]
        if !packed {
            for index in 1...2 { try expect(op, input: index, shape: query.shape) }
        }
        let heads = try op.node.int("heads", default: 0)
        guard heads > 0, packed ? width * 3 == query.shape[2] : true, width.constant.map({ $0 % heads == 0 }) ?? true
        else {
            throw op.fault(
                .wrongAttribute, found: "\(heads) heads over \(query)", expected: "heads that divide the width")
        }
        try expectMask(op, input: 3, shape: Array(query.shape[..<2]))
        return [Inferred(query.dtype, Array(query.shape[..<2]) + [width])]
    }

    private static func expectMask(_ op: Operands, input index: Int, shape: [Dimension]) throws(GraphError) {
        guard let mask = op.optional(index) else { return }
        guard mask.dtype == .i64, mask.shape.count == 2 else {
            throw op.fault(.wrongType, input: index, found: "\(mask)", expected: "i64\(shape)")
        }
        for (found, wanted) in zip(mask.shape, shape) {
            _ = try op.same(found, wanted, "dimensions of mask and operand")
        }
    }

    @Sendable private static func embed(_ op: Operands) throws(GraphError) -> [Inferred] {
        try op.expect(inputs: 7...7)
        let ids = try op.integer(0)
        guard ids.shape.count == 2 else {
            throw op.fault(.wrongShape, input: 0, found: "\(ids)", expected: "[batch, sequence]")
        }
        try expectMask(op, input: 1, shape: ids.shape)
        let words = try op.float(2)
        guard words.shape.count == 2 else {
            throw op.fault(.wrongShape, input: 2, found: "\(words)", expected: "[vocabulary, width]")
        }
        for index in [3, 4] {
            guard let table = op.optional(index) else { continue }
            guard let rows = table.shape.first else {
                throw op.fault(.wrongShape, input: index, found: "\(table)", expected: "[rows, width]")
            }
            try expect(op, input: index, shape: [rows, words.shape[1]])
        }
        for index in [5, 6] { try expect(op, input: index, shape: [words.shape[1]]) }
        return [Inferred(.f32, ids.shape + [words.shape[1]])]
    }

    @Sendable private static func masked(_ op: Operands) throws(GraphError) -> [Inferred] {
        try op.expect(inputs: 2...2)
        let x = try op.float(0)
        guard x.shape.count == 3 else {
            throw op.fault(.wrongShape, input: 0, found: "\(x)", expected: "[batch, sequence, width]")
        }
        try expectMask(op, input: 1, shape: Array(x.shape[..<2]))
        return [Inferred(x.dtype, [x.shape[0], x.shape[2]])]
    }

    @Sendable private static func normalize(_ op: Operands) throws(GraphError) -> [Inferred] {
        try op.expect(inputs: 1...1)
        let x = try op.float(0)
        guard !x.shape.isEmpty else {
            throw op.fault(.wrongShape, input: 0, found: "\(x)", expected: "rank 1 or more")
        }
        return [Inferred(x)]
    }
}
