public import PackGraph
public import PackPlanner
import PackRuntime

/// Chooses how weights are stored, by what it does to the outputs.
public struct Quantizer {
    /// The graph after all passes.
    public let graph: Graph
    /// What its plans say besides the computation.
    public let metadata: PlanMetadata
    /// Threads to compute with.
    public let threads: Int
    private let requests: [Request]
    private let references: [[Float]]

    /// What outputs are compared on.
    private enum Request {
        case text(ids: [Int32], types: [UInt8])
        case tensors(SampleInputs)

        func output(_ runner: TextRunner) throws(RuntimeError) -> [Float] {
            switch self {
            case .text(let ids, let types): try runner.output(ids: ids, types: types)
            case .tensors(let inputs): try runner.outputs(inputs)
            }
        }
    }

    /// A choice, and what it costs.
    public struct Choice: Sendable {
        /// How weights are stored.
        public let storage: WeightStorage
        /// The plan's layout.
        public let draft: PlanDraft
        /// The plan.
        public let image: PlanImage
        /// Its outputs beside the original's.
        public let comparison: Comparison
    }

    /// Computes the original's outputs on the calibration texts.
    ///
    /// - Parameters:
    ///   - original: The plan of the graph before any pass, weights f32.
    ///   - graph: The graph after all passes.
    ///   - metadata: What plans say besides.
    ///   - texts: Calibration texts.
    ///   - threads: Threads to compute with.
    /// - Throws: `RuntimeError` if the original can't be run.
    public init(
        original: PlanImage, graph: Graph, metadata: PlanMetadata, texts: [String], threads: Int
    ) throws {
        self.graph = graph
        self.metadata = metadata
        self.threads = threads
        let runner = try TextRunner(original, threads: threads)
        requests = texts.map { runner.tokens($0) }.filter { !$0.ids.isEmpty }.map {
            .text(ids: $0.ids, types: $0.types)
        }
        references = try requests.map { try $0.output(runner) }
    }

    /// Computes the original's outputs on made-up tensors.
    ///
    /// - Parameter samples: How many. The other parameters are those of the initializer with texts.
    /// - Throws: `RuntimeError` if the original can't be run.
    public init(
        original: PlanImage, graph: Graph, metadata: PlanMetadata, samples: Int, threads: Int
    ) throws {
        self.graph = graph
        self.metadata = metadata
        self.threads = threads
        let runner = try TextRunner(original, threads: threads)
        requests = runner.samples(samples).map { .tensors($0) }
        references = try requests.map { try $0.output(runner) }
    }

    /// Makes a plan with this storage and compares it.
    public func evaluate(_ storage: WeightStorage) throws -> Choice {
        let draft = try Planner.draft(graph, storage: storage, metadata: metadata)
        let image = try draft.makeImage()
        let runner = try TextRunner(image, threads: threads)
        var outputs: [[Float]] = []
        for request in requests { outputs.append(try request.output(runner)) }
        return Choice(storage: storage, draft: draft, image: image, comparison: Comparison(outputs, with: references))
    }

    /// Bytes that codes must save: for less, nothing is given up.
    private static let worthwhile = 16 << 10

    /// The smallest storage whose smallest cosine is at least `budget` and which `fits`; f32 for models so small that others
    /// save next to nothing.
    ///
    /// int4 for all weights is tried first where texts tell what it does: made-up tensors say too little of the inputs that will come
    /// for so few bits. Then int8; then with the weights that hurt the outputs most as f16, twice as many each time;
    /// then f16 and f32 for all. If nothing satisfies both, the most accurate that fits is given, or else the smallest.
    ///
    /// - Parameter fits: Whether the target takes a plan; asked of the smaller first.
    public func automatic(budget: Double, fits: (PlanDraft) -> Bool) throws -> Choice {
        let smallest = try evaluate(WeightStorage(isOfTexts ? .int4 : .int8))
        let exact = try Planner.draft(graph, storage: WeightStorage(.f32), metadata: metadata)
        if exact.byteCount - smallest.draft.byteCount < Self.worthwhile, fits(exact) {
            return try evaluate(WeightStorage(.f32))
        }
        if smallest.comparison.smallest >= budget { return smallest }
        let coded = isOfTexts ? try evaluate(WeightStorage(.int8)) : smallest
        guard fits(coded.draft) else { return smallest }
        if coded.comparison.smallest >= budget { return coded }
        var best = coded
        let ranked = try sensitivity()
        var widened = 1
        while widened < ranked.count {
            let exceptions = Dictionary(uniqueKeysWithValues: ranked.prefix(widened).map { ($0, WeightKind.f16) })
            let choice = try evaluate(WeightStorage(.int8, exceptions: exceptions))
            guard fits(choice.draft) else { return best }
            if choice.comparison.smallest >= budget { return choice }
            if choice.comparison.smallest > best.comparison.smallest { best = choice }
            widened *= 2
        }
        for kind in [WeightKind.f16, .f32] {
            let choice = try evaluate(WeightStorage(kind))
            guard fits(choice.draft) else { return best }
            if choice.comparison.smallest >= budget { return choice }
            if choice.comparison.smallest > best.comparison.smallest { best = choice }
        }
        return best
    }

    private var isOfTexts: Bool {
        if case .text = requests.first { true } else { false }
    }

    /// The weights, the one whose int8 storage alone moves the outputs most first.
    private func sensitivity() throws -> [String] {
        let names = try Planner.draft(graph, storage: WeightStorage(.f32), metadata: metadata).weights
            .filter { $0.kind != nil }.map(\.name)
        var errors: [(name: String, error: Double)] = []
        for name in names {
            let choice = try evaluate(WeightStorage(.f32, exceptions: [name: .int8]))
            errors.append((name, 1 - choice.comparison.smallest))
        }
        return errors.sorted { ($0.error, $1.name) > ($1.error, $0.name) }.map(\.name)
    }
}
