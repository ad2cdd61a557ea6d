import PackGraph

extension Pass {
    /// exp(x − max(x)) divided by its sum along one axis, as flax writes it.
    static let fuseSoftmax = Pass("fuse-softmax", "Recognize softmax", at: ["Div", "Mul"]) {
        (rewriter: borrowing Rewriter, slot: Int, node: Node) throws(GraphError) in
        guard let output = node.outputs.first, let (along, slots) = rewriter.softmax(output),
            rewriter.isClosed(slots, anchor: slot), rewriter.graph.types[output] == rewriter.graph.types[along.x]
        else { return nil }
        let path = rewriter.path(slots)
        return Patch(
            path, slot,
            Node(
                "Softmax", name: path + ".Softmax", inputs: [along.x], outputs: [output],
                attributes: ["axis": .int(along.axis)]))
    }
}

extension Rewriter {
    fileprivate func softmax(_ output: String) -> (along: StatisticAxis, slots: Set<Int>)? {
        let share = factors(of: output)
        guard share.scale == 1, share.numerators.count == 1, share.denominators.count == 1,
            let (power, exponential) = maker(share.numerators[0], "Exp"),
            let (sum, sums) = reduced(share.denominators[0], by: "ReduceSum"), sum.x == share.numerators[0],
            isAligned(share.denominators[0], sum),
            let (below, difference) = exponential.input(0).flatMap({ maker($0, "Sub") }), difference.inputs.count == 2,
            let (along, most) = reduced(difference.inputs[1], by: "ReduceMax"), along.x == difference.inputs[0],
            isAligned(difference.inputs[1], along), along.axis == sum.axis, along.shape == sum.shape
        else { return nil }
        let slots = share.slots.union(sums).union(most).union([power, below])
        return repeatsWell(slots, along) ? (along, slots) : nil
    }

    /// What is reduced over one axis, given another shape and held above minus infinity or not.
    private func reduced(_ value: String, by op: String) -> (along: StatisticAxis, slots: Set<Int>)? {
        var (bare, slots) = skippingShapes(value)
        if let (slot, node) = maker(bare, "Max"), let held = orders(node).first(where: { scalar($0.1) == -.infinity }) {
            let (inner, more) = skippingShapes(held.0)
            bare = inner
            slots.formUnion(more.union([slot]))
        }
        guard let (slot, node) = maker(bare, op), let along = reducedAxis(node) else { return nil }
        return (along, slots.union([slot]))
    }
}
