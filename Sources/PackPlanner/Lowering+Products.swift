import CPackKernels
import PackCore
import PackGraph
import PackRuntime

extension Lowering {
    /// Products of matrices, and sums of products.
    static let products: [String: LoweringRule] = [
        "Gemm": { (lowering, node) throws(PlannerError) in try lowering.lowerGemm(node) },
        "Einsum": { (lowering, node) throws(PlannerError) in try lowering.lowerEinsum(node) },
        "Det": { (lowering, node) throws(PlannerError) in
            try lowering.lowerPlain(PACK_OP_Determinant, node, count: 1)
        },
        "Inverse": { (lowering, node) throws(PlannerError) in
            try lowering.lowerPlain(PACK_OP_Inverse, node, count: 1)
        },
    ]

    private struct Gemm {
        let alpha: Float
        let beta: Float
        let isLeftTransposed: Bool
        let isRightTransposed: Bool
    }

    private func gemm(_ node: Node) throws(PlannerError) -> Gemm {
        try read(node) { n throws(GraphError) in
            Gemm(
                alpha: try n.float("alpha", default: 1), beta: try n.float("beta", default: 1),
                isLeftTransposed: try n.int("transA", default: 0) != 0,
                isRightTransposed: try n.int("transB", default: 0) != 0)
        }
    }

    /// alpha·A·B + beta·C: `Linear` where B is constant, else a product and what else is asked for.
    private mutating func lowerGemm(_ node: Node) throws(PlannerError) {
        let form = try gemm(node)
        let type = try type(node.outputs[0], of: node)
        let addend = node.input(2)
        if type.dtype == .f32, !form.isLeftTransposed, form.alpha == 1, let weight = graph.constants[node.inputs[1]],
            weight.count > 0
        {
            let bias = try addend.map { name throws(PlannerError) in try self.type(name, of: node).shape }
            let isRow = bias == nil || bias == [type.shape[1]] || bias == [1, type.shape[1]]
            if isRow, bias == nil || form.beta == 1 {
                return try lowerProduct(
                    node, weight: node.inputs[1], transposed: form.isRightTransposed, bias: addend)
            }
        }
        let a = try transposed(node.inputs[0], form.isLeftTransposed, of: node)
        let b = try transposed(node.inputs[1], form.isRightTransposed, of: node)
        // The last step makes the node's output, the others values between.
        func target(isLast: Bool, _ part: String) throws(PlannerError) -> UInt32 {
            isLast ? try result(node.outputs[0], of: node) : try temporary("\(node.outputs[0]).\(part)", type)
        }
        var total = try target(isLast: addend == nil && form.alpha == 1, "product")
        try add(type.dtype == .f32 ? PACK_OP_MatMul : PACK_OP_MatMulAny, node, [a, b], [total])
        if form.alpha != 1 {
            let scaled = try target(isLast: addend == nil, "scaled")
            try pair(node, .multiply, type.dtype, total, try scalar(form.alpha, type.dtype, of: node), scaled)
            total = scaled
        }
        guard let addend else { return }
        var c = try value(addend, of: node)
        if form.beta != 1 {
            let scaled = try temporary(addend + ".scaled", try self.type(addend, of: node))
            try pair(node, .multiply, type.dtype, c, try scalar(form.beta, type.dtype, of: node), scaled)
            c = scaled
        }
        try pair(node, .add, type.dtype, total, c, try result(node.outputs[0], of: node))
    }

    private mutating func transposed(
        _ name: String, _ isTransposed: Bool, of node: Node
    ) throws(PlannerError) -> UInt32 {
        let index = try value(name, of: node)
        guard isTransposed else { return index }
        let type = try type(name, of: node)
        let result = try temporary(name + ".transposed", TensorType(type.dtype, type.shape.reversed()))
        try add(PACK_OP_Transpose, node, [index], [result], [1, 0])
        return result
    }
}
