import PackCore

extension Operation {
    /// Operators that move elements, or make tensors of shapes; `nil` for others.
    func movement() throws(GraphError) -> [Tensor]? {
        switch node.op {
        case "Reshape", "Flatten", "Squeeze", "Unsqueeze": return [try input(0).reshaped(shape)]
        case "Transpose": return [try transpose()]
        case "Expand":
            let x = try input(0)
            return [x.picking(Indexing.stretched(x.shape, to: shape), shape)]
        case "Gather": return [try gather()]
        case "Slice": return [try slice()]
        case "Concat": return [try concat()]
        case "Split": return try split()
        case "Shape": return [Tensor(shape, integers: try shapeEntries())]
        case "Size": return [Tensor(shape, integers: [try input(0).count])]
        case "Range": return [try range()]
        case "ConstantOfShape": return [filled()]
        default: return nil
        }
    }

    private func transpose() throws(GraphError) -> Tensor {
        let x = try input(0)
        let order = try node.ints("perm") ?? Array(x.shape.indices.reversed())
        let strides = Indexing.strides(x.shape)
        return x.picking(Indexing.positions(shape, strides: order.map { strides[$0] }), shape)
    }

    private func gather() throws(GraphError) -> Tensor {
        let (data, indices) = (try input(0), try input(1))
        let (outer, extent, inner) = Indexing.split(data.shape, try axis(default: 0, rank: data.shape.count))
        let entries = indices.integers.map { $0 < 0 ? $0 + extent : $0 }
        if let bad = entries.first(where: { !(0..<extent).contains($0) }) {
            throw GraphError(.wrongShape, node, found: "index \(bad)", expected: "an index into \(extent) entries")
        }
        var positions: [Int] = []
        for block in 0..<outer {
            for entry in entries {
                positions += ((block * extent + entry) * inner)..<((block * extent + entry + 1) * inner)
            }
        }
        return data.picking(positions, shape)
    }

    private func slice() throws(GraphError) -> Tensor {
        let x = try input(0)
        let starts = try list(1, "starts") ?? []
        let ends = try list(2, "ends") ?? []
        let axes = try list(3, "axes") ?? Array(starts.indices)
        let steps = try list(4, "steps") ?? Array(repeating: 1, count: starts.count)
        var strides = Indexing.strides(x.shape)
        var offset = 0
        for (position, entry) in axes.enumerated() {
            let axis = entry < 0 ? entry + x.shape.count : entry
            let step = steps[position]
            let first = SliceBounds.indices(starts[position], ends[position], step: step, extent: x.shape[axis]).first
            offset += first * strides[axis]
            // A step that would overflow leaves one element, whose stride does not matter.
            strides[axis] &*= step
        }
        return x.picking(Indexing.positions(shape, strides: strides, offset: offset), shape)
    }

    private func concat() throws(GraphError) -> Tensor {
        let first = try input(0)
        let axis = try axis(default: 0, rank: shape.count)
        var parts: [Tensor] = []
        for index in node.inputs.indices { parts.append(try input(index)) }
        let outer = shape[..<axis].reduce(1, *)
        var floats: [Float] = []
        var integers: [Int] = []
        for block in 0..<outer {
            for part in parts {
                let size = part.count / max(1, outer)
                switch part.values {
                case .floats(let list): floats += list[(block * size)..<((block + 1) * size)]
                case .integers(let list): integers += list[(block * size)..<((block + 1) * size)]
                }
            }
        }
        return Tensor(first.dtype, shape, first.dtype.isFloat ? .floats(floats) : .integers(integers))
    }

    private func split() throws(GraphError) -> [Tensor] {
        let x = try input(0)
        let axis = try axis(default: 0, rank: x.shape.count)
        let strides = Indexing.strides(x.shape)
        var start = 0
        return shapes.map { part in
            defer { start += part[axis] }
            return x.picking(Indexing.positions(part, strides: strides, offset: start * strides[axis]), part)
        }
    }

    private func shapeEntries() throws(GraphError) -> [Int] {
        let dimensions = try input(0).shape
        let start = try node.int("start", default: 0)
        let first = max(0, min(start < 0 ? start + dimensions.count : start, dimensions.count))
        return Array(dimensions[first..<min(first + shape.reduce(1, *), dimensions.count)])
    }

    private func range() throws(GraphError) -> Tensor {
        let (start, step) = (try input(0), try input(2))
        let count = shape.reduce(1, *)
        if case .integers(let first) = start.values {
            return Tensor(
                start.dtype, shape,
                .integers((0..<count).map { (first.first ?? 0) &+ $0 &* (step.integers.first ?? 0) }))
        }
        let (first, distance) = (start.floats.first ?? 0, step.floats.first ?? 0)
        return Tensor(start.dtype, shape, .floats((0..<count).map { first + Float($0) * distance }))
    }

    private func filled() -> Tensor {
        let count = shape.reduce(1, *)
        switch node.attributes["value"] {
        case .int(let value): return Tensor(shape, integers: Array(repeating: value, count: count))
        case .float(let value): return Tensor(shape, floats: Array(repeating: value, count: count))
        default: return Tensor(shape, floats: Array(repeating: 0, count: count))
        }
    }
}
