import PackGraph

/// A named step of the pipeline: rewrites of one kind.
public struct Pass: Sendable {
    /// Lower-case words joined by hyphens, for example `fuse-gelu`.
    public let name: String
    /// What it does, in one line.
    public let summary: String
    let run: @Sendable (inout Rewriter) throws(GraphError) -> Void

    init(_ name: String, _ summary: String, run: @escaping @Sendable (inout Rewriter) throws(GraphError) -> Void) {
        self.name = name
        self.summary = summary
        self.run = run
    }

    /// A pass that looks at each node of the given operators, in order, and rewrites it as long as `match` has a patch.
    init(
        _ name: String, _ summary: String, at operators: Set<String>,
        match: @escaping @Sendable (borrowing Rewriter, Int, Node) throws(GraphError) -> Patch?
    ) {
        self.init(name, summary) { (rewriter: inout Rewriter) throws(GraphError) in
            guard !operators.isDisjoint(with: rewriter.operators) else { return }
            for slot in rewriter.slots.indices {
                while let op = rewriter.slots[slot]?.op, operators.contains(op), let node = rewriter.slots[slot],
                    let patch = try match(rewriter, slot, node)
                {
                    guard try rewriter.apply(patch) else { return }
                }
            }
        }
    }
}

/// One rewrite that was applied.
public struct RewriteRecord: Hashable, Sendable {
    /// Name of the pass.
    public var pass: String
    /// What was rewritten: the path of a module, or the name of a node or value.
    public var label: String
    /// Nodes before.
    public var nodesBefore: Int
    /// Nodes after.
    public var nodesAfter: Int
    /// Bytes of constants before.
    public var constantBytesBefore: Int
    /// Bytes of constants after.
    public var constantBytesAfter: Int
}

extension RewriteRecord: CustomStringConvertible {
    /// `fuse-layer-norm: encoder.layer.0.output.LayerNorm`.
    public var description: String { "\(pass): \(label)" }
}

/// What the pipeline is to leave out.
public struct PassOptions: Sendable {
    /// Stop after so many rewrites; `nil`: never.
    public var limit: Int?
    /// Names of passes not to run.
    public var skipped: Set<String>
    /// Bytes that one folded constant may have.
    public var foldBudget: Int

    /// Everything runs, unless told otherwise.
    public init(limit: Int? = nil, skipped: Set<String> = [], foldBudget: Int = 16 << 20) {
        self.limit = limit
        self.skipped = skipped
        self.foldBudget = foldBudget
    }
}

/// Passes in the order in which they run. A name may occur more than once.
public struct PassPipeline: Sendable {
    /// The passes, in order.
    public var passes: [Pass]

    /// A pipeline of the given passes.
    public init(_ passes: [Pass]) { self.passes = passes }

    /// Cleaning, then fusions from the inside out, then what they leave.
    public static let standard = PassPipeline([
        .removeUnused, .dropIdentities, .foldShapes, .deduplicateConstants, .mergeDuplicates, .dropIdentities,
        .sinkTransposes, .fuseDynamicProduct, .fuseQuantized, .foldPad, .foldIntoConvolution, .fuseGates, .fuseOneHot,
        .fuseGelu,
        .fuseLayerNorm, .fuseRMSNorm, .fuseSoftmax,
        .fuseEinsum, .fuseLinear, .fuseAttention, .mergeQKV,
        .fuseActivation, .fuseMaxPool, .fuseEmbed,
        .fuseMaskedMean, .fuseMaskedMax, .fuseL2Normalize, .sinkLastTransposes,
        .fuseResidual, .foldConstants, .deduplicateConstants,
        .mergeDuplicates, .removeUnused,
    ])

    /// Names and summaries of the passes, each once, in order.
    public var list: [(name: String, summary: String)] {
        var seen: Set<String> = []
        return passes.filter { seen.insert($0.name).inserted }.map { ($0.name, $0.summary) }
    }

    /// Rewrites a graph. Names of inputs and outputs stay, as does what is computed.
    ///
    /// - Parameters:
    ///   - graph: What is rewritten.
    ///   - options: What is left out.
    ///   - isInferred: Whether `Graph.inferTypes` has gone through the graph as it is: then that is not done again.
    /// - Returns: The rewritten graph with types inferred, and every rewrite in the order in which it was applied.
    /// - Throws: what `Graph.sortTopologically` and `Graph.inferTypes` throw for a graph that is not sound.
    public func run(
        _ graph: Graph, _ options: PassOptions = PassOptions(), isInferred: Bool = false
    ) throws(GraphError) -> (graph: Graph, records: [RewriteRecord]) {
        var rewriter = try Rewriter(graph, options, isInferred: isInferred)
        for pass in passes where !options.skipped.contains(pass.name) && !rewriter.isStopped {
            rewriter.pass = pass.name
            try pass.run(&rewriter)
        }
        return (try rewriter.finish(), rewriter.records)
    }
}
