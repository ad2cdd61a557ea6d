import PackCore

extension ShapeRules {
    /// Operators that pick, cut and join.
    static let selection: [String: ShapeRule] = [
        "Gather": gather, "GatherElements": gatherElements, "Slice": slice, "Split": split, "Concat": concat,
        "NonZero": nonZero, "Trilu": trilu, "NonMaxSuppression": nonMaxSuppression,
    ]

    @Sendable private static func gather(_ op: Operands) throws(GraphError) -> [Inferred] {
        try op.expect(inputs: 2...2)
        let data = try op.type(0)
        let indices = try op.integer(1)
        let axis = try op.axis(default: 0, rank: data.shape.count)
        if let extent = data.shape[axis].constant, let numbers = op.numbers(1) {
            for number in numbers where number >= extent || number < -extent {
                throw op.fault(
                    .wrongShape, input: 1, found: "index \(number)", expected: "an index into \(extent) entries")
            }
        }
        let shape = data.shape[..<axis] + indices.shape + data.shape[(axis + 1)...]
        var contents: [Dimension]?
        if let content = op.content(0), data.shape.count == 1, let numbers = op.numbers(1) {
            contents = numbers.map { content[$0 < 0 ? $0 + content.count : $0] }
        }
        return [Inferred(data.dtype, Array(shape), contents: contents)]
    }

    @Sendable private static func gatherElements(_ op: Operands) throws(GraphError) -> [Inferred] {
        try op.expect(inputs: 2...2)
        let data = try op.type(0)
        let indices = try op.integer(1)
        _ = try op.axis(default: 0, rank: data.shape.count)
        guard data.shape.count == indices.shape.count else {
            throw op.fault(.wrongShape, input: 1, found: "\(indices)", expected: "rank \(data.shape.count)")
        }
        return [Inferred(data.dtype, indices.shape)]
    }

    @Sendable private static func concat(_ op: Operands) throws(GraphError) -> [Inferred] {
        try op.expect(inputs: 1...Int.max)
        let first = try op.type(0)
        var shape = first.shape
        let axis = try op.axis(default: 0, rank: shape.count)
        var contents = op.content(0)
        for index in op.node.inputs.indices.dropFirst() {
            let type = try op.type(index)
            try op.expect(first.dtype, input: index)
            guard type.shape.count == shape.count else {
                throw op.fault(.wrongShape, input: index, found: "\(type)", expected: "rank \(shape.count)")
            }
            for other in shape.indices where other != axis {
                shape[other] = try op.same(shape[other], type.shape[other], "dimensions on axis \(other)")
            }
            shape[axis] = shape[axis] + type.shape[axis]
            if let all = contents, let more = op.content(index) { contents = all + more } else { contents = nil }
        }
        return [Inferred(first.dtype, shape, contents: shape.count == 1 ? contents : nil)]
    }

    @Sendable private static func split(_ op: Operands) throws(GraphError) -> [Inferred] {
        try op.expect(inputs: 1...2, outputs: 1...Int.max)
        let type = try op.type(0)
        let axis = try op.axis(default: 0, rank: type.shape.count)
        let sizes = try splitSizes(op, type.shape[axis], axis)
        var results: [Inferred] = []
        var start = 0
        for size in sizes {
            var shape = type.shape
            shape[axis] = size
            var contents: [Dimension]?
            if let content = op.content(0), let length = size.constant {
                if length <= content.count - start { contents = Array(content[start..<(start + length)]) }
                start += min(length, content.count - start)
            }
            results.append(Inferred(type.dtype, shape, contents: contents))
        }
        return results
    }

    private static func splitSizes(_ op: Operands, _ whole: Dimension, _ axis: Int) throws(GraphError) -> [Dimension] {
        let parts = op.node.outputs.count
        guard let given = try op.list(input: 1, attribute: "split") else {
            let wanted = try op.node.int("num_outputs", default: parts)
            guard wanted == parts else {
                throw op.fault(.wrongAttribute, found: "num_outputs \(wanted)", expected: "\(parts) outputs")
            }
            let part = (whole + .constant(parts - 1)) / .constant(parts)
            let exact = whole / .constant(parts)
            if exact * .constant(parts) == whole { return Array(repeating: exact, count: parts) }
            // The last parts of a short axis may be empty.
            return (0..<parts).map { .max(.min(part, whole - part * .constant($0)), 0) }
        }
        guard let sizes = given else { return (0..<parts).map { op.unknown(output: $0, axis: axis) } }
        guard sizes.count == parts, sizes.allSatisfy({ $0 >= 0 }) else {
            throw op.fault(.wrongShape, input: 1, found: "sizes \(sizes)", expected: "\(parts) sizes of 0 or more")
        }
        let dimensions = sizes.map(Dimension.constant)
        _ = try op.same(dimensions.reduce(0, +), whole, "sum of sizes and extent of axis \(axis)")
        return dimensions
    }

    @Sendable private static func nonZero(_ op: Operands) throws(GraphError) -> [Inferred] {
        try op.expect(inputs: 1...1)
        return [Inferred(.i64, [.constant(try op.type(0).shape.count), op.unknown(axis: 1)])]
    }

    @Sendable private static func nonMaxSuppression(_ op: Operands) throws(GraphError) -> [Inferred] {
        try op.expect(inputs: 2...5)
        for (input, dtype) in [DType.f32, .f32, .i64, .f32, .f32].enumerated() where op.optional(input) != nil {
            try op.expect(dtype, input: input)
        }
        let (boxes, scores) = (try op.type(0), try op.type(1))
        guard boxes.shape.count == 3, scores.shape.count == 3 else {
            throw op.fault(.wrongShape, found: "\(boxes) and \(scores)", expected: "boxes and scores of rank 3")
        }
        _ = try op.same(boxes.shape[2], 4, "numbers of a box")
        _ = try op.same(boxes.shape[0], scores.shape[0], "batches of boxes and scores")
        _ = try op.same(boxes.shape[1], scores.shape[2], "boxes and their scores")
        let form = try op.node.int("center_point_box", default: 0)
        guard form == 0 || form == 1 else {
            throw op.fault(.wrongAttribute, found: "center_point_box \(form)", expected: "0 or 1")
        }
        return [Inferred(.i64, [op.unknown(axis: 0), 3])]
    }

    @Sendable private static func trilu(_ op: Operands) throws(GraphError) -> [Inferred] {
        try op.expect(inputs: 1...2)
        let type = try op.type(0)
        guard type.shape.count >= 2 else {
            throw op.fault(.wrongShape, input: 0, found: "\(type)", expected: "rank 2 or more")
        }
        return [Inferred(type)]
    }
}
