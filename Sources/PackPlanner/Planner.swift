import CPackKernels
import PackCore
public import PackGraph
import PackIO

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
        try draft(Lowering(graph: graph, symbolMaxima: metadata.symbolMaxima), storage, metadata)
    }

    /// Settles the layouts of plans that store the weights of one graph in several ways. Throws as `draft` does.
    public static func drafts(
        _ graph: Graph, storages: [WeightStorage], metadata: PlanMetadata
    ) throws(PlannerError) -> [PlanDraft] {
        let lowering = Lowering(graph: graph, symbolMaxima: metadata.symbolMaxima)
        return try concurrently(storages) { (storage) throws(PlannerError) in
            try draft(lowering, storage, metadata)
        }
    }

    private static func draft(
        _ lowering: Lowering, _ storage: WeightStorage, _ metadata: PlanMetadata
    ) throws(PlannerError) -> PlanDraft {
        var lowering = lowering
        try lowering.run(storage)
        var tables = lowering.tables
        tables.labels = metadata.labels.map { tables.intern($0) }
        if tables.values.contains(where: { $0.dtype == DType.string.rawValue }) {
            try tables.add(texts: lowering.graph.texts.entries)
        }
        tables.markFixed()
        return PlanDraft(
            tables: tables, metadata: metadata, chunks: lowering.chunks, dataBytes: lowering.dataBytes,
            weights: lowering.weights)
    }
}
