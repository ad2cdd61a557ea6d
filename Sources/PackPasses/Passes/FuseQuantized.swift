import PackCore
import PackGraph

extension Pass {
    /// Products and convolutions of numbers made from codes, in integers; with the codes made of their results.
    static let fuseQuantized = Pass(
        "fuse-quantized", "Compute between DequantizeLinear and QuantizeLinear in integers",
        at: ["MatMul", "Gemm", "Conv"]
    ) { (rewriter: borrowing Rewriter, slot: Int, node: Node) throws(GraphError) in
        try rewriter.quantized(node, slot)
    }
}

extension Rewriter {
    /// Codes with what they stand for.
    private struct Codes {
        var codes: String
        var scale: String
        var zero: String
    }

    fileprivate func quantized(_ node: Node, _ slot: Int) throws(GraphError) -> Patch? {
        guard let left = node.input(0), let right = node.input(1), let a = try activations(left) else { return nil }
        var isTransposed = false
        if node.op == "Gemm" {
            isTransposed = try node.int("transB", default: 0) != 0
            guard try node.int("transA", default: 0) == 0, try node.float("alpha", default: 1) == 1,
                try node.float("beta", default: 1) == 1
            else { return nil }
        }
        guard let b = try weights(right, axis: node.op == "Conv" || isTransposed ? 0 : 1) else { return nil }
        if node.op != "Conv", graph.constants[b.codes]?.shape.count != 2 { return nil }
        var bias = ""
        if let third = node.input(2) {
            guard let found = try self.bias(third, a, b, of: node, isTransposed) else { return nil }
            bias = found
        }
        if let (last, y) = codes(of: node.outputs[0]) {
            return patch(node, slot, last, a, b, bias, y, isTransposed)
        }
        // Without codes as a result, only products without a bias are simple.
        guard node.op == "MatMul" else { return nil }
        return Patch(
            node.name, slot,
            Node(
                "MatMulIntegerToFloat", name: node.name,
                inputs: [a.codes, b.codes, a.scale, b.scale, a.zero, b.zero].trimmed, outputs: node.outputs))
    }

    private func patch(
        _ node: Node, _ slot: Int, _ last: Int, _ a: Codes, _ b: Codes, _ bias: String, _ y: Codes,
        _ isTransposed: Bool
    ) -> Patch? {
        guard let outputs = slots[last]?.outputs, !y.zero.isEmpty else { return nil }
        var inputs = [a.codes, a.scale, a.zero, b.codes, b.scale, b.zero]
        let op = node.op == "Conv" ? "QLinearConv" : node.op == "Gemm" ? "QGemm" : "QLinearMatMul"
        inputs += op == "QGemm" ? [bias, y.scale, y.zero] : [y.scale, y.zero, bias]
        // Absent zero points are of the type u8; these operators ask for some.
        if a.zero.isEmpty || b.zero.isEmpty { return nil }
        var attributes = node.op == "Conv" ? node.attributes : [:]
        if op == "QGemm" { attributes["transB"] = .int(isTransposed ? 1 : 0) }
        return Patch(
            node.name, last, Node(op, name: node.name, inputs: inputs.trimmed, outputs: outputs, attributes: attributes)
        )
    }

    /// Codes of 8 bits of one scale that become a value.
    private func activations(_ value: String) throws(GraphError) -> Codes? {
        guard let (_, node) = maker(value, "DequantizeLinear"), graph.types[value]?.dtype == .f32,
            try node.int("block_size", default: 0) == 0, let codes = node.input(0), let scale = node.input(1),
            [.u8, .i8].contains(graph.types[codes]?.dtype), graph.types[scale]?.dtype == .f32,
            shape(scale)?.allSatisfy({ $0 == .constant(1) }) == true, graph.constants[codes] == nil
        else { return nil }
        return Codes(codes: codes, scale: scale, zero: node.input(2) ?? "")
    }

    /// Constant codes of one scale, or one for each place along the axis of outputs.
    private func weights(_ value: String, axis: Int) throws(GraphError) -> Codes? {
        guard let (_, node) = maker(value, "DequantizeLinear"), graph.types[value]?.dtype == .f32,
            try node.int("block_size", default: 0) == 0, let codes = node.input(0), let scale = node.input(1),
            let constant = graph.constants[codes], constant.dtype == .u8 || constant.dtype == .i8,
            constant.shape.count > axis, let scales = graph.constants[scale], scales.dtype == .f32
        else { return nil }
        let given = try node.int("axis", default: 1)
        let isAlong = (given < 0 ? given + constant.shape.count : given) == axis
        guard scales.count == 1 || isAlong && scales.shape == [constant.shape[axis]] else { return nil }
        return Codes(codes: codes, scale: scale, zero: node.input(2) ?? "")
    }

    /// The constant i32 codes of a bias in units of both scales.
    private func bias(
        _ value: String, _ a: Codes, _ b: Codes, of node: Node, _ isTransposed: Bool
    ) throws(GraphError) -> String? {
        guard let (_, maker) = maker(value, "DequantizeLinear"), let codes = maker.input(0), let scale = maker.input(1),
            let constant = graph.constants[codes], constant.dtype == .i32, let weights = graph.constants[b.codes],
            constant.shape == [weights.shape[node.op == "Conv" || isTransposed ? 0 : 1]],
            let units = try graph.constants[scale]?.floats(), let first = scalar(a.scale),
            let seconds = try graph.constants[b.scale]?.floats(), units.count == seconds.count
        else { return nil }
        if let zero = maker.input(2), try graph.constants[zero]?.integers().allSatisfy({ $0 == 0 }) != true {
            return nil
        }
        guard zip(units, seconds).allSatisfy({ isNear($0, first * $1) }) else { return nil }
        return codes
    }

    /// The codes that a value becomes, if it becomes nothing else; the slot of the node that makes them.
    private func codes(of value: String) -> (slot: Int, Codes)? {
        guard let reader = onlyReader(value) else { return nil }
        var next = reader
        let isCut = next.node.op == "Relu"
        if isCut {
            guard let after = onlyReader(next.node.outputs[0]) else { return nil }
            next = after
        }
        guard next.node.op == "QuantizeLinear", let scale = next.node.input(1), let zero = next.node.input(2),
            shape(scale)?.allSatisfy({ $0 == .constant(1) }) == true, graph.types[scale]?.dtype == .f32,
            let dtype = graph.types[next.node.outputs[0]]?.dtype, dtype == .u8 || dtype == .i8
        else { return nil }
        // Relu does nothing where negative numbers have no codes.
        if isCut, graph.constants[zero]?.scalarInteger != (dtype == .u8 ? 0 : -128) { return nil }
        return (next.slot, Codes(codes: next.node.outputs[0], scale: scale, zero: zero))
    }
}
