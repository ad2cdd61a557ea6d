import CPackKernels
import PackCore
public import PackGraph

/// Lowers a graph with known types to a plan.
///
/// Nodes that only compute shapes are not lowered: the plan's shape expressions stand for them. Reshaping costs no step. A
/// product with a constant matrix becomes `Linear` on packed panels, whether or not a pass has fused it before.
public enum Planner {
    /// Settles the layout of a plan.
    ///
    /// - Parameters:
    ///   - graph: In topological order, with the type of every value.
    ///   - storage: How weights are stored.
    ///   - metadata: What the plan says besides.
    /// - Throws: `PlannerError` for the first node that the runtime does not do.
    public static func draft(
        _ graph: Graph, storage: WeightStorage, metadata: PlanMetadata
    ) throws(PlannerError) -> PlanDraft {
        var lowering = Lowering(graph: graph, storage: storage, symbolMaxima: metadata.symbolMaxima)
        try lowering.run()
        var tables = lowering.tables
        tables.labels = metadata.labels.map { tables.intern($0) }
        if tables.values.contains(where: { $0.dtype == DType.string.rawValue }) {
            try tables.add(texts: graph.texts.entries)
        }
        return PlanDraft(
            tables: tables, metadata: metadata, chunks: lowering.chunks, dataBytes: lowering.dataBytes,
            weights: lowering.weights)
    }
}
