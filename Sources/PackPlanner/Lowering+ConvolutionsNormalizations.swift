import CPackKernels
import PackCore
import PackGraph

extension Lowering {
    static let channelNormalizations: [String: LoweringRule] = [
        "BatchNormalization": { lowering, node throws(PlannerError) in
            try lowering.step(
                PACK_OP_BatchNormalization, node, try lowering.values(node, 5), [try lowering.epsilon(node)])
        },
        "InstanceNormalization": { lowering, node throws(PlannerError) in
            try lowering.step(
                PACK_OP_GroupNormalization, node, try lowering.values(node, 3), [0, try lowering.epsilon(node)])
        },
        "GroupNormalization": { lowering, node throws(PlannerError) in
            let groups = try lowering.read(node) { n throws(GraphError) in try n.int("num_groups", default: 1) }
            try lowering.step(
                PACK_OP_GroupNormalization, node, try lowering.values(node, 3),
                [Int64(groups), try lowering.epsilon(node)])
        },
        "RMSNormalization": { lowering, node throws(PlannerError) in
            let (axis, shape) = try lowering.normalizedAxis(node)
            let scale = try lowering.stretched(node, 1, Array(shape[axis...]))
            try lowering.step(
                PACK_OP_RMSNormalization, node, [try lowering.value(node.inputs[0], of: node), scale],
                [Int64(axis), try lowering.epsilon(node)])
        },
        "LpNormalization": { lowering, node throws(PlannerError) in
            let (axis, _) = try lowering.normalizedAxis(node)
            let p = try lowering.read(node) { n throws(GraphError) in try n.int("p", default: 2) }
            try lowering.step(
                PACK_OP_LpNormalization, node, [try lowering.value(node.inputs[0], of: node)],
                [Int64(axis), Int64(p)])
        },
        "MeanVarianceNormalization": { lowering, node throws(PlannerError) in
            try lowering.lowerMeanVariance(node)
        },
        "LRN": { lowering, node throws(PlannerError) in
            let words = try lowering.read(node) { n throws(GraphError) in
                [
                    Int64(try n.int("size", default: 1)), bits(try n.float("alpha", default: 0.0001)),
                    bits(try n.float("beta", default: 0.75)), bits(try n.float("bias", default: 1)),
                ]
            }
            try lowering.step(PACK_OP_LRN, node, [try lowering.value(node.inputs[0], of: node)], words)
        },
    ]

    private func epsilon(_ node: Node) throws(PlannerError) -> Int64 {
        bits(try read(node) { n throws(GraphError) in try n.float("epsilon", default: 1e-5) })
    }

    /// The axis attribute counted from the front, and the shape of the first input.
    private func normalizedAxis(_ node: Node) throws(PlannerError) -> (Int, [Dimension]) {
        let shape = try type(node.inputs[0], of: node).shape
        let axis = try read(node) { n throws(GraphError) in try n.int("axis", default: -1) }
        return (try self.axis(axis, rank: shape.count, node), shape)
    }

    /// An input of the given shape, or repeated to it.
    private mutating func stretched(
        _ node: Node, _ index: Int, _ shape: [Dimension]
    ) throws(PlannerError) -> UInt32 {
        guard let name = node.input(index) else { return PACK_PLAN_ABSENT }
        let value = try value(name, of: node)
        let own = try type(name, of: node)
        if own.shape.drop(while: { $0 == 1 }) == shape.drop(while: { $0 == 1 }) { return value }
        let wide = try temporary("\(node.name).\(index)", TensorType(.f32, shape))
        tables.addStep(PACK_OP_Expand, name: node.name, inputs: [value], outputs: [wide], attributes: [])
        return wide
    }

    private func whole(_ shape: some Sequence<Dimension>) -> Dimension { shape.reduce(1, *) }

    /// Layer normalization over any axis, with its further outputs: the axes are taken as one.
    mutating func lowerWideLayerNormalization(_ node: Node) throws(PlannerError) {
        let (axis, shape) = try normalizedAxis(node)
        let epsilon = try epsilon(node)
        let x = try value(node.inputs[0], of: node)
        let flat = TensorType(.f32, [whole(shape[..<axis]), whole(shape[axis...])])
        let rows = try reshaped(x, "\(node.name).rows", flat)
        let (gamma, beta) = (
            try stretched(node, 1, Array(shape[axis...])), try stretched(node, 2, Array(shape[axis...]))
        )
        if node.outputs[0].isEmpty {
            _ = try temporary("\(node.name).out", flat)
        } else {
            try step(PACK_OP_LayerNormalization, node, [rows, gamma, beta], [epsilon])
        }
        guard node.outputs.dropFirst().contains(where: { !$0.isEmpty }) else { return }
        let type = TensorType(.f32, shape[..<axis] + shape[axis...].map { _ in 1 })
        var results: [UInt32] = []
        for index in 1...2 {
            let name = node.outputs.indices.contains(index) ? node.outputs[index] : ""
            results.append(name.isEmpty ? try temporary("\(node.name).\(index)", type) : try result(name, of: node))
        }
        tables.addStep(
            PACK_OP_RowStatistics, name: node.name, inputs: [x], outputs: results, attributes: [Int64(axis), epsilon])
    }

    /// The axes are brought to the end, normalized as one, and brought back.
    private mutating func lowerMeanVariance(_ node: Node) throws(PlannerError) {
        let type = try type(node.inputs[0], of: node)
        let rank = type.shape.count
        var axes: [Int] = []
        for entry in try read(node, { n throws(GraphError) in try n.ints("axes") }) ?? [0, 2, 3] {
            axes.append(try axis(entry, rank: rank, node))
        }
        guard rank <= 8 else { throw refuse(node, "rank \(rank)", "at most 8") }
        let order = type.shape.indices.filter { !axes.contains($0) } + axes.sorted()
        let turned = order.map { type.shape[$0] }
        let kept = rank - axes.count
        let flat = TensorType(.f32, [whole(turned[..<kept]), whole(turned[kept...])])
        var x = try value(node.inputs[0], of: node)
        let isTurned = order != Array(0..<rank)
        if isTurned {
            let result = try temporary("\(node.name).turned", TensorType(.f32, turned))
            tables.addStep(
                PACK_OP_Transpose, name: node.name, inputs: [x], outputs: [result], attributes: order.map { Int64($0) })
            x = result
        }
        // The operator divides by the deviation and 1e-9.
        let inputs = [try reshaped(x, "\(node.name).rows", flat), PACK_PLAN_ABSENT, PACK_PLAN_ABSENT]
        guard isTurned else { return try step(PACK_OP_LayerNormalization, node, inputs, [bits(1e-18)]) }
        let normal = try temporary("\(node.name).normal", TensorType(.f32, turned))
        tables.addStep(
            PACK_OP_LayerNormalization, name: node.name, inputs: inputs, outputs: [normal], attributes: [bits(1e-18)])
        let back = (0..<rank).map { axis in Int64(order.firstIndex(of: axis) ?? 0) }
        try step(PACK_OP_Transpose, node, [normal], back)
    }
}
