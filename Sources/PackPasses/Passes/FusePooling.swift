import PackGraph

extension Pass {
    /// Sum of the kept rows divided by their number.
    static let fuseMaskedMean = Pass("fuse-masked-mean", "Recognize mean pooling", at: ["Div"]) {
        (rewriter: borrowing Rewriter, slot: Int, node: Node) throws(GraphError) in
        guard node.inputs.count == 2, let sum = rewriter.maskedSum(node.inputs[0]),
            let count = rewriter.keptCount(node.inputs[1], mask: sum.mask)
        else { return nil }
        return rewriter.pooled("MaskedMean", sum.x, sum.mask, sum.slots.union(count), slot, node)
    }

    /// Maximum of the kept rows.
    static let fuseMaskedMax = Pass("fuse-masked-max", "Recognize max pooling", at: ["ReduceMax"]) {
        (rewriter: borrowing Rewriter, slot: Int, node: Node) throws(GraphError) in
        guard let (input, axes, keeps) = rewriter.reduction(node), !keeps, axes == [1],
            let (below, choice) = rewriter.maker(input, "Where"), choice.inputs.count == 3,
            let trace = rewriter.traceMask(choice.inputs[0]), trace.kind != .additive, trace.layout == [0, 1, nil]
        else { return nil }
        let (low, x) =
            trace.kind == .dropped ? (choice.inputs[1], choice.inputs[2]) : (choice.inputs[2], choice.inputs[1])
        guard rewriter.scalar(low) == -1e9 else { return nil }
        return rewriter.pooled("MaskedMax", x, trace.mask, [below], slot, node)
    }

    /// Division by the Euclidean norm over the last axis.
    static let fuseL2Normalize = Pass("fuse-l2-normalize", "Recognize division by the Euclidean norm", at: ["Div"]) {
        (rewriter: borrowing Rewriter, slot: Int, node: Node) throws(GraphError) in
        guard node.inputs.count == 2, let found = rewriter.norm(node.inputs[1], of: node.inputs[0]),
            rewriter.isClosed(found.slots, anchor: slot)
        else { return nil }
        let path = rewriter.path(found.slots.union([slot]))
        return Patch(
            path, slot,
            Node(
                "L2Normalize", name: path, inputs: [node.inputs[0]], outputs: node.outputs,
                attributes: ["epsilon": .float(found.epsilon)]))
    }
}

extension Rewriter {
    /// The patch for a pooling node, if nothing else needs what it takes in.
    fileprivate func pooled(
        _ op: String, _ x: String, _ mask: String, _ inner: Set<Int>, _ slot: Int, _ node: Node
    ) -> Patch? {
        guard let shape = shape(x), shape.count == 3, self.shape(node.outputs[0]) == [shape[0], shape[2]],
            isClosed(inner, anchor: slot)
        else { return nil }
        let path = path(inner.union([slot]))
        return Patch(path, slot, Node(op, name: path, inputs: [x, mask], outputs: node.outputs))
    }

    /// Σ x · mask over the sequence.
    fileprivate func maskedSum(_ value: String) -> (x: String, mask: String, slots: Set<Int>)? {
        guard let (slot, node) = maker(value, "ReduceSum"), let (input, axes, keeps) = reduction(node), !keeps,
            axes == [1], let (below, product) = maker(input, "Mul")
        else { return nil }
        for (x, factor) in orders(product) {
            guard let trace = traceMask(factor), trace.kind == .kept, trace.layout == [0, 1, nil],
                shape(x) == shape(input)
            else { continue }
            return (x, trace.mask, [slot, below])
        }
        return nil
    }

    /// Σ mask over the sequence, held above a bound of at most 1, which no sum but 0 is below.
    fileprivate func keptCount(_ value: String, mask: String) -> Set<Int>? {
        guard let (sum, epsilon, bound) = bounded(value), epsilon <= 1, let (slot, node) = maker(sum, "ReduceSum"),
            let (input, axes, keeps) = reduction(node), axes == [1], let trace = traceMask(input), trace.kind == .kept,
            trace.mask == mask, trace.layout == (keeps ? [0, 1] : [0, 1, nil])
        else { return nil }
        return [slot, bound]
    }

    /// A value held above a positive bound, by Clip or Max.
    private func bounded(_ value: String) -> (value: String, bound: Float, slot: Int)? {
        guard let (slot, node) = maker(value) else { return nil }
        if node.op == "Clip", node.input(2) == nil, let source = node.input(0),
            let bound = node.input(1).flatMap(scalar),
            bound > 0
        {
            return (source, bound, slot)
        }
        guard node.op == "Max" else { return nil }
        for (source, constant) in orders(node) {
            if let bound = scalar(constant), bound > 0 { return (source, bound, slot) }
        }
        return nil
    }

    /// The norm of a value over its last axis, held above a bound.
    fileprivate func norm(_ value: String, of x: String) -> (epsilon: Float, slots: Set<Int>)? {
        var value = value
        var slots: Set<Int> = []
        if let (slot, node) = maker(value, "Expand"), let source = node.input(0) {
            slots.insert(slot)
            value = source
        }
        guard let (length, epsilon, bound) = bounded(value), let (slot, node) = maker(length),
            let rank = shape(x)?.count
        else { return nil }
        slots.formUnion([bound, slot])
        if node.op == "ReduceL2", let (input, axes, keeps) = reduction(node), input == x, axes == [rank - 1], keeps {
            return (epsilon, slots)
        }
        guard node.op == "Sqrt", let (below, sum) = node.input(0).flatMap({ maker($0, "ReduceSum") }),
            let (input, axes, keeps) = reduction(sum), axes == [rank - 1], keeps
        else { return nil }
        let square = factors(of: input)
        guard square.scale == 1, square.numerators == [x, x], square.denominators.isEmpty else { return nil }
        return (epsilon, slots.union(square.slots).union([below]))
    }
}
