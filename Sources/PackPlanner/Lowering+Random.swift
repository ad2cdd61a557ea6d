import CPackKernels
import PackGraph

extension Lowering {
    /// Pseudo-random numbers.
    static let random = merge([
        rules(["RandomUniform", "RandomUniformLike"]) { (lowering, node) throws(PlannerError) in
            try lowering.lowerRandom(node, 0, ("low", 0), ("high", 1))
        },
        rules(["RandomNormal", "RandomNormalLike"]) { (lowering, node) throws(PlannerError) in
            try lowering.lowerRandom(node, 1, ("mean", 0), ("scale", 1))
        },
    ])

    private mutating func lowerRandom(
        _ node: Node, _ kind: Int64, _ first: (String, Float), _ second: (String, Float)
    ) throws(PlannerError) {
        let seed = try read(node) { n throws(GraphError) in try n.int("seed", default: 0) }
        let a = try read(node) { n throws(GraphError) in try n.float(first.0, default: first.1) }
        let b = try read(node) { n throws(GraphError) in try n.float(second.0, default: second.1) }
        try step(PACK_OP_Random, node, [], [kind, Int64(seed), bits(a), bits(b)])
    }
}
