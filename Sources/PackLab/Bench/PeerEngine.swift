import FoundationEssentials
import PackIO

/// Another runtime, driven through a Python that has it: one process for each model and number of threads, told by lines.
public final class PeerEngine {
    /// The runtime.
    public let peer: Peer
    /// Its name in reports, `onnxruntime int8`.
    public let name: String
    /// What it said of itself when it had loaded the model.
    public private(set) var facts = Facts()
    private let python: String
    private let threads: Int
    private let process: PipedProcess

    /// What a peer says of itself.
    public struct Facts: Sendable {
        /// Its version; empty before it has loaded a model.
        public fileprivate(set) var version = ""
        /// Its own form of the model: a path, or for torch a folder and a precision.
        public fileprivate(set) var model = ""
        /// Bytes of that form.
        public fileprivate(set) var modelBytes = 0
        /// Bytes of its Python package and those that it needs, without compiled bytecode.
        public fileprivate(set) var packageBytes = 0
        /// What it did to the model, for people; often empty.
        public fileprivate(set) var remark = ""
    }

    /// Why a peer can't be measured.
    public struct Failure: Error {
        /// The peer.
        public let peer: Peer
        /// Its name in reports.
        public let name: String
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

    /// A request: one of the three.
    private struct Request: Encodable {
        var load: Load?
        var run: Run?
        var answer: [Tensor]?

        struct Load: Encodable {
            let peer: Peer
            let precision: String
            let model: String
            let scratch: String
            let threads: Int

            func encode(to encoder: any Encoder) throws {
                var list = encoder.unkeyedContainer()
                try list.encode(peer.rawValue)
                try list.encode(precision)
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
        var path: String?
        var modelBytes: Int?
        var packageBytes: Int?
        var remark: String?
        var times: [Double]?
        var outputs: [Data]?
    }

    /// Starts the peer and loads a model.
    ///
    /// - Parameters:
    ///   - peer: The runtime.
    ///   - precision: `fp32` or `int8`. onnxruntime and torch quantize dynamically, the former per channel; openvino has int8
    ///     weights, made by nncf.
    ///   - model: Path of the ONNX file; for torch, of the model folder.
    ///   - scratch: A folder for its own forms of the model.
    ///   - threads: Threads for it to compute with.
    ///   - python: Path of a Python that has its packages.
    /// - Throws: ``Failure``. The caller must ignore `SIGPIPE`: a process that has ended is an error here.
    public init(
        _ peer: Peer, precision: String, model: String, scratch: String, threads: Int, python: String
    ) throws {
        let name = "\(peer.rawValue) \(precision)"
        (self.peer, self.name, self.python, self.threads) = (peer, name, python, threads)
        do throws(IOFailure) {
            process = try PipedProcess(["/usr/bin/env", python, "-c", PeerScript.text])
        } catch {
            throw Failure(peer: peer, name: name, message: error.facts.found ?? error.facts.what, problem: .noPython)
        }
        let answer = try ask(
            Request(load: .init(peer: peer, precision: precision, model: model, scratch: scratch, threads: threads)))
        facts.version = answer.version ?? "unknown"
        facts.model = answer.path ?? model
        facts.modelBytes = answer.modelBytes ?? 0
        facts.packageBytes = answer.packageBytes ?? 0
        facts.remark = answer.remark ?? ""
    }

    /// Runs for about so many seconds, at least three times after one that is not counted; the seconds of each.
    ///
    /// - Parameters:
    ///   - inputs: What each input is filled with.
    ///   - seconds: How long it goes on.
    public func run(inputs: [Input], seconds: Double) throws -> [Double] {
        try ask(Request(run: .init(inputs: inputs, seconds: seconds))).times ?? []
    }

    /// The numbers of each output for these inputs, row-major.
    public func answer(_ inputs: [Tensor]) throws -> [[Float]] {
        (try ask(Request(answer: inputs)).outputs ?? []).map { data in
            data.withUnsafeBytes { bytes in
                (0..<bytes.count / 4).map {
                    Float(
                        bitPattern: UInt32(
                            littleEndian: bytes.loadUnaligned(fromByteOffset: $0 * 4, as: UInt32.self)))
                }
            }
        }
    }

    /// A process of its own that imports the runtime, loads the form of the model that this one has made, runs it once, and ends.
    ///
    /// - Throws: ``Failure`` where it does not get that far.
    public func start(inputs: [Input]) throws -> ProcessStart {
        let text = String(decoding: try JSONEncoder().encode(inputs), as: UTF8.self)
        let start: ProcessStart
        do throws(EmulationError) {
            start = try ProcessStart.run([
                "/usr/bin/env", python, "-c", PeerScript.text, "once", peer.rawValue, facts.model, "\(threads)", text,
            ])
        } catch { throw failure("\(error)", .noPython) }
        guard start.status == 0, let line = start.output.split(separator: "\n").last,
            let told = try? JSONDecoder().decode(Peak.self, from: Data(line.utf8))
        else { throw failure("a process of its own ended with status \(start.status)", .failed) }
        return start.with(peakMemory: told.peakMemory)
    }

    private struct Peak: Decodable { let peakMemory: Int }

    private func ask(_ request: Request) throws -> Answer {
        let line = try JSONEncoder().encode(request) + [UInt8(ascii: "\n")]
        do throws(IOFailure) { try process.write(Array(line)) } catch { throw ended() }
        guard let text = process.line() else { throw ended() }
        guard let answer = try? JSONDecoder().decode(Answer.self, from: Data(text)) else {
            throw failure(String(decoding: text.prefix(500), as: UTF8.self), .failed)
        }
        if let error = answer.error { throw failure(error, answer.isImport == true ? .noModule : .failed) }
        return answer
    }

    private func ended() -> Failure {
        let status = process.waitForEnd()
        return failure(
            "the process ended with status \(status)", facts.version.isEmpty ? .noPython : .failed)
    }

    private func failure(_ message: String, _ problem: Failure.Problem) -> Failure {
        Failure(peer: peer, name: name, message: message, problem: problem)
    }
}
