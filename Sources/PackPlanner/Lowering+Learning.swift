import CPackKernels
import PackCore
import PackGraph

extension Lowering {
    /// Trees and support vector machines.
    static let learning: [String: LoweringRule] = [
        "TreeScores": { lowering, node throws(PlannerError) in
            let words = try lowering.read(node) { n throws(GraphError) in
                [try n.int("aggregate", default: 0), try n.int("uniform", default: 0)]
            }
            try lowering.step(PACK_OP_TreeEnsemble, node, try lowering.values(node, 5), words.map { Int64($0) })
        },
        "SVMKernel": { lowering, node throws(PlannerError) in
            let words = try lowering.read(node) { n throws(GraphError) in
                [
                    Int64(try n.int("kind", default: 0)), bits(try n.float("gamma", default: 1)),
                    bits(try n.float("offset", default: 0)), bits(try n.float("degree", default: 1)),
                ]
            }
            try lowering.step(PACK_OP_SVMKernel, node, try lowering.values(node, 2), words)
        },
        "PairwiseProbability": { lowering, node throws(PlannerError) in
            try lowering.step(PACK_OP_PairwiseProbability, node, try lowering.values(node, 3))
        },
    ]
}
