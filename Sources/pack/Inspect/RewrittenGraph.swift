import PackGraph
import PackPasses

/// A graph as all passes leave it.
struct RewrittenGraph {
    let graph: Graph
    let effects: PassEffects

    init(_ imported: Graph) throws(GraphError) {
        let (graph, rewrites) = try PassPipeline.standard.run(imported)
        self.graph = graph
        effects = PassEffects(before: imported, after: graph, rewrites)
    }
}
