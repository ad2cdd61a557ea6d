import PackCore

extension ShapeRules {
    /// Operators that fold axes, or run along one.
    static let reductions = merge([
        rules(
            [
                "ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL1", "ReduceL2",
                "ReduceSumSquare",
                "ReduceLogSum", "ReduceLogSumExp",
            ], reduce),
        rules(["ArgMax", "ArgMin"], argument),
        rules(["Softmax", "LogSoftmax", "Hardmax"], alongAxis),
        ["CumSum": cumulative, "CumProd": cumulative, "TopK": topK],
    ])

    @Sendable private static func reduce(_ op: Operands) throws(GraphError) -> [Inferred] {
        try op.expect(inputs: 1...2)
        let type = try op.type(0)
        let keep = try op.node.int("keepdims", default: 1) != 0
        guard let given = try op.list(input: 1, attribute: "axes") else {
            let noop = try op.node.int("noop_with_empty_axes", default: 0) != 0
            return [noop ? Inferred(type) : folded(op, type, Array(type.shape.indices), keep)]
        }
        guard let list = given else {
            guard let rank = try unknownRank(op, type.shape.count, keep) else { return [Inferred(nil)] }
            return [Inferred(type.dtype, (0..<rank).map { op.unknown(axis: $0) })]
        }
        if list.isEmpty, try op.node.int("noop_with_empty_axes", default: 0) != 0 { return [Inferred(type)] }
        let axes = list.isEmpty ? Array(type.shape.indices) : try op.axes(list, rank: type.shape.count)
        return [folded(op, type, axes, keep)]
    }

    /// The rank of the result where axes are computed; `nil` if not even their number is known.
    private static func unknownRank(_ op: Operands, _ rank: Int, _ keep: Bool) throws(GraphError) -> Int? {
        if keep { return rank }
        guard let count = try op.type(1).shape.first?.constant, count <= rank else { return nil }
        if count > 0 { return rank - count }
        return try op.node.int("noop_with_empty_axes", default: 0) != 0 ? rank : 0
    }

    private static func folded(_ op: Operands, _ type: TensorType, _ axes: [Int], _ keep: Bool) -> Inferred {
        var shape: [Dimension] = []
        for (axis, dimension) in type.shape.enumerated() {
            if !axes.contains(axis) { shape.append(dimension) } else if keep { shape.append(1) }
        }
        var contents: [Dimension]?
        if op.node.op == "ReduceProd", type.shape.count == 1, let factors = op.content(0) {
            contents = [factors.reduce(1, *)]
        }
        return Inferred(type.dtype, shape, contents: contents)
    }

    @Sendable private static func argument(_ op: Operands) throws(GraphError) -> [Inferred] {
        try op.expect(inputs: 1...1)
        var shape = try op.type(0).shape
        let axis = try op.axis(default: 0, rank: max(shape.count, 1))
        if shape.isEmpty { return [Inferred(.i64, [])] }
        if try op.node.int("keepdims", default: 1) != 0 { shape[axis] = 1 } else { shape.remove(at: axis) }
        return [Inferred(.i64, shape)]
    }

    @Sendable private static func alongAxis(_ op: Operands) throws(GraphError) -> [Inferred] {
        try op.expect(inputs: 1...1)
        let type = try op.float(0)
        _ = try op.axis(default: -1, rank: type.shape.count)
        return [Inferred(type)]
    }

    @Sendable private static func cumulative(_ op: Operands) throws(GraphError) -> [Inferred] {
        try op.expect(inputs: 2...2)
        let type = try op.type(0)
        _ = try op.integer(1)
        if let axis = op.numbers(1) {
            guard axis.count == 1 else {
                throw op.fault(.wrongShape, input: 1, found: "\(axis.count) axes", expected: "one axis")
            }
            _ = try op.axis(axis[0], rank: type.shape.count)
        }
        return [Inferred(type)]
    }

    @Sendable private static func topK(_ op: Operands) throws(GraphError) -> [Inferred] {
        try op.expect(inputs: 2...2, outputs: 1...2)
        let type = try op.type(0)
        _ = try op.integer(1)
        var shape = type.shape
        let axis = try op.axis(default: -1, rank: shape.count)
        if let count = op.content(1), count.count == 1 {
            if let wanted = count[0].constant, let extent = shape[axis].constant, !(0...max(0, extent)).contains(wanted)
            {
                throw op.fault(.wrongShape, input: 1, found: "k = \(wanted)", expected: "0 to \(extent)")
            }
            shape[axis] = count[0]
        } else {
            shape[axis] = op.unknown(axis: axis)
        }
        return [Inferred(type.dtype, shape), Inferred(.i64, shape)]
    }
}
