import PackGraph

extension Pass {
    /// Nodes whose results nothing needs, and constants that nothing reads. Inputs of the model stay.
    static let removeUnused = Pass("remove-unused", "Remove nodes and constants that no output needs") {
        (rewriter: inout Rewriter) throws(GraphError) in
        for slot in rewriter.slots.indices.reversed() {
            guard let node = rewriter.slots[slot], rewriter.isUnused(node) else {
                continue
            }
            var patch = Patch(node.name)
            patch.removed = [slot]
            guard try rewriter.apply(patch) else { return }
        }
        for name in rewriter.graph.constants.keys.sorted() where rewriter.useCount(name) == 0 {
            var patch = Patch(name)
            patch.unused = [name]
            guard try rewriter.apply(patch) else { return }
        }
    }
}
