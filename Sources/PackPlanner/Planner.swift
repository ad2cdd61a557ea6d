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

    /// Settles the layouts of plans that store all weights of one graph in each of several kinds. Throws as `draft` does.
    public static func drafts(
        _ graph: Graph, kinds: [WeightKind], metadata: PlanMetadata
    ) throws(PlannerError) -> [PlanDraft] {
        let lowering = Lowering(graph: graph, symbolMaxima: metadata.symbolMaxima)
        func drafts(_ kinds: ArraySlice<WeightKind>) throws(PlannerError) -> [PlanDraft] {
            try concurrently(Array(kinds)) { (kind) throws(PlannerError) in
                try draft(lowering, WeightStorage(kind), metadata)
            }
        }
        let first = try drafts(kinds.prefix(2))
        // Floats of both sizes alike, and none had 16 bits before: no weight has a choice.
        let hadHalves = first[0].weights.contains { $0.kind == .f16 }
        if kinds.starts(with: [.f32, .f16]), !hadHalves, first[0].isLike(first[1]) {
            return kinds.indices.map { first[min($0, 1)] }
        }
        return first + (try drafts(kinds.dropFirst(2)))
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
