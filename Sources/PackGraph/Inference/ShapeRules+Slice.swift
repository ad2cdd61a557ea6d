import PackCore

extension ShapeRules {
    /// Slice: starts, ends, axes and steps as inputs, or, as older exporters write them, as attributes.
    @Sendable static func slice(_ op: Operands) throws(GraphError) -> [Inferred] {
        try op.expect(inputs: 1...5)
        let type = try op.type(0)
        let starts = try bounds(op, 1, "starts")
        let ends = try bounds(op, 2, "ends")
        let count = starts?.count ?? ends?.count
        let axes = try op.list(input: 3, attribute: "axes") ?? count.map { Array(0..<$0) }
        let steps = try op.list(input: 4, attribute: "steps") ?? count.map { Array(repeating: 1, count: $0) }
        guard let axes, let steps else {
            return [Inferred(type.dtype, type.shape.indices.map { op.unknown(axis: $0) })]
        }
        guard axes.count == steps.count, starts?.count ?? axes.count == axes.count,
            ends?.count ?? axes.count == axes.count
        else {
            throw op.fault(
                .wrongShape, found: "\(axes.count) axes, \(steps.count) steps", expected: "as many as bounds")
        }
        var shape = type.shape
        var contents = type.shape.count == 1 ? op.content(0) : nil
        _ = try op.axes(axes, rank: shape.count)
        for (position, entry) in axes.enumerated() {
            let axis = try op.axis(entry, rank: shape.count)
            guard steps[position] != 0 else {
                throw op.fault(.wrongAttribute, found: "step 0", expected: "a step other than 0")
            }
            let range = Range(start: starts?[position], end: ends?[position], step: steps[position])
            contents = contents.flatMap(range.cut)
            shape[axis] = range.length(of: shape[axis]) ?? op.unknown(axis: axis)
        }
        return [Inferred(type.dtype, shape, contents: contents)]
    }

    private static func bounds(_ op: Operands, _ index: Int, _ attribute: String) throws(GraphError) -> [Dimension]? {
        if op.node.input(index) != nil {
            _ = try op.integer(index)
            return op.content(index)
        }
        guard let values = try op.node.ints(attribute) else {
            throw op.fault(.wrongCount, found: "no \(attribute)", expected: "\(attribute)")
        }
        return values.map(Dimension.constant)
    }

    /// What Slice takes of one axis.
    struct Range {
        let start: Dimension?
        let end: Dimension?
        let step: Int

        /// How many elements it takes of an axis; `nil` if that cannot be told.
        func length(of extent: Dimension) -> Dimension? {
            guard let start, let end else { return nil }
            if let extent = extent.constant, let start = start.constant, let end = end.constant {
                return .constant(indices(start, end, extent).count)
            }
            if step == -1, start.constant.map({ $0 == -1 || $0 >= Int(Int32.max) }) ?? false,
                end.constant.map({ $0 <= Int(Int32.min) }) ?? false
            {
                return extent
            }
            guard step > 0 else { return nil }
            guard let first = position(start, extent), let last = position(end, extent) else { return nil }
            // Without the first few: shorter than the general form, and the same.
            let isTail = last == extent && start.isAtLeast(0)
            let length = Dimension.max(isTail ? extent - start : last - first, 0)
            return step == 1 ? length : (length + .constant(step - 1)) / .constant(step)
        }

        /// A bound as a position within the axis. Exporters write "to the end" as the largest 32- or 64-bit number, tf2onnx
        /// as a thousand million.
        private func position(_ bound: Dimension, _ extent: Dimension) -> Dimension? {
            guard let number = bound.constant else {
                return bound.isAtLeast(0) ? .min(bound, extent) : nil
            }
            if number >= 1_000_000_000 { return extent }
            if number <= Int(Int32.min) { return 0 }
            return number < 0 ? .max(extent + bound, 0) : .min(bound, extent)
        }

        /// The entries that it takes of a list.
        func cut(_ list: [Dimension]) -> [Dimension]? {
            guard let start = start?.constant, let end = end?.constant else { return nil }
            let taken = indices(start, end, list.count)
            return (0..<taken.count).map { list[taken.first + $0 * step] }
        }

        /// The first position that it takes of an axis of known extent, and how many.
        private func indices(_ start: Int, _ end: Int, _ extent: Int) -> (first: Int, count: Int) {
            SliceBounds.indices(start, end, step: step, extent: extent)
        }
    }
}

/// The positions that Slice takes of an axis.
package enum SliceBounds {
    /// The first position, and how many. Bounds count from the end where negative, and are clamped to the axis; `step`
    /// must not be 0.
    package static func indices(_ start: Int, _ end: Int, step: Int, extent: Int) -> (first: Int, count: Int) {
        let high = step > 0 ? extent : extent - 1
        let first = clamp(start, extent, 0, high)
        let last = clamp(end, extent, step > 0 ? 0 : -1, high)
        let distance = step > 0 ? last - first : first - last
        return (first, distance > 0 ? (distance - 1) / Int(clamping: step.magnitude) + 1 : 0)
    }

    private static func clamp(_ bound: Int, _ extent: Int, _ low: Int, _ high: Int) -> Int {
        let (wrapped, overflow) = bound.addingReportingOverflow(bound < 0 ? extent : 0)
        return overflow ? low : min(max(wrapped, low), high)
    }
}
