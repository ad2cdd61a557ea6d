import PackGraph

/// One axis of a value, along which means are taken.
struct StatisticAxis {
    var x: String
    /// The shape of x.
    var shape: [Dimension]
    var axis: Int
    /// Its extent; 0 where that is not fixed.
    var count: Int

    /// The shape with an extent of 1 in place of the axis.
    var kept: [Dimension] {
        var result = shape
        result[axis] = 1
        return result
    }
}

/// Means and variances in the spellings of exporters. On the way they may be given other shapes; `isAligned` tells whether
/// they fit the value again that they were taken of, and `repeatsWell` whether they were repeated along its axis only.
extension Rewriter {
    /// The value behind nodes that change its shape or repeat it.
    func skippingShapes(_ value: String) -> (value: String, slots: Set<Int>) {
        var value = value
        var slots: Set<Int> = []
        while let (slot, node) = maker(value), let source = node.input(0), slots.count < 8,
            ["Reshape", "Squeeze", "Unsqueeze", "Flatten", "Identity", "Expand"].contains(node.op)
        {
            slots.insert(slot)
            value = source
        }
        return (value, slots)
    }

    /// Whether a statistic has one entry for each place along the other axes, or is repeated along the axis.
    func isAligned(_ value: String, _ along: StatisticAxis) -> Bool {
        guard let found = shape(value) else { return false }
        return found == along.kept || found == along.shape
    }

    /// Whether the Expands among the given nodes repeat statistics along the axis and in no other way.
    func repeatsWell(_ slots: Set<Int>, _ along: StatisticAxis) -> Bool {
        slots.allSatisfy { slot in
            guard let node = self.slots[slot], node.op == "Expand" else { return true }
            return shape(node.inputs[0]) == along.kept && shape(node.outputs[0]) == along.shape
        }
    }

    /// The value whose mean over one axis this is, by ReduceMean, or by ReduceSum and the number of terms.
    func mean(_ value: String) -> (along: StatisticAxis, slots: Set<Int>)? {
        mean(value, by: "ReduceSum")
    }

    private func mean(_ value: String, by sum: String) -> (along: StatisticAxis, slots: Set<Int>)? {
        let (bare, moves) = skippingShapes(value)
        if sum == "ReduceSum", let (slot, node) = maker(bare, "ReduceMean") {
            return axis(of: node).map { ($0, moves.union([slot])) }
        }
        guard let (scaled, scale, slots) = scaled(bare) else { return nil }
        let (inner, more) = skippingShapes(scaled)
        guard let (slot, node) = maker(inner, sum), let along = axis(of: node),
            isNear(scale * Float(along.count), 1)
        else { return nil }
        return (along, moves.union(slots).union(more).union([slot]))
    }

    /// What a reduction over one axis reduces.
    func reducedAxis(_ node: Node) -> StatisticAxis? {
        guard let (input, axes, _) = reduction(node), axes.count == 1, let shape = shape(input),
            shape.indices.contains(axes[0])
        else { return nil }
        return StatisticAxis(x: input, shape: shape, axis: axes[0], count: shape[axes[0]].constant ?? 0)
    }

    private func axis(of node: Node) -> StatisticAxis? {
        guard let along = reducedAxis(node), along.count > 0 else { return nil }
        return along
    }

    /// The nodes that take the mean of x along the axis, if a value is that.
    func mean(_ value: String, of along: StatisticAxis) -> Set<Int>? {
        guard let (found, slots) = mean(value), found.x == along.x, found.axis == along.axis else { return nil }
        return slots
    }

    /// x − mean(x).
    func centring(_ value: String) -> (along: StatisticAxis, slots: Set<Int>)? {
        guard let (slot, node) = maker(value, "Sub"), node.inputs.count == 2, let (along, slots) = mean(node.inputs[1]),
            along.x == node.inputs[0], isAligned(node.inputs[1], along)
        else { return nil }
        return (along, slots.union([slot]))
    }

    /// The nodes that compute the variance of x along the axis, if a value is that: mean((x − mean)²) or
    /// mean(x²) − mean², held at 0 or more or not.
    func variance(_ value: String, of along: StatisticAxis) -> Set<Int>? {
        let (bare, moves) = skippingShapes(value)
        guard let (slot, node) = maker(bare) else { return nil }
        switch node.op {
        case "Max", "Relu", "Clip":
            return nonNegative(node).flatMap { variance($0, of: along) }?.union(moves).union([slot])
        case "Sub":
            guard node.inputs.count == 2, shape(node.inputs[0]) == shape(node.inputs[1]),
                let squares = meanSquare(node.inputs[0], of: along), squares.isPlain
            else { return nil }
            let square = factors(of: skippingShapes(node.inputs[1]).value)
            guard square.isSquare, let mean = mean(square.numerators[0], of: along) else { return nil }
            return squares.slots.union(mean).union(square.slots).union(skippingShapes(node.inputs[1]).slots)
                .union(moves).union([slot])
        default:
            guard let squares = meanSquare(bare, of: along), !squares.isPlain else { return nil }
            return squares.slots.union(moves)
        }
    }

    /// What is held at 0 or more.
    private func nonNegative(_ node: Node) -> String? {
        switch node.op {
        case "Relu": return node.input(0)
        case "Clip": return limits(node).map { $0.low == 0 && $0.high == .infinity } ?? false ? node.input(0) : nil
        default: return orders(node).first { scalar($0.1) == 0 }?.0
        }
    }

    /// The mean of the squares of x, or else of x − mean.
    func meanSquare(_ value: String, of along: StatisticAxis) -> (isPlain: Bool, slots: Set<Int>)? {
        if let (found, slots) = mean(value, by: "ReduceSumSquare"), found.axis == along.axis {
            if found.x == along.x { return (true, slots) }
            return centred(found.x, along).map { (false, slots.union($0)) }
        }
        guard let (found, slots) = mean(value), found.axis == along.axis, found.shape == along.shape else { return nil }
        let square = factors(of: found.x)
        guard square.scale == 1, square.numerators.count == 2, square.denominators.isEmpty else { return nil }
        var all = slots.union(square.slots)
        if square.numerators == [along.x, along.x] { return (true, all) }
        for part in Set(square.numerators) {
            guard let more = centred(part, along) else { return nil }
            all.formUnion(more)
        }
        return (false, all)
    }

    private func centred(_ value: String, _ along: StatisticAxis) -> Set<Int>? {
        guard let (found, slots) = centring(value), found.x == along.x, found.axis == along.axis else { return nil }
        return slots
    }
}
