import PackCore
import PackGraph

extension Pass {
    /// What onnxruntime's quantizer writes for a product with quantized weights: codes in the range of the input, the product
    /// in integers, then both scales, and the bias that follows.
    static let fuseDynamicProduct = Pass(
        "fuse-dynamic-product", "Join products of quantized inputs with their scales and biases", at: ["MatMulInteger"]
    ) { (rewriter: borrowing Rewriter, slot: Int, node: Node) throws(GraphError) in
        rewriter.dynamicProduct(node, slot)
    }
}

extension Rewriter {
    fileprivate func dynamicProduct(_ node: Node, _ slot: Int) -> Patch? {
        guard let codes = node.input(0), let weights = node.input(1), let zero = node.input(2),
            let (_, quantize) = maker(codes, "DynamicQuantizeLinear"), quantize.outputs.count == 3,
            quantize.outputs[0] == codes, quantize.outputs[2] == zero, let x = quantize.input(0),
            let (castSlot, cast) = onlyReader(node.outputs[0]), cast.op == "Cast",
            graph.types[cast.outputs[0]]?.dtype == .f32,
            let (scaleSlot, product) = onlyReader(cast.outputs[0]), product.op == "Mul",
            let factor = product.inputs.first(where: { $0 != cast.outputs[0] }),
            let (factorSlot, factors) = maker(factor, "Mul"),
            let scale = factors.inputs.first(where: { $0 != quantize.outputs[1] }),
            factors.inputs.contains(quantize.outputs[1]), isWeightScale(scale, of: weights)
        else { return nil }
        var last = (slot: scaleSlot, node: product)
        var bias = ""
        if let (sum, addition) = onlyReader(product.outputs[0]), addition.op == "Add",
            let other = addition.inputs.first(where: { $0 != product.outputs[0] }),
            let columns = shape(weights)?.last?.constant, graph.constants[other]?.dtype == .f32,
            graph.constants[other]?.shape == [columns], shape(addition.outputs[0]) == shape(product.outputs[0])
        {
            last = (sum, addition)
            bias = other
        }
        // Codes that several products read are made once.
        let isAlone = useCount(codes) == 1
        let path = path([slot, castSlot, scaleSlot, factorSlot, last.slot])
        let weightZero = node.input(3) ?? ""
        let inputs =
            isAlone
            ? [x, weights, scale, weightZero, bias]
            : [codes, weights, quantize.outputs[1], scale, zero, weightZero, bias]
        return Patch(
            path, last.slot,
            Node(
                isAlone ? "DynamicQuantizeMatMul" : "MatMulIntegerToFloat", name: path, inputs: inputs.trimmed,
                outputs: last.node.outputs))
    }

    /// Whether a value is the f32 scale of a matrix of codes, or a scale a column.
    private func isWeightScale(_ scale: String, of weights: String) -> Bool {
        guard let constant = graph.constants[scale], constant.dtype == .f32, let matrix = graph.constants[weights],
            matrix.shape.count == 2
        else { return false }
        return constant.count == 1 || constant.shape == [matrix.shape[1]]
    }
}

extension [String] {
    /// Without absent inputs at the end.
    var trimmed: [String] { Array(prefix((lastIndex { !$0.isEmpty } ?? -1) + 1)) }
}
