import PackGraph

extension Pass {
    /// x · W + b for a constant matrix, stored as it is or transposed.
    static let fuseLinear = Pass(
        "fuse-linear", "Join products with constant matrices and their biases", at: ["MatMul", "Gemm"]
    ) { (rewriter: borrowing Rewriter, slot: Int, node: Node) throws(GraphError) in
        node.op == "MatMul" ? rewriter.product(node, slot) : try rewriter.affine(node, slot)
    }
}

extension Rewriter {
    fileprivate func product(_ node: Node, _ slot: Int) -> Patch? {
        guard let x = node.input(0), let second = node.input(1), weight(x) == nil, let matrix = matrix(second),
            let width = shape(node.outputs[0])?.last?.constant
        else { return nil }
        let inner: Set<Int> = matrix.slot.map { [slot, $0] } ?? [slot]
        if let (sum, addition) = onlyReader(node.outputs[0]), addition.op == "Add",
            let other = addition.inputs.first(where: { $0 != node.outputs[0] }), let bias = vector(other, count: width),
            shape(addition.outputs[0]) == shape(node.outputs[0])
        {
            let path = path(inner.union([sum]))
            var patch = Patch(path, sum, Self.linear(path, x, matrix, bias, addition.outputs))
            patch.removed = [slot]
            return patch
        }
        let path = path(inner)
        return Patch(path, slot, Self.linear(path, x, matrix, "", node.outputs))
    }

    /// A constant matrix, and whether it is stored transposed.
    private func matrix(_ value: String) -> (name: String, transposed: Bool, slot: Int?)? {
        if let (name, constant) = weight(value) { return constant.shape.count == 2 ? (name, false, nil) : nil }
        guard let (slot, node) = maker(value, "Transpose"), let source = node.input(0),
            let (name, constant) = weight(source), constant.shape.count == 2
        else { return nil }
        let order = (try? node.ints("perm")) ?? nil
        return order ?? [1, 0] == [1, 0] ? (name, true, slot) : nil
    }

    private static func linear(
        _ name: String, _ x: String, _ matrix: (name: String, transposed: Bool, slot: Int?), _ bias: String,
        _ outputs: [String]
    ) -> Node {
        Node(
            "Linear", name: name, inputs: [x, matrix.name, bias, ""], outputs: outputs,
            attributes: ["transposed": .int(matrix.transposed ? 1 : 0), "activation": .string("none")])
    }

    /// Gemm without factors.
    fileprivate func affine(_ node: Node, _ slot: Int) throws(GraphError) -> Patch? {
        guard let x = node.input(0), let second = node.input(1), weight(x) == nil, let matrix = matrix(second),
            let width = shape(node.outputs[0])?.last?.constant, try node.int("transA", default: 0) == 0,
            try node.float("alpha", default: 1) == 1
        else { return nil }
        var bias = ""
        if let third = node.input(2) {
            guard try node.float("beta", default: 1) == 1, let found = vector(third, count: width) else { return nil }
            bias = found
        }
        let flips = try node.int("transB", default: 0) != 0
        return Patch(
            node.name, slot,
            Self.linear(node.name, x, (matrix.name, matrix.transposed != flips, matrix.slot), bias, node.outputs))
    }
}
