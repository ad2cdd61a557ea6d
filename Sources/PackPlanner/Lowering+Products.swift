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
        var total = try temporary(node.outputs[0] + ".product", type)
        try add(PACK_OP_MatMulAny, node, [a, b], [total])
        if form.alpha != 1 {
            let scaled = try temporary(node.outputs[0] + ".scaled", type)
            try pair(node, .multiply, type.dtype, total, try scalar(form.alpha, type.dtype, of: node), scaled)
            total = scaled
        }
        guard let addend else { return try finish(node, total) }
        var c = try value(addend, of: node)
        if form.beta != 1 {
            let scaled = try temporary(addend + ".scaled", try self.type(addend, of: node))
            try pair(node, .multiply, type.dtype, c, try scalar(form.beta, type.dtype, of: node), scaled)
            c = scaled
        }
        try pair(node, .add, type.dtype, total, c, try result(node.outputs[0], of: node))
    }

    /// Lets the node's first output be a value that is made already.
    private mutating func finish(_ node: Node, _ index: UInt32) throws(PlannerError) {
        indices[node.outputs[0]] = index
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

    private mutating func lowerEinsum(_ node: Node) throws(PlannerError) {
        let text = try read(node) { n throws(GraphError) in try n.string("equation", default: "") }
        let ranks = try node.inputs.map { name throws(PlannerError) in try type(name, of: node).shape.count }
        guard let equation = EinsumEquation(text, ranks: ranks), node.inputs.count <= 3 else {
            throw refuse(node, "equation \(text)", "up to three inputs")
        }
        var labels = equation.output
        var words = [Int64(labels.count)]
        for label in equation.inputs.joined() {
            if !labels.contains(label) { labels.append(label) }
            words.append(Int64(labels.firstIndex(of: label) ?? 0))
        }
        guard labels.count <= 16 else { throw refuse(node, "\(labels.count) labels", "at most 16") }
        try lowerPlain(PACK_OP_Einsum, node, count: node.inputs.count, words)
    }
}
