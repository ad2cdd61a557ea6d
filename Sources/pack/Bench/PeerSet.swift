import PackGraph
import PackIO
import PackImport
import PackLab
import PackPasses

/// Other runtimes with their own forms of a model, in a temporary folder.
final class PeerSet {
    /// Names and versions, `onnxruntime 1.32.0`, known once engines were started.
    private(set) var versions: [String] = []
    /// What could not be measured of a peer, and why.
    private(set) var failures: [BenchResult.Missing] = []
    private let folder: TemporaryFolder
    let model: String
    private let source: String
    private let python: String
    private let wanted: [Peer]
    private let precisions: [String]

    /// An ONNX file is given to peers as it is, unless something was fixed of it. Else the graph that was imported is exported, with nothing done to it
    /// but what exporters of other frameworks do as well: constant expressions are computed. Peers quantize only products
    /// whose weights are constants themselves.
    init(
        _ wanted: [Peer], _ imported: ImportedModel, isFixed: Bool, python: String, precisions: [String]
    ) throws {
        folder = try TemporaryFolder(prefix: "pack-bench")
        (self.wanted, self.python, self.precisions) = (wanted, python, precisions)
        source = imported.description.path
        guard imported.onnx == nil || !wanted.contains(.torch) else {
            throw Refusal(
                facts: ErrorFacts(
                    "torch cannot run an ONNX file", file: source, found: "--against torch",
                    expected: "a model folder of Hugging Face"))
        }
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

    /// Starts each peer with each of its precisions. A form of the model that a peer cannot make or load is left out, if it has
    /// another one.
    func start(threads: Int) throws -> [PeerBenchEngine] {
        failures = []
        return try wanted.flatMap { peer in
            var started: [PeerBenchEngine] = []
            var last: PeerEngine.Failure?
            for precision in precisions {
                do {
                    started.append(try start(peer, precision, threads: threads))
                } catch let failure as PeerEngine.Failure where failure.problem == .failed {
                    failures.append(.init(name: failure.name, reason: failure.message))
                    last = failure
                } catch let failure as PeerEngine.Failure {
                    throw Refusal(facts: failure.facts(python: python))
                }
            }
            if started.isEmpty, let last { throw Refusal(facts: last.facts(python: python)) }
            return started
        }
    }

    private func start(_ peer: Peer, _ precision: String, threads: Int) throws -> PeerBenchEngine {
        let engine = try PeerEngine(
            peer, precision: precision, model: peer == .torch ? source : model, scratch: folder.path, threads: threads,
            python: python)
        let remark = engine.facts.remark.isEmpty ? "" : " (\(engine.facts.remark))"
        let version = "\(peer.rawValue) \(engine.facts.version)\(remark)"
        if !versions.contains(version) { versions.append(version) }
        return PeerBenchEngine(engine, precision)
    }
}

/// A peer as something to measure.
final class PeerBenchEngine: BenchEngine {
    let precision: String
    let engine: PeerEngine
    /// What the inputs are filled with at a shape; set before the first run.
    var inputs: (BenchShape) -> [PeerEngine.Input] = { _ in [] }

    init(_ engine: PeerEngine, _ precision: String) {
        (self.engine, self.precision) = (engine, precision)
    }

    var name: String { engine.name }
    var isPeer: Bool { true }
    var disk: BenchResult.Disk? {
        BenchResult.Disk(model: engine.facts.modelBytes, runtime: engine.facts.packageBytes)
    }

    func run(_ shape: BenchShape, seconds: Double) throws -> [Double] {
        try wording { try engine.run(inputs: inputs(shape), seconds: seconds) }
    }

    func start(_ shape: BenchShape, readsPeak: Bool) throws -> ProcessStart {
        try wording { try engine.start(inputs: inputs(shape)) }
    }

    func answer(_ inputs: [PeerEngine.Tensor]) throws -> [[Float]] { try wording { try engine.answer(inputs) } }

    private func wording<Result>(_ body: () throws -> Result) throws -> Result {
        do { return try body() } catch let failure as PeerEngine.Failure {
            throw Refusal(facts: failure.facts(python: ""))
        }
    }
}

extension PeerEngine.Failure {
    func facts(python: String) -> ErrorFacts {
        switch problem {
        case .noPython:
            ErrorFacts(
                "cannot be started", file: python, found: message, expected: "a Python with \(peer.packages)",
                hint: "name one with --python")
        case .noModule:
            ErrorFacts(
                "lacks a module that \(name) needs", file: python, found: message,
                hint: "\(python) -m pip install \(peer.packages), or name another Python with --python")
        case .failed: ErrorFacts("\(name) failed", found: message)
        }
    }
}
