import PackCore

extension ShapeRules {
    /// Operators that keep the elements and change the shape.
    static let reshaping: [String: ShapeRule] = [
        "Reshape": reshape, "Flatten": flatten, "Squeeze": squeeze, "Unsqueeze": unsqueeze, "Transpose": transpose,
    ]

    @Sendable private static func reshape(_ op: Operands) throws(GraphError) -> [Inferred] {
        try op.expect(inputs: 2...2)
        let type = try op.type(0)
        let target = try op.integer(1)
        guard target.shape.count == 1 else {
            throw op.fault(.wrongShape, input: 1, found: "\(target)", expected: "a list")
        }
        guard let entries = op.content(1) else {
            guard let rank = target.shape[0].constant, rank <= Graph.contentLimit else { return [Inferred(nil)] }
            return [Inferred(type.dtype, (0..<rank).map { op.unknown(axis: $0) })]
        }
        return [Inferred(type.dtype, try resolved(op, type.shape, entries), contents: op.content(0))]
    }

    /// The target shape with 0 (copied from the source) and −1 (whatever remains) filled in.
    private static func resolved(
        _ op: Operands, _ source: [Dimension], _ entries: [Dimension]
    ) throws(GraphError) -> [Dimension] {
        let copiesZero = try op.node.int("allowzero", default: 0) == 0
        var shape: [Dimension] = []
        var open: Int?
        for (axis, entry) in entries.enumerated() {
            guard entry.constant ?? 0 >= -1, entry != -1 || open == nil else {
                throw op.fault(.wrongShape, input: 1, found: "\(entries)", expected: "sizes, 0, and at most one -1")
            }
            if entry == -1 { open = axis }
            if entry == 0, copiesZero {
                guard axis < source.count else {
                    throw op.fault(
                        .wrongShape, input: 1, found: "0 at position \(axis)",
                        expected: "0 only within the rank of \(source)")
                }
                shape.append(source[axis])
            } else {
                shape.append(entry == -1 ? 1 : entry)
            }
        }
        let total = source.reduce(1, *)
        let known = shape.reduce(1, *)
        if let open {
            shape[open] = try remainder(op, total, known, source, entries)
        } else if differ(total, known) {
            throw op.fault(.wrongShape, input: 1, found: "\(entries)", expected: "as many elements as \(source) has")
        }
        return shape
    }

    private static func remainder(
        _ op: Operands, _ total: Dimension, _ known: Dimension, _ source: [Dimension], _ entries: [Dimension]
    ) throws(GraphError) -> Dimension {
        let quotient = total / known
        if known == 0 || quotient.constant != nil && quotient * known != total {
            throw op.fault(
                .wrongShape, input: 1, found: "\(entries)", expected: "a divisor of the elements of \(source)")
        }
        return quotient
    }

    /// Whether two products are known to differ: by a fixed number, or, over the same symbols, by a fixed ratio.
    private static func differ(_ total: Dimension, _ known: Dimension) -> Bool {
        if total == known { return false }
        return (total - known).constant != nil || known != 0 && (total / known).constant != nil
    }

    @Sendable private static func flatten(_ op: Operands) throws(GraphError) -> [Inferred] {
        try op.expect(inputs: 1...1)
        let type = try op.type(0)
        let given = try op.node.int("axis", default: 1)
        let axis = given < 0 ? try op.axis(given, rank: type.shape.count) : given
        guard axis <= type.shape.count else {
            throw op.fault(.wrongAttribute, found: "axis \(axis)", expected: "at most the rank \(type.shape.count)")
        }
        return [Inferred(type.dtype, [type.shape[..<axis].reduce(1, *), type.shape[axis...].reduce(1, *)])]
    }

    @Sendable private static func squeeze(_ op: Operands) throws(GraphError) -> [Inferred] {
        try op.expect(inputs: 1...2)
        let type = try op.type(0)
        var axes = type.shape.indices.filter { type.shape[$0] == 1 }
        if let given = try op.list(input: 1, attribute: "axes") {
            guard let list = given else {
                guard let count = try op.type(1).shape.first?.constant, count <= type.shape.count else {
                    return [Inferred(nil)]
                }
                return [Inferred(type.dtype, (0..<type.shape.count - count).map { op.unknown(axis: $0) })]
            }
            axes = try op.axes(list, rank: type.shape.count)
        }
        for axis in axes {
            if let extent = type.shape[axis].constant, extent != 1 {
                throw op.fault(.wrongShape, input: 0, found: "\(type)", expected: "extent 1 on axis \(axis)")
            }
        }
        let shape = type.shape.indices.filter { !axes.contains($0) }.map { type.shape[$0] }
        return [Inferred(type.dtype, shape, contents: op.content(0))]
    }

    @Sendable private static func unsqueeze(_ op: Operands) throws(GraphError) -> [Inferred] {
        try op.expect(inputs: 1...2)
        let type = try op.type(0)
        guard let given = try op.list(input: 1, attribute: "axes") else {
            throw op.fault(.wrongAttribute, found: "no axes", expected: "axes")
        }
        guard let list = given else {
            guard let count = try op.type(1).shape.first?.constant, count <= Graph.contentLimit else {
                return [Inferred(nil)]
            }
            return [Inferred(type.dtype, (0..<type.shape.count + count).map { op.unknown(axis: $0) })]
        }
        var shape = type.shape
        for axis in try op.axes(list, rank: type.shape.count + list.count) { shape.insert(1, at: axis) }
        return [Inferred(type.dtype, shape, contents: op.content(0))]
    }

    @Sendable private static func transpose(_ op: Operands) throws(GraphError) -> [Inferred] {
        try op.expect(inputs: 1...1)
        let type = try op.type(0)
        let order = try op.node.ints("perm") ?? Array(type.shape.indices.reversed())
        guard order.sorted() == Array(type.shape.indices) else {
            throw op.fault(
                .wrongAttribute, found: "perm \(order)", expected: "a permutation of \(type.shape.count) axes")
        }
        return [Inferred(type.dtype, order.map { type.shape[$0] }, contents: op.content(0))]
    }
}
