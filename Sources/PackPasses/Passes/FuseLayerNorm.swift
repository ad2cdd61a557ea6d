import PackGraph

extension Pass {
    /// (x − mean) / √(variance + epsilon) · gamma + beta over the last axis.
    static let fuseLayerNorm = Pass("fuse-layer-norm", "Recognize layer normalization", at: ["Add"]) {
        (rewriter: borrowing Rewriter, slot: Int, node: Node) throws(GraphError) in
        for (scaled, shift) in rewriter.orders(node) {
            guard let found = rewriter.layerNorm(scaled, shift), rewriter.isClosed(found.slots, anchor: slot) else {
                continue
            }
            let path = rewriter.path(found.slots.union([slot]))
            return Patch(
                path, slot,
                Node(
                    "LayerNormalization", name: path, inputs: [found.x, found.gamma, found.beta], outputs: node.outputs,
                    attributes: ["axis": .int(-1), "epsilon": .float(found.epsilon)]))
        }
        return nil
    }
}

private struct LayerNormMatch {
    var x: String
    var gamma: String
    var beta: String
    var epsilon: Float
    var slots: Set<Int>
}

extension Rewriter {
    fileprivate func layerNorm(_ scaled: String, _ shift: String) -> LayerNormMatch? {
        guard let width = shape(scaled)?.last?.constant, let beta = vector(shift, count: width) else { return nil }
        var product = factors(of: scaled)
        guard product.scale == 1, !product.slots.isEmpty,
            let place = product.numerators.firstIndex(where: { vector($0, count: width) != nil }),
            let gamma = vector(product.numerators[place], count: width)
        else { return nil }
        product.numerators.remove(at: place)
        guard let (centred, variance, root) = quotient(product), let (x, mean) = centring(centred) else { return nil }
        guard let (slot, node) = maker(variance, "Add") else { return nil }
        for (spread, constant) in orders(node) {
            guard let epsilon = scalar(constant), epsilon > 0, let squares = meanSquare(spread, of: centred) else {
                continue
            }
            let slots = product.slots.union(root).union(mean).union(squares).union([slot])
            return LayerNormMatch(x: x, gamma: gamma, beta: beta, epsilon: epsilon, slots: slots)
        }
        return nil
    }

    /// What is divided, and what the divisor is the root of: by Div and Sqrt, Reciprocal, or a power of −½.
    private func quotient(_ product: Factors) -> (centred: String, variance: String, slots: Set<Int>)? {
        if product.numerators.count == 1, product.denominators.count == 1 {
            guard let (slot, node) = maker(product.denominators[0]), let variance = node.input(0) else { return nil }
            let isRoot = node.op == "Sqrt" || node.op == "Pow" && node.input(1).flatMap(scalar) == 0.5
            return isRoot ? (product.numerators[0], variance, [slot]) : nil
        }
        guard product.numerators.count == 2, product.denominators.isEmpty else { return nil }
        for (centred, factor) in [(0, 1), (1, 0)].map({ (product.numerators[$0], product.numerators[$1]) }) {
            if let (slot, node) = maker(factor, "Pow"), let variance = node.input(0),
                node.input(1).flatMap(scalar) == -0.5
            {
                return (centred, variance, [slot])
            }
        }
        return nil
    }

    /// x − mean(x) over the last axis.
    private func centring(_ value: String) -> (x: String, slots: Set<Int>)? {
        guard let (slot, node) = maker(value, "Sub"), let x = node.input(0), let mean = node.input(1),
            let (below, source) = lastAxisMean(mean), source == x
        else { return nil }
        return (x, [slot, below])
    }

    /// The mean of the squares of a centred value, or of one that is centred in the same way.
    private func meanSquare(_ value: String, of centred: String) -> Set<Int>? {
        guard let (slot, source) = lastAxisMean(value) else { return nil }
        let square = factors(of: source)
        guard square.scale == 1, square.numerators.count == 2, square.denominators.isEmpty else { return nil }
        var slots = square.slots.union([slot])
        let wanted = centring(centred)
        for part in Set(square.numerators) where part != centred {
            guard let (x, more) = centring(part), x == wanted?.x else { return nil }
            slots.formUnion(more)
        }
        return slots
    }

    private func lastAxisMean(_ value: String) -> (slot: Int, source: String)? {
        guard let (slot, node) = maker(value, "ReduceMean"), let (input, axes, keeps) = reduction(node), keeps,
            let rank = shape(input)?.count, axes == [rank - 1]
        else { return nil }
        return (slot, input)
    }
}
