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
    private let precisions: [String]

    /// An ONNX file is given to peers as it is, unless something was fixed of it. Else the graph that was imported is exported, with nothing done to it
    /// but what exporters of other frameworks do as well: constant expressions are computed. Peers quantize only products
    /// whose weights are constants themselves.
    init(
        _ wanted: [String], _ imported: ImportedModel, isFixed: Bool, python: String, precisions: [String]
    ) throws {
        folder = try TemporaryFolder(prefix: "pack-bench")
        (self.wanted, self.python, self.precisions) = (wanted, python, precisions)
        if !isFixed, let file = ONNXImport.path(at: imported.description.path) {
            model = file
            return
        }
        model = folder.path + "/model.onnx"
        let graph = imported.graph
        let folding = ["fold-shapes", "fold-constants", "remove-unused"]
        let others = PassPipeline.standard.list.map(\.name).filter { !folding.contains($0) }
        let options = PassOptions(skipped: Set(others), foldBudget: 1 << 40)
        let (folded, _) = try PassPipeline.standard.run(graph, options)
        try AtomicFile.write(ONNXExport.bytes(of: folded), to: model)
    }

    /// Starts each peer with each of its precisions.
    func start(threads: Int) throws -> [PeerBenchEngine] {
        try wanted.flatMap { _ in
            try precisions.map { precision in
                do {
                    let engine = try PeerEngine(
                        kind: precision, model: model, scratch: folder.path, threads: threads, python: python)
                    let version = "onnxruntime \(engine.version)"
                    if !versions.contains(version) { versions.append(version) }
                    return PeerBenchEngine(engine, precision)
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
    /// What the inputs are filled with at a shape; set before the first run.
    var inputs: (BenchShape) -> [PeerEngine.Input] = { _ in [] }

    init(_ engine: PeerEngine, _ precision: String) {
        (self.engine, self.precision) = (engine, precision)
    }

    var name: String { engine.name }

    func run(_ shape: BenchShape, seconds: Double) throws -> [Double] {
        do {
            return try engine.run(inputs: inputs(shape), seconds: seconds)
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
