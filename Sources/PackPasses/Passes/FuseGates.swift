import PackGraph

extension Pass {
    /// x · sigmoid(x) (SiLU, Swish) and x · hard sigmoid(x) (Howard et al. 2019).
    static let fuseGates = Pass(
        "fuse-gates", "Recognize SiLU and hard swish", at: ["Mul", "Div"]
    ) { (rewriter: borrowing Rewriter, slot: Int, node: Node) throws(GraphError) in
        guard let output = node.outputs.first, let found = try rewriter.gate(output),
            rewriter.isClosed(found.slots, anchor: slot), rewriter.graph.types[found.x] == rewriter.graph.types[output]
        else { return nil }
        let path = rewriter.path(found.slots)
        return Patch(
            path, slot,
            Node(
                found.op, name: path + "." + found.op, inputs: [found.x], outputs: [output],
                attributes: found.attributes))
    }
}

private struct GateMatch {
    var op: String
    var x: String
    var attributes: [String: Attribute] = [:]
    var slots: Set<Int>
}

extension Rewriter {
    fileprivate func gate(_ output: String) throws(GraphError) -> GateMatch? {
        let product = factors(of: output)
        for (x, gate) in product.pairs {
            guard let (slot, node) = maker(gate), let argument = node.input(0) else { continue }
            let slots = product.slots.union([slot])
            switch node.op {
            case "Sigmoid" where argument == x && product.scale == 1:
                return GateMatch(op: "Swish", x: x, attributes: ["alpha": .float(1)], slots: slots)
            case "HardSigmoid":
                guard argument == x, product.scale == 1, isNear(try node.float("alpha", default: 0.2), 1 / 6),
                    try node.float("beta", default: 0.5) == 0.5
                else { continue }
                return GateMatch(op: "HardSwish", x: x, slots: slots)
            case "Clip":
                guard isNear(product.scale, 1 / 6), let (low, high) = limits(node), low == 0, high == 6,
                    let (other, sum) = addend(argument, to: 3), other == x
                else { continue }
                return GateMatch(op: "HardSwish", x: x, slots: slots.union([sum]))
            default: continue
            }
        }
        return nil
    }
}
