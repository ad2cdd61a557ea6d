import PackCore

extension ShapeRules {
    /// Operators of `FusedOperator`. Their constants may be of narrower floating-point types than what is computed.
    static let fused: [String: ShapeRule] = [
        "Linear": linear, "Attention": attention, "Embed": embed, "MaskedMean": masked, "MaskedMax": masked,
        "L2Normalize": normalize, "Inverse": inverse,
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

    /// Extents of an operand of attention.
    private struct Rows {
        var batch, length, heads, size: Dimension
    }

    @Sendable private static func attention(_ op: Operands) throws(GraphError) -> [Inferred] {
        try op.expect(inputs: 1...4)
        let type = try op.float(0)
        let heads = try op.node.int("heads", default: 0)
        let shared = try op.node.int("kv_heads", default: heads)
        guard heads > 0, shared > 0, heads % shared == 0 else {
            throw op.fault(
                .wrongAttribute, found: "\(heads) heads for \(shared)", expected: "a multiple of at least 1")
        }
        guard try op.node.floats("hidden")?.count ?? 3 == 3 else {
            throw op.fault(.wrongAttribute, found: "attribute hidden", expected: "three numbers")
        }
        let packed = op.optional(1) == nil && op.optional(2) == nil
        guard !packed || shared == heads && type.shape.count == 3 else {
            throw op.fault(.wrongShape, input: 0, found: "\(type)", expected: "[batch, sequence, 3 · width]")
        }
        let q = try rows(op, input: 0, heads: heads, parts: packed ? 3 : 1)
        var length = q.length
        if !packed {
            for index in 1...2 {
                let other = try rows(op, input: index, heads: shared, parts: 1)
                _ = try op.same(other.batch, q.batch, "batches of query and input \(index)")
                _ = try op.same(other.size, q.size, "sizes of heads of query and input \(index)")
                length = index == 1 ? other.length : try op.same(other.length, length, "lengths of key and value")
            }
        }
        if try op.node.int("causal", default: 0) != 0, let own = q.length.constant, let all = length.constant, own > all
        {
            throw op.fault(.wrongShape, found: "\(own) queries, \(all) keys", expected: "at least as many keys")
        }
        try expectMask(op, input: 3, shape: [q.batch, length])
        let width = type.shape.count == 4 ? q.size * .constant(heads) : packed ? type.shape[2] / 3 : type.shape[2]
        return [Inferred(type.dtype, [q.batch, q.length, width])]
    }

    /// What an input of attention, some parts side by side, has.
    private static func rows(
        _ op: Operands, input index: Int, heads: Int, parts: Int
    ) throws(GraphError) -> Rows {
        let type = try op.float(index)
        let shape = type.shape
        if shape.count == 4 {
            _ = try op.same(shape[1], .constant(heads), "heads of input \(index)")
            return Rows(batch: shape[0], length: shape[2], heads: shape[1], size: shape[3])
        }
        guard shape.count == 3 else {
            throw op.fault(.wrongShape, input: index, found: "\(type)", expected: "[batch, sequence, width]")
        }
        let (count, overflow) = heads.multipliedReportingOverflow(by: parts)
        guard !overflow, shape[2].constant.map({ $0 % count == 0 }) ?? true else {
            throw op.fault(
                .wrongAttribute, found: "\(heads) heads over \(type)", expected: "heads that divide the width")
        }
        return Rows(batch: shape[0], length: shape[1], heads: .constant(heads), size: shape[2] / .constant(count))
    }

    @Sendable private static func inverse(_ op: Operands) throws(GraphError) -> [Inferred] {
        try op.expect(inputs: 1...1)
        let type = try op.float(0)
        guard type.shape.count >= 2 else {
            throw op.fault(.wrongShape, input: 0, found: "\(type)", expected: "square matrices")
        }
        _ = try op.same(type.shape[type.shape.count - 1], type.shape[type.shape.count - 2], "rows and columns")
        return [Inferred(type)]
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
