import CPackKernels
import PackCore
import PackGraph
import PackRuntime

extension Lowering {
    /// Casts and operators on quantized tensors.
    static let quantized: [String: LoweringRule] = merge([
        rules(["Cast", "CastLike"]) { (lowering, node) throws(PlannerError) in try lowering.lowerNumericCast(node) },
        [
            "BitCast": { (lowering, node) throws(PlannerError) in
                try lowering.lowerPlain(PACK_OP_Cast, node, count: 1, [1, 0, 1])
            },
            "QuantizeLinear": { (lowering, node) throws(PlannerError) in try lowering.lowerQuantize(node) },
            "DequantizeLinear": { (lowering, node) throws(PlannerError) in
                try lowering.step(
                    PACK_OP_Dequantize, node, try lowering.values(node, 3), try lowering.quantizationAxis(node))
            },
            "DynamicQuantizeLinear": { (lowering, node) throws(PlannerError) in
                try lowering.step(
                    PACK_OP_DynamicQuantize, node, try lowering.values(node, 1), [],
                    outputs: [
                        try lowering.type(node.outputs[0], of: node), TensorType(.f32, []), TensorType(.u8, []),
                    ])
            },
        ],
        rules(["ConvInteger", "QLinearConv"]) { (lowering, node) throws(PlannerError) in
            try lowering.lowerIntegerConv(node)
        },
        rules(["MatMulInteger", "QLinearMatMul", "MatMulIntegerToFloat", "DynamicQuantizeMatMul", "QGemm"]) {
            (lowering, node) throws(PlannerError) in try lowering.lowerIntegerProduct(node)
        },
    ])

    private mutating func lowerNumericCast(_ node: Node) throws(PlannerError) {
        let from = try type(node.inputs[0], of: node).dtype
        if from == (try type(node.outputs[0], of: node).dtype) {
            return try alias(node.outputs[0], to: node.inputs[0], of: node)
        }
        let saturates = try read(node) { n throws(GraphError) in try n.int("saturate", default: 1) }
        let mode = try read(node) { n throws(GraphError) in try n.string("round_mode", default: "up") }
        let modes: [String: NarrowFloat.Rounding] = ["nearest": .nearest, "up": .up, "down": .down]
        guard let rounding = modes[mode] else { throw refuse(node, "round_mode \(mode)", "up, down or nearest") }
        try lowerPlain(PACK_OP_Cast, node, count: 1, [saturates == 0 ? 0 : 1, Int64(rounding.rawValue)])
    }

    /// The axis from the front, and the elements of a block.
    private func quantizationAxis(_ node: Node) throws(PlannerError) -> [Int64] {
        let rank = try type(node.inputs[0], of: node).shape.count
        let axis = try read(node) { n throws(GraphError) in try n.int("axis", default: 1) }
        let block = try read(node) { n throws(GraphError) in try n.int("block_size", default: 0) }
        return [Int64(axis < 0 ? axis + rank : axis), Int64(block)]
    }

    private mutating func lowerQuantize(_ node: Node) throws(PlannerError) {
        let saturates = try read(node) { n throws(GraphError) in try n.int("saturate", default: 1) }
        let precision = try read(node) { n throws(GraphError) in try n.int("precision", default: 0) }
        var isHalf = precision == DType.f16.onnxCode
        if precision == 0 {
            let types = (try type(node.inputs[0], of: node).dtype, try type(node.inputs[1], of: node).dtype)
            isHalf = types == (.f16, .f16)
        }
        try step(
            PACK_OP_Quantize, node, try values(node, 3),
            try quantizationAxis(node) + [saturates == 0 ? 0 : 1, isHalf ? 1 : 0])
    }
}
