import PackGraph
import PackIO
import PackImport
import PackLab
import PackPasses

/// Other runtimes with their own forms of a model, in a temporary folder.
final class PeerSet {
    /// The runtimes that can be asked for.
    static let known = ["onnxruntime"]

    /// Names and versions, `onnxruntime 1.32.0`, known once engines were started.
    private(set) var versions: [String] = []
    private let folder: TemporaryFolder
    private let model: String
    private let python: String
    private let wanted: [String]
    private let vocabulary: Int

    /// Exports the graph that was imported, with nothing done to it but what exporters of other frameworks do as well:
    /// constant expressions are computed. Peers quantize only products whose weights are constants themselves.
    init(_ wanted: [String], _ graph: Graph, python: String, vocabulary: Int) throws {
        folder = try TemporaryFolder(prefix: "pack-bench")
        model = folder.path + "/model.onnx"
        (self.wanted, self.python, self.vocabulary) = (wanted, python, vocabulary)
        let folding = ["fold-shapes", "fold-constants", "remove-unused"]
        let others = PassPipeline.standard.list.map(\.name).filter { !folding.contains($0) }
        let options = PassOptions(skipped: Set(others), foldBudget: 1 << 40)
        let (folded, _) = try PassPipeline.standard.run(graph, options)
        try AtomicFile.write(ONNXExport.bytes(of: folded), to: model)
    }

    /// Starts each peer with each of its precisions.
    func start(threads: Int) throws -> [PeerBenchEngine] {
        try wanted.flatMap { _ in
            try ["fp32", "int8"].map { precision in
                do {
                    let engine = try PeerEngine(kind: precision, model: model, threads: threads, python: python)
                    let version = "onnxruntime \(engine.version)"
                    if !versions.contains(version) { versions.append(version) }
                    return PeerBenchEngine(engine, precision, vocabulary: vocabulary)
                } catch let failure as PeerEngine.Failure {
                    throw Refusal(facts: failure.facts(python: python))
                }
            }
        }
    }
}

/// A peer as something to measure.
final class PeerBenchEngine: BenchEngine {
    let precision: String
    private let engine: PeerEngine
    private let vocabulary: Int
    /// Extents of the inputs at a shape; set before the first run.
    var inputs: (BenchShape) -> [(name: String, extents: [Int])] = { _ in [] }

    init(_ engine: PeerEngine, _ precision: String, vocabulary: Int) {
        (self.engine, self.precision, self.vocabulary) = (engine, precision, vocabulary)
    }

    var name: String { engine.name }

    func run(_ shape: BenchShape, seconds: Double) throws -> [Double] {
        let shapes = Dictionary(inputs(shape).map { ($0.name, $0.extents) }) { first, _ in first }
        do {
            return try engine.run(shapes: shapes, vocabulary: vocabulary, seconds: seconds)
        } catch let failure as PeerEngine.Failure {
            throw Refusal(facts: failure.facts(python: ""))
        }
    }
}

extension PeerEngine.Failure {
    func facts(python: String) -> ErrorFacts {
        switch problem {
        case .noPython:
            ErrorFacts(
                "cannot be started", file: python, found: message, expected: "a Python with onnxruntime and onnx",
                hint: "name one with --python")
        case .noModule:
            ErrorFacts(
                "lacks a module that \(peer) needs", file: python, found: message,
                hint: "\(python) -m pip install onnxruntime onnx, or name another Python with --python")
        case .failed: ErrorFacts("\(peer) failed", found: message)
        }
    }
}
