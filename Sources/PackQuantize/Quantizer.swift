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
    private let requests: Requests
    private let references: [[Float]]
    private let adjusted: AdjustedWeights

    /// What outputs are compared on.
    private enum Requests {
        case texts([TextRunner.Tokens])
        case tensors([SampleInputs])

        func outputs(_ runner: TextRunner) throws(RuntimeError) -> [[Float]] {
            switch self {
            case .texts(let texts): return try runner.outputs(texts)
            case .tensors(let samples):
                return try samples.map { (inputs) throws(RuntimeError) in try runner.outputs(inputs) }
            }
        }

        /// About so many of them, at even distances.
        func some(_ count: Int) -> Requests {
            switch self {
            case .texts(let texts): .texts(Self.some(of: texts, count))
            case .tensors(let samples): .tensors(Self.some(of: samples, count))
            }
        }

        private static func some<Element>(of all: [Element], _ count: Int) -> [Element] {
            stride(from: 0, to: all.count, by: max(1, all.count / count)).map { all[$0] }
        }
    }

    /// A choice, and what it costs.
    public struct Choice: Sendable {
        /// How weights are stored.
        public let storage: WeightStorage
        /// Weights of which other values are stored than the graph's, by name: those make up for each other's rounding.
        public let adjusted: [String: Constant]
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
    ///   - texts: Texts to compare on.
    ///   - adjusting: Other texts, which tell how 4-bit codes are best chosen.
    ///   - threads: Threads to compute with.
    /// - Throws: `RuntimeError` if the original can't be run.
    public init(
        original: PlanImage, graph: Graph, metadata: PlanMetadata, texts: [String], adjusting: [String], threads: Int
    ) throws {
        self.graph = graph
        self.metadata = metadata
        self.threads = threads
        let runner = try TextRunner(original, threads: threads)
        requests = .texts(texts.map { runner.tokens($0) }.filter { !$0.ids.isEmpty })
        references = try requests.outputs(runner)
        adjusted = AdjustedWeights(
            Compensator(
                graph: graph, metadata: metadata,
                texts: adjusting.map { runner.tokens($0) }.filter { !$0.ids.isEmpty }, threads: threads))
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
        requests = .tensors(runner.samples(samples))
        references = try requests.outputs(runner)
        adjusted = AdjustedWeights(nil)
    }

    /// Makes a plan with this storage and compares it.
    public func evaluate(_ storage: WeightStorage) throws -> Choice { try evaluate(storage, like: []) }

    private func evaluate(_ storage: WeightStorage, like others: [Made]) throws -> Choice {
        let made = try make(storage, like: others)
        return Choice(
            storage: storage, adjusted: made.adjusted, draft: made.draft, image: made.image,
            comparison: Comparison(try outputs(of: made.image, on: requests), with: references))
    }

    private struct Made {
        let draft: PlanDraft
        let image: PlanImage
        let adjusted: [String: Constant]
    }

    /// A plan; weights that others store alike are taken from them.
    private func make(_ storage: WeightStorage, like others: [Made]) throws -> Made {
        var graph = graph
        let adjusted = try adjusted.weights(graph.constants.keys.filter { storage.kind(of: $0) == .int4 })
        graph.constants.merge(adjusted) { $1 }
        let draft = try Planner.draft(graph, storage: storage, metadata: metadata)
        let image = try draft.makeImage(like: others.map { ($0.draft, $0.image) })
        return Made(draft: draft, image: image, adjusted: adjusted)
    }

    private func outputs(of image: PlanImage, on requests: Requests) throws -> [[Float]] {
        try requests.outputs(try TextRunner(image, threads: threads))
    }

    /// Bytes that codes must save: for less, nothing is given up.
    private static let worthwhile = 16 << 10

    /// The ways to store a weight that are tried, from the fewest bytes when compressed. Made-up tensors say too little of the
    /// inputs that will come for fewer bits than int8's.
    private var kinds: [WeightKind] { isOfTexts ? [.int4, .int6, .int8, .f16] : [.int8, .f16] }

    /// The smallest storage, compressed, whose smallest cosine is at least `budget` and which `fits`; f32 for models so small
    /// that others save next to nothing.
    ///
    /// Each weight is stored on its own: `WidthSearch` says in which order they get more bits, by what their error does to the
    /// outputs, and as many of them do as it takes. If nothing satisfies both, the most accurate that fits is given, or else
    /// the smallest.
    ///
    /// - Parameter fits: Whether the target takes a plan.
    public func automatic(budget: Double, fits: (PlanDraft) -> Bool) throws -> Choice {
        let smallest = try evaluate(WeightStorage(kinds[0]))
        let exact = try Planner.draft(graph, storage: WeightStorage(.f32), metadata: metadata)
        if exact.byteCount - smallest.draft.byteCount < Self.worthwhile, fits(exact) {
            return try evaluate(WeightStorage(.f32))
        }
        if smallest.comparison.smallest >= budget { return smallest }
        let pure =
            try [Made(draft: smallest.draft, image: smallest.image, adjusted: smallest.adjusted)]
            + kinds.dropFirst().map { try make(WeightStorage($0), like: []) }
        let search = try widths(pure)
        var best = smallest
        // Among the storages from the smallest to that of all weights in f16, accuracy rises, about.
        var (low, high) = (1, search.count)
        var found: Choice?
        while low < high {
            let middle = (low + high) / 2
            let choice = try evaluate(search.storage(middle), like: pure)
            let isTaken = fits(choice.draft)
            if isTaken, choice.comparison.smallest > best.comparison.smallest { best = choice }
            if !isTaken || choice.comparison.smallest >= budget {
                if isTaken { found = choice }
                high = middle
            } else {
                low = middle + 1
            }
        }
        if let found { return found }
        for kind in [WeightKind.f16, .f32] {
            let choice = try evaluate(WeightStorage(kind))
            guard fits(choice.draft) else { return best }
            if choice.comparison.smallest >= budget { return choice }
            if choice.comparison.smallest > best.comparison.smallest { best = choice }
        }
        return best
    }

    private var isOfTexts: Bool {
        if case .texts = requests { true } else { false }
    }

    /// How many requests tell what a weight does.
    private static let probes = 12

    /// Measures what each weight's storage does to the outputs, beside a plan of int8 throughout.
    ///
    /// - Parameter pure: Plans of all weights in each of `kinds`.
    private func widths(_ pure: [Made]) throws -> WidthSearch {
        let probes = requests.some(Self.probes)
        guard let base = zip(kinds, pure).first(where: { $0.0 == .int8 })?.1 else { return WidthSearch([]) }
        let expected = try outputs(of: base.image, on: probes)
        let sizes = pure.map { $0.draft.compressedBytes(in: $0.image) }
        var weights: [WidthSearch.Weight] = []
        for name in Set(base.draft.weights.filter { $0.kind != nil }.map(\.name)).sorted() {
            var changes: [WeightKind: Double] = [:]
            for kind in kinds where kind != .int8 {
                let other = try make(WeightStorage(.int8, exceptions: [name: kind]), like: pure)
                changes[kind] = 1 - Comparison(try outputs(of: other.image, on: probes), with: expected).mean
            }
            // Half floats lose nothing beside codes: what they change is what int8 has lost.
            let coded = changes[.f16] ?? 0
            weights.append(
                WidthSearch.Weight(
                    name: name,
                    choices: zip(kinds, sizes).map { kind, sizes in
                        WidthSearch.Choice(
                            kind: kind, bytes: sizes[name] ?? 0,
                            loss: kind == .f16 ? 0 : coded + (kind == .int8 ? 0 : changes[kind] ?? 0))
                    }))
        }
        return WidthSearch(weights)
    }
}

/// Weights that are adjusted when the first is asked for.
private final class AdjustedWeights {
    private let compensator: Compensator?
    private var made: [String: Constant]?

    init(_ compensator: Compensator?) { self.compensator = compensator }

    func weights(_ names: [String]) throws -> [String: Constant] {
        guard let compensator, !names.isEmpty else { return [:] }
        let all = try made ?? compensator.matrices()
        made = all
        return all.filter { names.contains($0.key) }
    }
}
