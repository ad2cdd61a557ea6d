import Foundation

/// Another runtime, driven through a Python that has it: one process for each model and number of threads, told by lines.
public final class PeerEngine {
    /// Its name in reports, `onnxruntime int8`.
    public let name: String
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
    }

    /// Reads lines `load KIND MODEL THREADS` and `run BATCH SEQUENCE SECONDS`; answers each with one line of JSON.
    private static let script = """
        import json, os, sys, time
        import numpy as np
        session = None
        def load(kind, model, threads):
            global session
            import onnxruntime as ort
            options = ort.SessionOptions()
            options.intra_op_num_threads = threads
            options.inter_op_num_threads = 1
            options.log_severity_level = 3
            path = model
            if kind == "int8":
                import logging
                logging.disable(logging.WARNING)
                from onnxruntime.quantization import quantize_dynamic, QuantType
                path = model + ".int8.onnx"
                quantize_dynamic(model, path, per_channel=True, weight_type=QuantType.QInt8)
            session = ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])
            return {"version": ort.__version__}
        def run(batch, sequence, seconds):
            random = np.random.default_rng(7)
            feeds = {}
            for port in session.get_inputs():
                shape = [batch, sequence]
                if port.name == "input_ids":
                    feeds[port.name] = random.integers(1000, 20000, shape).astype(np.int64)
                elif port.name == "attention_mask":
                    feeds[port.name] = np.ones(shape, np.int64)
                else:
                    feeds[port.name] = np.zeros(shape, np.int64)
            times = []
            session.run(None, feeds)
            end = time.perf_counter() + seconds
            while len(times) < 3 or time.perf_counter() < end:
                start = time.perf_counter()
                session.run(None, feeds)
                times.append(time.perf_counter() - start)
            return {"times": times}
        for line in sys.stdin:
            words = line.rstrip("\\n").split("\\t")
            try:
                if words[0] == "load":
                    answer = load(words[1], words[2], int(words[3]))
                else:
                    answer = run(int(words[1]), int(words[2]), float(words[3]))
            except Exception as error:
                answer = {"error": type(error).__name__ + ": " + str(error)}
            print(json.dumps(answer), flush=True)
        """

    private struct Answer: Decodable {
        var error: String?
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
    public init(kind: String, model: String, threads: Int, python: String) throws {
        name = "onnxruntime \(kind)"
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [python, "-c", PeerEngine.script]
        process.standardInput = input
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        _ = try ask("load\t\(kind)\t\(model)\t\(threads)")
    }

    deinit {
        try? input.fileHandleForWriting.close()
        process.waitUntilExit()
    }

    /// Runs for about so many seconds, at least three times after one that is not counted; the seconds of each.
    public func run(batch: Int, sequence: Int, seconds: Double) throws -> [Double] {
        try ask("run\t\(batch)\t\(sequence)\t\(seconds)").times ?? []
    }

    private func ask(_ line: String) throws -> Answer {
        do { try input.fileHandleForWriting.write(contentsOf: Data((line + "\n").utf8)) } catch {
            throw Failure(peer: name, message: "the process ended")
        }
        while !buffered.contains(0x0A) {
            let chunk = output.fileHandleForReading.availableData
            guard !chunk.isEmpty else {
                throw Failure(peer: name, message: "no answer; is onnxruntime installed for this Python?")
            }
            buffered += chunk
        }
        let end = buffered.firstIndex(of: 0x0A) ?? buffered.endIndex
        let text = buffered[buffered.startIndex..<end]
        buffered = Data(buffered[buffered.index(after: end)...])
        guard let answer = try? JSONDecoder().decode(Answer.self, from: text) else {
            throw Failure(peer: name, message: String(decoding: text, as: UTF8.self))
        }
        if let error = answer.error { throw Failure(peer: name, message: error) }
        return answer
    }
}
