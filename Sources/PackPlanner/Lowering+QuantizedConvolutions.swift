import CPackKernels
import PackCore
import PackGraph
import PackRuntime

extension Lowering {
    mutating func lowerIntegerConv(_ node: Node) throws(PlannerError) {
        let operands = QuantizedOperands(node)
        let window = try window(node, weights: operands.b)
        let group = try read(node) { n throws(GraphError) in try n.int("group", default: 1) }
        guard let constant = packable(operands.b), group > 0, constant.shape[0] % group == 0,
            window.kernel.count <= 3, try isSingle(operands.aZero, of: node), try isSingle(operands.aScale, of: node)
        else { return try lowerLooseConv(node, operands, window, group) }
        let n = constant.shape[0] / group
        let k = constant.count / constant.shape[0]
        let weights = try integerPanels(operands.b, constant, groups: group, k: k, n: n, true)
        try step(
            PACK_OP_IntegerConv, node, try integerInputs(operands, weights.values, of: node),
            [Int64(k), Int64(n), Int64(group), weights.shift] + window.words)
    }

    private func isSingle(_ name: String, of node: Node) throws(PlannerError) -> Bool {
        name.isEmpty ? true : try type(name, of: node).shape.allSatisfy { $0 == .constant(1) }
    }

    /// In f32, exact while sums stay below 2^24.
    private mutating func lowerLooseConv(
        _ node: Node, _ operands: QuantizedOperands, _ window: WindowAttributes, _ group: Int
    ) throws(PlannerError) {
        let type = try type(node.outputs[0], of: node)
        let aType = try self.type(operands.a, of: node)
        let bType = try self.type(operands.b, of: node)
        let axes = aType.shape.count - 2
        let left = try moved(
            try value(operands.a, of: node), try placed(operands.aZero, as: nil, isColumn: false, of: node),
            aType.shape, operands.a, of: node)
        let right = try moved(
            try value(operands.b, of: node),
            try placed(operands.bZero, as: nil, isColumn: true, axes: axes, of: node), bType.shape, operands.b, of: node
        )
        let sums = try temporary(node.outputs[0] + ".float", TensorType(.f32, type.shape))
        try add(
            PACK_OP_Conv, node,
            [
                try converted(left, TensorType(.f32, aType.shape), operands.a + ".f32", of: node),
                try converted(right, TensorType(.f32, bType.shape), operands.b + ".f32", of: node), PACK_PLAN_ABSENT,
            ], [sums], [0, 0, 0, Int64(group)] + window.words)
        guard type.dtype != .i32 else { return try step(PACK_OP_Cast, node, [sums]) }
        let whole = try temporary(node.outputs[0] + ".sums", TensorType(.i32, type.shape))
        try add(PACK_OP_Cast, node, [sums], [whole])
        try finish(
            node, operands, whole,
            [
                try placed(operands.aScale, as: .f32, isColumn: false, of: node).value,
                try placed(operands.bScale, as: .f32, isColumn: false, axes: axes, of: node).value,
            ], bias: try placed(operands.bias, as: .i32, isColumn: false, axes: axes, of: node).value)
    }
}
