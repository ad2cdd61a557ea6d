import PackGraph

extension Pass {
    /// x · ½ · (1 + erf(x / √2)), and its approximation by tanh (Hendrycks and Gimpel 2016).
    static let fuseGelu = Pass("fuse-gelu", "Recognize GELU, exact and by tanh", at: ["Mul", "Div"]) {
        (rewriter: borrowing Rewriter, slot: Int, node: Node) throws(GraphError) in
        guard let output = node.outputs.first, let found = rewriter.gelu(output),
            rewriter.isClosed(found.slots, anchor: slot), rewriter.graph.types[found.x] == rewriter.graph.types[output]
        else { return nil }
        let path = rewriter.path(found.slots)
        return Patch(
            path, slot,
            Node(
                "Gelu", name: path + ".Gelu", inputs: [found.x], outputs: [output],
                attributes: ["approximate": .string(found.approximate)]))
    }
}

private struct GeluMatch {
    var x: String
    var approximate: String
    var slots: Set<Int>
}

extension Rewriter {
    fileprivate func gelu(_ output: String) -> GeluMatch? {
        let product = factors(of: output)
        guard isNear(product.scale, 0.5) else { return nil }
        for (x, gate) in product.pairs {
            guard let (inner, slot) = addend(gate, to: 1), let (function, node) = maker(inner),
                let argument = node.input(0)
            else { continue }
            let slots = product.slots.union([slot, function])
            if node.op == "Erf", let (base, scale, more) = scaled(argument), base == x,
                isNear(scale, Float(0.5).squareRoot())
            {
                return GeluMatch(x: x, approximate: "none", slots: slots.union(more))
            }
            if node.op == "Tanh", let more = cubic(argument, of: x) {
                return GeluMatch(x: x, approximate: "tanh", slots: slots.union(more))
            }
        }
        return nil
    }

    /// √(2/π) · (x + 0.044715 x³), or √(2/π) · x · (1 + 0.044715 x²): the nodes that compute it.
    private func cubic(_ value: String, of x: String) -> Set<Int>? {
        let product = factors(of: value)
        guard isNear(product.scale, (2 / Float.pi).squareRoot()), product.denominators.isEmpty else { return nil }
        if product.numerators.count == 1, let (slot, node) = maker(product.numerators[0], "Add") {
            for (a, b) in orders(node) where a == x {
                if let slots = power(b, of: x, 3) { return slots.union(product.slots).union([slot]) }
            }
        }
        guard product.numerators.count == 2, let sum = product.numerators.first(where: { $0 != x }),
            product.numerators.contains(x), let (square, slot) = addend(sum, to: 1), let slots = power(square, of: x, 2)
        else { return nil }
        return slots.union(product.slots).union([slot])
    }

    private func power(_ value: String, of x: String, _ exponent: Int) -> Set<Int>? {
        let factors = factors(of: value)
        guard isNear(factors.scale, 0.044715), factors.denominators.isEmpty,
            factors.numerators == Array(repeating: x, count: exponent)
        else { return nil }
        return factors.slots
    }
}
