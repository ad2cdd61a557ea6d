import PackCore
import PackGraph

extension Pass {
    /// The highest results of a convolution over few values, of windows that do not overlap: all results need not be written.
    static let fuseMaxPool = Pass(
        "fuse-max-pool", "Pool the results of first layers where they are computed", at: ["MaxPool"]
    ) { (rewriter: borrowing Rewriter, slot: Int, node: Node) throws(GraphError) in
        guard let source = node.input(0), node.outputs.count == 1, rewriter.shape(source)?.count == 4,
            let (below, convolution) = rewriter.openConvolution(source), convolution.op == "Conv",
            rewriter.graph.types[source]?.dtype == .f32,
            let weights = rewriter.shape(convolution.inputs[1])?.compactMap(\.constant), weights.count == 4,
            weights[2] > 1, weights.dropFirst().reduce(1, *) <= WindowAttributes.mostPooledTaps
        else { return nil }
        let window = try WindowAttributes(convolution, kernel: Array(weights.suffix(2)), rank: 2)
        let pool = try WindowAttributes(node, rank: 2)
        guard window.padding == .given, pool.padding == .given, !pool.roundsUp, pool.dilations == [1, 1],
            (pool.before + pool.after).allSatisfy({ $0 == 0 }), zip(pool.kernel, pool.strides).allSatisfy({ $0 <= $1 }),
            pool.strides.allSatisfy({ $0 <= WindowAttributes.mostPooledStride })
        else { return nil }
        var fused = convolution
        fused.outputs = node.outputs
        fused.attributes["pool_kernel"] = .ints(pool.kernel)
        fused.attributes["pool_strides"] = .ints(pool.strides)
        var patch = Patch(convolution.name, slot, fused)
        patch.removed = [below]
        return patch
    }
}
