import PackCore

extension ShapeRules {
    /// Operators that make tensors of shapes, or stretch tensors to them.
    static let generation: [String: ShapeRule] = [
        "Shape": shape, "Size": size, "Range": range, "ConstantOfShape": filled, "Expand": expand, "Tile": tile,
    ]

    @Sendable private static func shape(_ op: Operands) throws(GraphError) -> [Inferred] {
        try op.expect(inputs: 1...1)
        let shape = try op.type(0).shape
        let start = clamp(try op.node.int("start", default: 0), shape.count)
        let end = clamp(try op.node.int("end", default: shape.count), shape.count)
        let part = start < end ? Array(shape[start..<end]) : []
        return [Inferred(.i64, [.constant(part.count)], contents: part)]
    }

    private static func clamp(_ axis: Int, _ rank: Int) -> Int {
        let (wrapped, overflow) = axis.addingReportingOverflow(axis < 0 ? rank : 0)
        return overflow ? 0 : min(max(wrapped, 0), rank)
    }

    @Sendable private static func size(_ op: Operands) throws(GraphError) -> [Inferred] {
        try op.expect(inputs: 1...1)
        return [Inferred(.i64, [], contents: [try op.type(0).shape.reduce(1, *)])]
    }

    @Sendable private static func range(_ op: Operands) throws(GraphError) -> [Inferred] {
        try op.expect(inputs: 3...3)
        let type = try op.type(0)
        for index in 0..<3 {
            try op.expect(type.dtype, input: index)
            guard try op.type(index).shape.allSatisfy({ $0 == 1 }) else {
                throw op.fault(.wrongShape, input: index, found: "\(try op.type(index))", expected: "a scalar")
            }
        }
        guard let start = op.content(0)?.first, let limit = op.content(1)?.first,
            let step = op.content(2)?.first?.constant
        else {
            return [Inferred(type.dtype, [floatRangeLength(op) ?? op.unknown(axis: 0)])]
        }
        guard step != 0 else {
            throw op.fault(.wrongShape, input: 2, found: "step 0", expected: "a step other than 0")
        }
        let distance = step > 0 ? limit - start : start - limit
        let stride = Dimension.constant(Int(clamping: step.magnitude))
        let length = Dimension.max((distance + stride - 1) / stride, 0)
        return [Inferred(type.dtype, [length], contents: listed(start, length, step))]
    }

    private static func listed(_ start: Dimension, _ length: Dimension, _ step: Int) -> [Dimension]? {
        guard let count = length.constant, (0...Graph.contentLimit).contains(count) else { return nil }
        return (0..<count).map { start + .constant($0) * .constant(step) }
    }

    private static func floatRangeLength(_ op: Operands) -> Dimension? {
        let bounds = op.constants.compactMap { $0?.scalarFloat }
        guard bounds.count == 3, bounds[2] != 0 else { return nil }
        let length = ((Double(bounds[1]) - Double(bounds[0])) / Double(bounds[2])).rounded(.up)
        return Int(exactly: max(0, length)).map(Dimension.constant)
    }

    /// ConstantOfShape. Attribute `value` is a tensor of one element, an integer (i64) or a float (f32, as where it is absent).
    @Sendable private static func filled(_ op: Operands) throws(GraphError) -> [Inferred] {
        try op.expect(inputs: 1...1)
        var dtype = DType.f32
        var contents: [Dimension]?
        let shape = try target(op, 0)
        var value: Int?
        if case .int(let integer) = op.node.attributes["value"] {
            dtype = .i64
            value = integer
        } else if case .tensor(let constant) = op.node.attributes["value"] {
            guard constant.count == 1 else {
                throw op.fault(.wrongAttribute, found: "value \(constant.shape)", expected: "one element")
            }
            dtype = constant.dtype
            value = constant.scalarInteger
        }
        if let value {
            if let shape, shape.count <= 1, let count = shape.first?.constant ?? (shape.isEmpty ? 1 : nil),
                (0...Graph.contentLimit).contains(count)
            {
                contents = Array(repeating: .constant(value), count: count)
            }
        }
        return [Inferred(shape.map { TensorType(dtype, $0) }, contents: contents)]
    }

    /// The shape that an input holds; `nil` if not even its rank is known.
    private static func target(_ op: Operands, _ index: Int) throws(GraphError) -> [Dimension]? {
        let type = try op.integer(index)
        guard type.shape.count == 1 else {
            throw op.fault(.wrongShape, input: index, found: "\(type)", expected: "a list")
        }
        if let shape = op.content(index) {
            for extent in shape where (extent.constant ?? 0) < 0 {
                throw op.fault(.wrongShape, input: index, found: "\(shape)", expected: "extents of 0 or more")
            }
            return shape
        }
        guard let rank = type.shape[0].constant, rank <= Graph.contentLimit else { return nil }
        return (0..<rank).map { op.unknown(axis: $0) }
    }

    @Sendable private static func expand(_ op: Operands) throws(GraphError) -> [Inferred] {
        try op.expect(inputs: 2...2)
        let type = try op.type(0)
        guard let target = try target(op, 1) else { return [Inferred(nil)] }
        guard op.content(1) != nil else {
            // What is asked for can change only extents of 1.
            let rank = max(type.shape.count, target.count)
            return [
                Inferred(
                    type.dtype,
                    (0..<rank).map { axis in
                        let own = axis - (rank - type.shape.count)
                        let known = own < 0 ? nil : type.shape[own].constant
                        return known == nil || known == 1 ? op.unknown(axis: axis) : type.shape[own]
                    })
            ]
        }
        let shape = try op.broadcast(type.shape, target)
        var contents = op.content(0)
        if let content = contents, content.count == 1, let count = shape.first?.constant, shape.count == 1,
            (0...Graph.contentLimit).contains(count)
        {
            contents = Array(repeating: content[0], count: count)
        }
        return [Inferred(type.dtype, shape, contents: contents)]
    }

    @Sendable private static func tile(_ op: Operands) throws(GraphError) -> [Inferred] {
        try op.expect(inputs: 2...2)
        let type = try op.type(0)
        guard let repeats = try target(op, 1), op.content(1) != nil else {
            return [Inferred(type.dtype, type.shape.indices.map { op.unknown(axis: $0) })]
        }
        guard repeats.count == type.shape.count else {
            throw op.fault(.wrongShape, input: 1, found: "\(repeats)", expected: "\(type.shape.count) repeats")
        }
        return [Inferred(type.dtype, zip(type.shape, repeats).map { $0 * $1 })]
    }
}
