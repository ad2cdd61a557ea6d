import PackCore

extension ShapeRules {
    /// Elementwise functions, comparisons, selection and movement of elements of any type.
    static let elements = merge([
        rules(["BitShift", "BitwiseAnd", "BitwiseOr", "BitwiseXor"], bitwise),
        rules(["ScatterElements", "Scatter", "ScatterND"], scatter),
        [
            "BitwiseNot": bitwiseNot, "Shrink": shrink, "GatherND": gatherND, "OneHot": oneHot, "Unique": unique,
            "Compress": compress, "ReverseSequence": reverseSequence, "EyeLike": eyeLike, "Pad": pad,
            "Det": determinant, "Einsum": einsum,
        ],
    ])

    @Sendable private static func bitwise(_ op: Operands) throws(GraphError) -> [Inferred] {
        try op.expect(inputs: 2...2)
        let type = try op.integer(0)
        try op.expect(type.dtype, input: 1)
        return [Inferred(type.dtype, try op.broadcastAll())]
    }

    @Sendable private static func bitwiseNot(_ op: Operands) throws(GraphError) -> [Inferred] {
        try op.expect(inputs: 1...1)
        return [Inferred(try op.integer(0))]
    }

    @Sendable private static func shrink(_ op: Operands) throws(GraphError) -> [Inferred] {
        try op.expect(inputs: 1...1)
        return [Inferred(try op.float(0))]
    }

    @Sendable private static func scatter(_ op: Operands) throws(GraphError) -> [Inferred] {
        try op.expect(inputs: 3...3)
        let type = try op.type(0)
        _ = try op.integer(1)
        try op.expect(type.dtype, input: 2)
        return [Inferred(type)]
    }

    @Sendable private static func gatherND(_ op: Operands) throws(GraphError) -> [Inferred] {
        try op.expect(inputs: 2...2)
        let data = try op.type(0)
        let indices = try op.integer(1)
        let batch = try op.node.int("batch_dims", default: 0)
        guard let length = indices.shape.last?.constant else { return [Inferred(nil)] }
        guard batch >= 0, batch < indices.shape.count, length <= data.shape.count - batch else {
            throw op.fault(
                .wrongShape, input: 1, found: "\(indices), \(batch) batch axes", expected: "tuples into \(data)")
        }
        return [Inferred(data.dtype, Array(indices.shape.dropLast()) + data.shape[(batch + length)...])]
    }

    @Sendable private static func oneHot(_ op: Operands) throws(GraphError) -> [Inferred] {
        try op.expect(inputs: 3...3)
        var shape = try op.type(0).shape
        let axis = try op.axis(default: -1, rank: shape.count + 1)
        let depth =
            op.numbers(1)?.first ?? op.constants[1]?.scalarFloat.flatMap { Int(exactly: $0.rounded(.towardZero)) }
        if let depth, depth <= 0 {
            throw op.fault(.wrongShape, input: 1, found: "depth \(depth)", expected: "1 or more")
        }
        shape.insert(depth.map(Dimension.constant) ?? op.content(1)?.first ?? op.unknown(axis: axis), at: axis)
        return [Inferred(try op.type(2).dtype, shape)]
    }

    @Sendable private static func unique(_ op: Operands) throws(GraphError) -> [Inferred] {
        try op.expect(inputs: 1...1, outputs: 1...4)
        let type = try op.type(0)
        var shape: [Dimension] = [op.unknown(axis: 0)]
        var inverse = type.shape.reduce(1, *)
        if op.node.attributes["axis"] != nil {
            let axis = try op.axis(default: 0, rank: type.shape.count)
            shape = type.shape
            shape[axis] = op.unknown(axis: axis)
            inverse = type.shape[axis]
            return named(type.dtype, shape, shape[axis], inverse)
        }
        return named(type.dtype, shape, shape[0], inverse)
    }

    private static func named(_ dtype: DType, _ shape: [Dimension], _ count: Dimension, _ inverse: Dimension)
        -> [Inferred]
    {
        [Inferred(dtype, shape), Inferred(.i64, [count]), Inferred(.i64, [inverse]), Inferred(.i64, [count])]
    }

    @Sendable private static func compress(_ op: Operands) throws(GraphError) -> [Inferred] {
        try op.expect(inputs: 2...2)
        let type = try op.type(0)
        try op.expect(.bool, input: 1)
        guard op.node.attributes["axis"] != nil else { return [Inferred(type.dtype, [op.unknown(axis: 0)])] }
        var shape = type.shape
        let axis = try op.axis(default: 0, rank: shape.count)
        shape[axis] = op.unknown(axis: axis)
        return [Inferred(type.dtype, shape)]
    }

    @Sendable private static func reverseSequence(_ op: Operands) throws(GraphError) -> [Inferred] {
        try op.expect(inputs: 2...2)
        let type = try op.type(0)
        _ = try op.integer(1)
        guard type.shape.count >= 2 else {
            throw op.fault(.wrongShape, input: 0, found: "\(type)", expected: "rank 2 or more")
        }
        return [Inferred(type)]
    }

    @Sendable private static func eyeLike(_ op: Operands) throws(GraphError) -> [Inferred] {
        try op.expect(inputs: 1...1)
        let type = try op.type(0)
        let code = try op.node.int("dtype", default: type.dtype.onnxCode)
        guard type.shape.count == 2, let dtype = DType(onnxCode: code) else {
            throw op.fault(.wrongShape, input: 0, found: "\(type), dtype \(code)", expected: "a matrix, a known type")
        }
        return [Inferred(dtype, type.shape)]
    }

    @Sendable private static func determinant(_ op: Operands) throws(GraphError) -> [Inferred] {
        try op.expect(inputs: 1...1)
        let type = try op.float(0)
        guard type.shape.count >= 2 else {
            throw op.fault(.wrongShape, input: 0, found: "\(type)", expected: "square matrices")
        }
        _ = try op.same(type.shape[type.shape.count - 1], type.shape[type.shape.count - 2], "rows and columns")
        return [Inferred(type.dtype, Array(type.shape.dropLast(2)))]
    }
}
