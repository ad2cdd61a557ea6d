import PackCore
import PackGraph

extension Pass {
    /// x / √(mean(x²) + epsilon) · gamma over the last axis (Zhang and Sennrich 2019).
    static let fuseRMSNorm = Pass(
        "fuse-rms-norm", "Recognize normalization by the root mean square", at: ["Mul", "Div"]
    ) { (rewriter: borrowing Rewriter, slot: Int, node: Node) throws(GraphError) in
        guard let found = rewriter.rmsNorm(node), rewriter.isClosed(found.slots, anchor: slot) else { return nil }
        let path = rewriter.path(found.slots.union([slot]))
        var patch = Patch(path)
        let gamma = try rewriter.flat(found.gamma, &patch)
        patch.nodes[slot] = Node(
            "RMSNormalization", name: path, inputs: [found.x, gamma], outputs: node.outputs,
            attributes: ["axis": .int(-1), "epsilon": .float(found.epsilon)])
        return patch
    }
}

private struct RMSNormMatch {
    var x: String
    var gamma: String
    var epsilon: Float
    var slots: Set<Int>
}

extension Rewriter {
    fileprivate func rmsNorm(_ node: Node) -> RMSNormMatch? {
        // It is computed in f32.
        guard let output = node.outputs.first, let type = graph.types[output], type.dtype != .f64,
            let count = type.shape.last?.constant
        else { return nil }
        let product = factors(of: output)
        let rank = type.shape.count
        guard product.scale == 1,
            let place = product.numerators.firstIndex(where: { channels($0, rank: rank) != nil })
        else { return nil }
        let gamma = product.numerators[place]
        guard let scale = channels(gamma, rank: rank), scale.axis == rank - 1, scale.count == count,
            scale.name == gamma, graph.types[gamma]?.dtype == type.dtype
        else { return nil }
        for x in Set(product.numerators) where x != gamma && graph.types[x] == type {
            let along = StatisticAxis(x: x, shape: type.shape, axis: rank - 1, count: count)
            var rest = product
            rest.numerators.remove(at: place)
            guard let own = rest.numerators.firstIndex(of: x) else { continue }
            rest.numerators.remove(at: own)
            guard let (squares, root) = root(rest, along), let (slot, sum) = maker(squares, "Add") else { continue }
            for (mean, constant) in orders(sum) {
                guard let epsilon = scalar(constant), epsilon >= 0, let (isPlain, slots) = meanSquare(mean, of: along),
                    isPlain
                else { continue }
                let all = product.slots.union(root).union(slots).union([slot])
                guard repeatsWell(all, along) else { continue }
                return RMSNormMatch(x: x, gamma: gamma, epsilon: epsilon, slots: all)
            }
        }
        return nil
    }
}
