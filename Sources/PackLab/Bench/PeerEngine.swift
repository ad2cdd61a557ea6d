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

    /// Reads lines of JSON, `{"load": [KIND, MODEL, SCRATCH, THREADS]}` or `{"run": {"inputs": [[NAME, SHAPE, LIMIT]], "seconds": SECONDS}}`;
    /// answers each with one line.
    private static let script = """
        import json, os, sys, time
        session = None
        def load(kind, model, scratch, threads):
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
                path = scratch + "/int8.onnx"
                if not os.path.exists(path):
                    import logging
                    logging.disable(logging.WARNING)
                    from onnxruntime.quantization import quantize_dynamic, QuantType
                    quantize_dynamic(model, path, per_channel=True, weight_type=QuantType.QInt8)
                    import onnx
                    nodes = onnx.load(path, load_external_data=False).graph.node
                    if not any(node.op_type in ("MatMulInteger", "DynamicQuantizeMatMul", "ConvInteger") for node in nodes):
                        os.remove(path)
                        raise RuntimeError("its quantizer found no product with constant weights")
            session = ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])
            return {"version": ort.__version__}
        def run(inputs, seconds):
            import numpy as np
            random = np.random.default_rng()
            kinds = {port.name: port.type for port in session.get_inputs()}
            types = {"double": "float64", "float16": "float16", "int64": "int64", "int32": "int32", "int8": "int8",
                     "uint8": "uint8", "bool": "bool"}
            feeds = {}
            for name, shape, limit in inputs:
                if name not in kinds:
                    continue
                dtype = types.get(kinds[name][7:-1], "float32")
                if isinstance(limit, list):
                    feeds[name] = (np.arange(shape[1]) < np.array(limit)[:, None]).astype(dtype)
                elif kinds[name] == "tensor(string)":
                    feeds[name] = np.full(shape, "", object)
                elif limit == 0:
                    feeds[name] = random.standard_normal(shape).astype(dtype)
                else:
                    feeds[name] = (random.integers(0, limit, shape) if limit > 1 else np.full(shape, max(limit, 0))).astype(dtype)
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
                answer = load(*request["load"]) if "load" in request else run(**request["run"])
            except ImportError as error:
                answer = {"error": str(error), "isImport": True}
            except Exception as error:
                answer = {"error": type(error).__name__ + ": " + str(error)}
            print(json.dumps(answer), file=answers, flush=True)
        """

    /// What one input of a model is filled with.
    public struct Input: Encodable, Sendable {
        /// Its name.
        public let name: String
        /// Its extents.
        public let shape: [Int]
        /// What its elements are.
        public let fill: Fill

        /// Values for an input of the given name and extents.
        public init(name: String, shape: [Int], fill: Fill) { (self.name, self.shape, self.fill) = (name, shape, fill) }

        /// Writes `[NAME, SHAPE, LIMIT]`.
        public func encode(to encoder: any Encoder) throws {
            var list = encoder.unkeyedContainer()
            try list.encode(name)
            try list.encode(shape)
            if case .lengths(let lengths) = fill { try list.encode(lengths) } else { try list.encode(fill.limit) }
        }
    }

    /// Values to fill inputs with.
    public enum Fill: Sendable, Equatable {
        /// Random numbers, normally distributed.
        case normal
        /// Random integers from zero up to, not with, a limit of 2 or more.
        case below(Int)
        /// Zero everywhere.
        case zeros
        /// One everywhere.
        case ones
        /// Of each row so many ones, then zeros.
        case lengths([Int])

        /// What the script is told: 0 for normal numbers, -1 for zeros, 1 for ones; lists of lengths it gets themselves.
        var limit: Int {
            switch self {
            case .normal: 0
            case .below(let limit): limit
            case .zeros: -1
            case .ones, .lengths: 1
            }
        }
    }

    /// A request: one of the two.
    private struct Request: Encodable {
        var load: Load?
        var run: Run?

        struct Load: Encodable {
            let kind: String
            let model: String
            let scratch: String
            let threads: Int

            func encode(to encoder: any Encoder) throws {
                var list = encoder.unkeyedContainer()
                try list.encode(kind)
                try list.encode(model)
                try list.encode(scratch)
                try list.encode(threads)
            }
        }

        struct Run: Encodable {
            let inputs: [Input]
            let seconds: Double
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
    ///   - scratch: A folder for its own forms of the model.
    ///   - threads: Threads for it to compute with.
    ///   - python: Path of a Python that has onnxruntime (and onnx, for int8).
    /// - Throws: ``Failure``. The caller must ignore `SIGPIPE`: a process that has ended is an error here.
    public init(kind: String, model: String, scratch: String, threads: Int, python: String) throws {
        name = "onnxruntime \(kind)"
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [python, "-c", PeerEngine.script]
        process.standardInput = input
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        do { try process.run() } catch { throw Failure(peer: name, message: "\(error)", problem: .noPython) }
        let answer = try ask(Request(load: .init(kind: kind, model: model, scratch: scratch, threads: threads)))
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
    ///   - inputs: What each input is filled with.
    ///   - seconds: How long it goes on.
    public func run(inputs: [Input], seconds: Double) throws -> [Double] {
        try ask(Request(run: .init(inputs: inputs, seconds: seconds))).times ?? []
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
