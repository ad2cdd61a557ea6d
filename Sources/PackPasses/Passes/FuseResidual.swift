import PackGraph

extension Pass {
    /// A value of the same shape that is added to the output of a Linear.
    static let fuseResidual = Pass("fuse-residual", "Add residuals where the product is written", at: ["Add"]) {
        (rewriter: borrowing Rewriter, slot: Int, node: Node) throws(GraphError) in
        let both = rewriter.orders(node).compactMap { value, residual in
            rewriter.openLinear(value).map { ($0.slot, $0.node, residual) }
        }
        // Of two products the later one takes the earlier one in.
        guard let (below, linear, residual) = both.max(by: { $0.0 < $1.0 }), residual != linear.outputs[0],
            rewriter.graph.types[residual] != nil,
            rewriter.graph.types[residual] == rewriter.graph.types[linear.outputs[0]],
            rewriter.graph.constants[residual] == nil
        else { return nil }
        var fused = linear
        fused.inputs[3] = residual
        fused.outputs = node.outputs
        var patch = Patch(linear.name, slot, fused)
        patch.removed = [below]
        return patch
    }
}
