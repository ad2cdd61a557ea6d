import CPackKernels
import PackCore
import PackGraph

extension Lowering {
    /// A sum of products: a product of matrices between transpositions where it is one, else a step of its own.
    mutating func lowerEinsum(_ node: Node) throws(PlannerError) {
        let text = try read(node) { n throws(GraphError) in try n.string("equation", default: "") }
        let ranks = try node.inputs.map { name throws(PlannerError) in try type(name, of: node).shape.count }
        guard let equation = EinsumEquation(text, ranks: ranks), node.inputs.count <= 3 else {
            throw refuse(node, "equation \(text)", "up to three inputs")
        }
        if let form = try matrixForm(equation, node) { return try lowerMatrixForm(form, node) }
        var labels = equation.output
        var words = [Int64(labels.count)]
        for label in equation.inputs.joined() {
            if !labels.contains(label) { labels.append(label) }
            words.append(Int64(labels.firstIndex(of: label) ?? 0))
        }
        guard labels.count <= 16 else { throw refuse(node, "\(labels.count) labels", "at most 16") }
        try lowerPlain(PACK_OP_Einsum, node, count: node.inputs.count, words)
    }

    /// The labels of a product of matrices by their part in it.
    private struct MatrixForm {
        let inputs: [[Character]]
        let output: [Character]
        var extents: [Character: Dimension] = [:]
        var batch: [Character] = []
        var left: [Character] = []
        var right: [Character] = []
        var summed: [Character] = []

        /// The extents of labels.
        func shape(_ labels: [Character]) -> [Dimension] { labels.map { extents[$0] ?? 1 } }
        func count(_ labels: [Character]) -> Dimension { shape(labels).reduce(1, *) }
    }

    /// An equation of two inputs as a product of matrices; nil where labels stand twice in one input, are summed over in one
    /// alone, or are stretched.
    private func matrixForm(_ equation: EinsumEquation, _ node: Node) throws(PlannerError) -> MatrixForm? {
        guard equation.inputs.count == 2, equation.inputs.allSatisfy({ Set($0).count == $0.count }) else { return nil }
        var form = MatrixForm(inputs: equation.inputs, output: equation.output)
        for (labels, name) in zip(equation.inputs, node.inputs) {
            for (label, extent) in zip(labels, try type(name, of: node).shape) {
                guard form.extents[label] ?? extent == extent else { return nil }
                form.extents[label] = extent
            }
        }
        for label in equation.inputs[0] {
            let isShared = equation.inputs[1].contains(label)
            let isKept = equation.output.contains(label)
            if !isShared && !isKept { return nil }
            if !isShared {
                form.left.append(label)
            } else if isKept {
                form.batch.append(label)
            } else {
                form.summed.append(label)
            }
        }
        for label in equation.inputs[1] where !equation.inputs[0].contains(label) {
            guard equation.output.contains(label) else { return nil }
            form.right.append(label)
        }
        return form.batch.count + 2 <= Int(PACK_PLAN_MAXIMUM_RANK) ? form : nil
    }

    private mutating func lowerMatrixForm(_ form: MatrixForm, _ node: Node) throws(PlannerError) {
        let type = try type(node.outputs[0], of: node)
        let batch = form.shape(form.batch)
        let rows = form.count(form.left)
        let columns = form.count(form.right)
        let inner = form.count(form.summed)
        let a = try ordered(node, 0, form, form.batch + form.left + form.summed, batch + [rows, inner])
        let b = try ordered(node, 1, form, form.batch + form.summed + form.right, batch + [inner, columns])
        let name = node.outputs[0] + ".product"
        let product = try temporary(name, TensorType(type.dtype, batch + [rows, columns]))
        try add(type.dtype == .f32 ? PACK_OP_MatMul : PACK_OP_MatMulAny, node, [a, b], [product])
        let labels = form.batch + form.left + form.right
        let unfolded = try reshaped(product, name + ".axes", TensorType(type.dtype, form.shape(labels)))
        let order = form.output.map { Int64(labels.firstIndex(of: $0) ?? 0) }
        try add(PACK_OP_Transpose, node, [unfolded], [try result(node.outputs[0], of: node)], order)
    }

    /// An input with its axes in the order of labels, folded into a shape.
    private mutating func ordered(
        _ node: Node, _ index: Int, _ form: MatrixForm, _ labels: [Character], _ shape: [Dimension]
    ) throws(PlannerError) -> UInt32 {
        let name = node.inputs[index]
        let dtype = try type(name, of: node).dtype
        var source = try value(name, of: node)
        if labels != form.inputs[index] {
            let order = labels.map { Int64(form.inputs[index].firstIndex(of: $0) ?? 0) }
            let turned = try temporary("\(name).turned", TensorType(dtype, form.shape(labels)))
            try add(PACK_OP_Transpose, node, [source], [turned], order)
            source = turned
        }
        return try reshaped(source, "\(name).matrices", TensorType(dtype, shape))
    }
}
