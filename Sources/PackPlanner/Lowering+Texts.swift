import CPackKernels
import PackCore
import PackGraph
import PackRuntime

extension Lowering {
    /// Operators on texts.
    static let texts: [String: LoweringRule] = [
        "StringConcat": { lowering, node throws(PlannerError) in
            try lowering.lowerPlain(PACK_OP_StringConcat, node, count: 2)
        },
        "StringSplit": { lowering, node throws(PlannerError) in
            let words = try lowering.words(node, [("delimiter", 0), ("maxsplit", -1)])
            let shape = try lowering.type(node.inputs[0], of: node).shape
            try lowering.lowerSeveral(
                PACK_OP_StringSplit, node, inputs: 1, [.string, .i64], words, shape: { _ in shape })
        },
        "StringNormalizer": { lowering, node throws(PlannerError) in
            let words = try lowering.words(node, [("compares", 0), ("gives", 0)])
            try lowering.step(PACK_OP_StringNormalizer, node, try lowering.values(node, 3), words)
        },
        "RegexFullMatch": { lowering, node throws(PlannerError) in
            try lowering.lowerPlain(PACK_OP_RegexFullMatch, node, count: 3)
        },
        "TextTokens": { lowering, node throws(PlannerError) in
            let words = try lowering.words(
                node, [("between", 0), ("least", 1), ("start", -1), ("end", -1), ("padding", 0)])
            try lowering.step(PACK_OP_TextTokens, node, try lowering.values(node, 3), words)
        },
        "TextNumbers": { lowering, node throws(PlannerError) in
            let from = try lowering.type(node.inputs[0], of: node).dtype
            let to = try lowering.type(node.outputs[0], of: node).dtype
            let kind: TextNumbersKind = to == .f64 ? .float : to == .i64 ? .integer : from == .i64 ? .signed : .unsigned
            try lowering.lowerPlain(PACK_OP_TextNumbers, node, count: 1, [Int64(kind.rawValue)])
        },
        "TermCounts": { lowering, node throws(PlannerError) in
            let words = try lowering.words(node, [("least", 1), ("most", 1), ("skips", 0), ("mode", 0)])
            try lowering.step(PACK_OP_TermCounts, node, try lowering.values(node, 4), words)
        },
    ]

    private func words(_ node: Node, _ names: [(String, Int)]) throws(PlannerError) -> [Int64] {
        try names.map { entry throws(PlannerError) in
            Int64(try read(node) { n throws(GraphError) in try n.int(entry.0, default: entry.1) })
        }
    }
}
