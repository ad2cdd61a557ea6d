import CPackKernels
import PackCore
import PackGraph

extension Lowering {
    static let pooling: [String: LoweringRule] = [
        "MaxPool": { lowering, node throws(PlannerError) in try lowering.lowerMaxPool(node) },
        "AveragePool": { lowering, node throws(PlannerError) in
            let padded = try lowering.read(node) { n throws(GraphError) in try n.int("count_include_pad", default: 0) }
            try lowering.lowerPool(node, padded != 0 ? 2 : 1)
        },
        "LpPool": { lowering, node throws(PlannerError) in
            try lowering.lowerPool(
                node, 3, try lowering.read(node) { n throws(GraphError) in try n.int("p", default: 2) })
        },
        "GlobalAveragePool": { lowering, node throws(PlannerError) in try lowering.lowerGlobalPool(node, 1) },
        "GlobalMaxPool": { lowering, node throws(PlannerError) in try lowering.lowerGlobalPool(node, 2) },
        "GlobalLpPool": { lowering, node throws(PlannerError) in try lowering.lowerGlobalNorm(node) },
        "MaxUnpool": { lowering, node throws(PlannerError) in try lowering.lowerMaxUnpool(node) },
    ]

    /// Attributes start with `PoolKind` in PackRuntime.
    private mutating func lowerPool(_ node: Node, _ kind: Int64, _ p: Int = 1) throws(PlannerError) {
        let window = try window(node)
        try step(PACK_OP_Pool, node, [try value(node.inputs[0], of: node)], [kind, Int64(p)] + window.words)
    }

    private mutating func lowerMaxPool(_ node: Node) throws(PlannerError) {
        let places = node.outputs.count > 1 && !node.outputs[1].isEmpty
        let type = try type(node.outputs[0], of: node)
        guard places || type.dtype == .i8 || type.dtype == .u8 else { return try lowerPool(node, 0) }
        let order = try read(node) { n throws(GraphError) in try n.int("storage_order", default: 0) }
        guard (0...1).contains(order) else { throw refuse(node, "storage_order \(order)", "0 or 1") }
        let window = try window(node)
        let types = [type, TensorType(.i64, type.shape)]
        try step(
            PACK_OP_MaxPoolIndices, node, [try value(node.inputs[0], of: node)], [Int64(order)] + window.words,
            outputs: places ? types : [type])
    }

    /// Attributes: `ReduceKind` in PackRuntime, first axis, count of axes.
    private mutating func lowerGlobalPool(_ node: Node, _ kind: Int64) throws(PlannerError) {
        let rank = try type(node.inputs[0], of: node).shape.count
        try step(PACK_OP_Reduce, node, [try value(node.inputs[0], of: node)], [kind, 2, Int64(rank - 2)])
    }

    private mutating func lowerGlobalNorm(_ node: Node) throws(PlannerError) {
        let p = try read(node) { n throws(GraphError) in try n.int("p", default: 2) }
        if p == 2 { return try lowerGlobalPool(node, 3) }
        let extents = try spatial(node.inputs[0], of: node).compactMap(\.constant)
        let rank = try type(node.inputs[0], of: node).shape.count - 2
        guard extents.count == rank, (1...3).contains(rank), p >= 1, extents.allSatisfy({ $0 > 0 }) else {
            throw refuse(node, "p \(p) over \(extents)", "p of 1 or more over up to 3 axes of known extents")
        }
        let axes = extents.flatMap { extent -> [Int64] in [Int64(extent), 1, 1, 0, 0] }
        try step(
            PACK_OP_Pool, node, [try value(node.inputs[0], of: node)], [3, Int64(p), 0, Int64(extents.count)] + axes)
    }

    private mutating func lowerMaxUnpool(_ node: Node) throws(PlannerError) {
        let window = try window(node)
        var words: [Int64] = []
        for (axis, extent) in try spatial(node.inputs[0], of: node).enumerated() {
            guard let count = extent.constant else { throw refuse(node, "a free dimension", "known extents") }
            let padding = window.before[axis] + window.after[axis]
            words.append(Int64(Swift.max(0, (count - 1) * window.strides[axis] - padding + window.kernel[axis])))
        }
        try step(PACK_OP_MaxUnpool, node, try values(node, measures(node) ? 3 : 2), words)
    }
}
