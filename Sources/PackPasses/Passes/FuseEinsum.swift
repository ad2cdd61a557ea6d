import PackGraph

extension Pass {
    /// Sums of products over the last axes of a value and the first ones of a constant, as Keras writes layers over heads, as a
    /// product with a matrix between changes of shape.
    static let fuseEinsum = Pass("fuse-einsum", "Recognize products with constant matrices in sums of products") {
        (rewriter: inout Rewriter) throws(GraphError) in
        guard rewriter.slots.contains(where: { $0?.op == "Einsum" }) else { return }
        rewriter.makeRoom(3)
        for slot in rewriter.slots.indices {
            guard let node = rewriter.slots[slot], node.op == "Einsum", let found = rewriter.layer(node) else {
                continue
            }
            guard try rewriter.apply(try rewriter.patch(found, slot, node)) else { return }
        }
    }
}

private struct EinsumLayer {
    var x: String
    var matrix: String
    /// Axes that stay, and extents of the axes of the constant that are summed over and that are not.
    var leading: Int
    var summed: [Int]
    var made: [Int]
}

extension Rewriter {
    fileprivate func layer(_ node: Node) -> EinsumLayer? {
        let ranks = node.inputs.compactMap { shape($0)?.count }
        guard ranks.count == 2, node.inputs.count == 2, let text = try? node.string("equation", default: ""),
            let equation = EinsumEquation(text, ranks: ranks)
        else { return nil }
        let (left, right) = (equation.inputs[0], equation.inputs[1])
        guard let constant = graph.constants[node.inputs[1]], constant.count > 0,
            graph.constants[node.inputs[0]] == nil,
            Set(left).count == left.count, Set(right).count == right.count
        else { return nil }
        let summed = left.filter { right.contains($0) }
        guard !summed.isEmpty, Array(left.suffix(summed.count)) == summed, Array(right.prefix(summed.count)) == summed
        else {
            return nil
        }
        let (kept, made) = (Array(left.dropLast(summed.count)), Array(right.dropFirst(summed.count)))
        let extents = Array(constant.shape.prefix(summed.count))
        guard equation.output == kept + made, !kept.isEmpty, !made.isEmpty,
            shape(node.inputs[0])?.suffix(summed.count).map(\.self) == extents.map(Dimension.constant)
        else { return nil }
        return EinsumLayer(
            x: node.inputs[0], matrix: node.inputs[1], leading: kept.count, summed: extents,
            made: Array(constant.shape.dropFirst(summed.count)))
    }

    fileprivate func patch(_ found: EinsumLayer, _ slot: Int, _ node: Node) throws(GraphError) -> Patch {
        var patch = Patch(node.name)
        var nodes: [Node] = []
        var (x, matrix) = (found.x, found.matrix)
        let zeros = Array(repeating: 0, count: found.leading)
        let (rows, columns) = (found.summed.reduce(1, *), found.made.reduce(1, *))
        if let constant = graph.constants[matrix], constant.shape != [rows, columns] {
            matrix = freshValue("\(found.matrix).flat")
            patch.constants[matrix] = try Constant(constant.dtype, [rows, columns], constant.storage)
            patch.unused.append(found.matrix)
        }
        if found.summed.count > 1 {
            let flat = freshValue("\(node.name).flat")
            nodes.append(try reshape(x, zeros + [rows], flat, &patch))
            x = flat
        }
        let product = found.made.count > 1 ? freshValue("\(node.name).product") : node.outputs[0]
        nodes.append(Node("MatMul", name: node.name, inputs: [x, matrix], outputs: [product]))
        if found.made.count > 1 { nodes.append(try reshape(product, zeros + found.made, node.outputs[0], &patch)) }
        patch.put(nodes, upTo: slot)
        return patch
    }
}
