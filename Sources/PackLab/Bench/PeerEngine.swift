import Foundation

/// Another runtime, driven through a Python that has it: one process for each model and number of threads, told by lines.
public final class PeerEngine {
    /// Its name in reports, `onnxruntime int8`.
    public let name: String
    /// The version that answered.
    public private(set) var version = ""
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()
    private var buffered = Data()

    /// Why a peer can't be measured.
    public struct Failure: Error {
        /// Name of the peer.
        public let peer: String
        /// What it or Python said.
        public let message: String
        /// What kind of failure it is.
        public let problem: Problem

        /// Kinds of failure.
        public enum Problem: Sendable {
            /// There is no such Python, or it ended before it said anything.
            case noPython
            /// Python lacks a module.
            case noModule
            /// The runtime could not load or run the model.
            case failed
        }
    }

    /// Reads lines of JSON, `{"load": [KIND, MODEL, THREADS]}` or `{"run": [SHAPES, VOCABULARY, SECONDS]}`; answers each with
    /// one line.
    private static let script = """
        import json, os, sys, time
        session = None
        def load(kind, model, threads):
            global session
            import numpy
            import onnxruntime as ort
            ort.set_default_logger_severity(3)
            options = ort.SessionOptions()
            options.intra_op_num_threads = threads
            options.inter_op_num_threads = 1
            options.log_severity_level = 3
            path = model
            if kind == "int8":
                path = model + ".int8.onnx"
                if not os.path.exists(path):
                    import logging
                    logging.disable(logging.WARNING)
                    from onnxruntime.quantization import quantize_dynamic, QuantType
                    quantize_dynamic(model, path, per_channel=True, weight_type=QuantType.QInt8)
                    import onnx
                    nodes = onnx.load(path, load_external_data=False).graph.node
                    if not any(node.op_type in ("MatMulInteger", "DynamicQuantizeMatMul") for node in nodes):
                        os.remove(path)
                        raise RuntimeError("its quantizer found no product with constant weights")
            session = ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])
            return {"version": ort.__version__}
        def run(shapes, vocabulary, seconds):
            import numpy as np
            random = np.random.default_rng()
            feeds = {}
            for port in session.get_inputs():
                shape = shapes[port.name]
                if port.name == "input_ids":
                    feeds[port.name] = random.integers(0, vocabulary, shape).astype(np.int64)
                elif port.name == "token_type_ids":
                    feeds[port.name] = np.zeros(shape, np.int64)
                else:
                    feeds[port.name] = np.ones(shape, np.int64)
            times = []
            session.run(None, feeds)
            end = time.perf_counter() + seconds
            while len(times) < 3 or time.perf_counter() < end:
                start = time.perf_counter()
                session.run(None, feeds)
                times.append(time.perf_counter() - start)
            return {"times": times}
        answers = os.fdopen(os.dup(1), "w")
        os.dup2(2, 1)
        for line in sys.stdin:
            try:
                request = json.loads(line)
                answer = load(*request["load"]) if "load" in request else run(*request["run"])
            except ImportError as error:
                answer = {"error": str(error), "isImport": True}
            except Exception as error:
                answer = {"error": type(error).__name__ + ": " + str(error)}
            print(json.dumps(answer), file=answers, flush=True)
        """

    /// A request: one of the two.
    private struct Request: Encodable {
        var load: Load?
        var run: Run?

        struct Load: Encodable {
            let kind: String
            let model: String
            let threads: Int

            func encode(to encoder: any Encoder) throws {
                var list = encoder.unkeyedContainer()
                try list.encode(kind)
                try list.encode(model)
                try list.encode(threads)
            }
        }

        struct Run: Encodable {
            let shapes: [String: [Int]]
            let vocabulary: Int
            let seconds: Double

            func encode(to encoder: any Encoder) throws {
                var list = encoder.unkeyedContainer()
                try list.encode(shapes)
                try list.encode(vocabulary)
                try list.encode(seconds)
            }
        }
    }

    private struct Answer: Decodable {
        var error: String?
        var isImport: Bool?
        var version: String?
        var times: [Double]?
    }

    /// Starts the peer and loads a model.
    ///
    /// - Parameters:
    ///   - kind: `fp32` or `int8` (its own dynamic quantization, per channel).
    ///   - model: Path of the ONNX file.
    ///   - threads: Threads for it to compute with.
    ///   - python: Path of a Python that has onnxruntime (and onnx, for int8).
    /// - Throws: ``Failure``. The caller must ignore `SIGPIPE`: a process that has ended is an error here.
    public init(kind: String, model: String, threads: Int, python: String) throws {
        name = "onnxruntime \(kind)"
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [python, "-c", PeerEngine.script]
        process.standardInput = input
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        do { try process.run() } catch { throw Failure(peer: name, message: "\(error)", problem: .noPython) }
        let answer = try ask(Request(load: .init(kind: kind, model: model, threads: threads)))
        version = answer.version ?? "unknown"
    }

    deinit {
        try? input.fileHandleForWriting.close()
        guard process.isRunning else { return }
        // Another child may hold its input open.
        process.terminate()
        process.waitUntilExit()
    }

    /// Runs for about so many seconds, at least three times after one that is not counted; the seconds of each.
    ///
    /// - Parameters:
    ///   - shapes: The extents of each input. `input_ids` gets random ids, `token_type_ids` zeros, any other ones.
    ///   - vocabulary: How many ids there are.
    public func run(shapes: [String: [Int]], vocabulary: Int, seconds: Double) throws -> [Double] {
        try ask(Request(run: .init(shapes: shapes, vocabulary: vocabulary, seconds: seconds))).times ?? []
    }

    private func ask(_ request: Request) throws -> Answer {
        let line = try JSONEncoder().encode(request) + Data([0x0A])
        do { try input.fileHandleForWriting.write(contentsOf: line) } catch { throw ended() }
        while !buffered.contains(0x0A) {
            let chunk = output.fileHandleForReading.availableData
            guard !chunk.isEmpty else { throw ended() }
            buffered += chunk
        }
        let end = buffered.firstIndex(of: 0x0A) ?? buffered.endIndex
        let text = buffered[buffered.startIndex..<end]
        buffered = Data(buffered[buffered.index(after: end)...])
        guard let answer = try? JSONDecoder().decode(Answer.self, from: text) else {
            throw Failure(peer: name, message: String(decoding: text, as: UTF8.self), problem: .failed)
        }
        if let error = answer.error {
            throw Failure(peer: name, message: error, problem: answer.isImport == true ? .noModule : .failed)
        }
        return answer
    }

    private func ended() -> Failure {
        process.waitUntilExit()
        let isNew = version.isEmpty
        return Failure(
            peer: name, message: "the process ended with status \(process.terminationStatus)",
            problem: isNew ? .noPython : .failed)
    }
}
