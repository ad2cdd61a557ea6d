import FoundationEssentials
import PackBundle
import PackIO
import PackQuantize

/// Runs the very files of a bundle on a sample and compares the answer with what the tool itself computes.
struct BundleProof {
    /// How the bundle was run.
    enum Way: String {
        /// As it is.
        case native
        /// For another architecture, by an emulator of that CPU.
        case emulated
        /// For another architecture without an emulator: the runtime of this one, linked with the same parts, was run.
        case substitute
    }

    /// A bundle that does not answer as it must.
    struct Failure: FactualError {
        let facts: ErrorFacts
    }

    /// How it was run.
    let way: Way
    /// The largest difference of a number of the first output.
    let difference: Double

    /// - Parameters:
    ///   - program: The linked runtime.
    ///   - substitute: Links the runtime of this machine with the same parts.
    ///   - plan: The plan.
    ///   - sample: A text, or token ids for a plan without a tokenizer.
    ///   - expected: The first output as the tool computes it.
    init(
        program: RuntimeLibrary.Program, arch: String, substitute: () throws -> RuntimeLibrary.Program,
        plan: UnsafeRawBufferPointer, sample: Sample, expected: [Float]
    ) throws {
        let folder = try TemporaryFolder(prefix: "pack-proof")
        var command = [folder.path + "/bootstrap"]
        var program = program
        if arch == BundleProof.hostArchitecture {
            way = .native
        } else if arch == "arm64", let emulator = BundleProof.emulator() {
            way = .emulated
            command.insert(emulator, at: 0)
        } else {
            way = .substitute
            program = try substitute()
        }
        try BundleProof.write(program, plan, to: folder.path)
        try AtomicFile.write(Array(sample.request.utf8), to: folder.path + "/request.json")
        let answer = try BundleProof.run(command + ["--json", folder.path + "/request.json"])
        guard let numbers = BundleProof.output(sample, of: answer) else {
            throw Failure(
                facts: ErrorFacts(
                    "the bundle's answer cannot be read", found: String(decoding: answer.prefix(200), as: UTF8.self)))
        }
        difference = Comparison.largestDifference(numbers, expected)
        let largest = expected.reduce(0) { Swift.max($0, Double(abs($1))) }
        guard difference <= 1e-4 * Swift.max(largest, 1) else {
            throw Failure(
                facts: ErrorFacts(
                    "the bundle's answer is not the model's", found: "a difference of \(difference)",
                    expected: "at most 1e-4"))
        }
    }

    /// Writes what is run: the program beside its plan, or around it.
    private static func write(
        _ program: RuntimeLibrary.Program, _ plan: UnsafeRawBufferPointer, to folder: String
    ) throws {
        if program.planBytes != nil {
            nonisolated(unsafe) let plan = plan
            let entry = BundleEntry("model.pack", lent: { body in body(plan) })
            return try ExecutableWriter.write(program.bytes, plan: entry, documents: [], to: folder + "/bootstrap")
        }
        try AtomicFile.write(program.bytes, to: folder + "/bootstrap", mode: 0o755)
        let file = try AtomicFile(path: folder + "/model.pack")
        try file.write(plan)
        try file.commit()
    }

    /// What a bundle is asked.
    enum Sample {
        case text(String)
        case tokens([Int])
        /// Tensors by name, written as JSON, and the name of the output to compare.
        case tensors(String, output: String)

        /// The request as JSON.
        var request: String {
            switch self {
            case .text(let text):
                let encoded = (try? JSONEncoder().encode(text)).map { String(decoding: $0, as: UTF8.self) } ?? "\"\""
                return "{\"text\": \(encoded), \"outputs\": true}"
            case .tokens(let ids):
                let zeros = ids.map { _ in 0 }
                let ones = ids.map { _ in 1 }
                return
                    "{\"inputs\": {\"input_ids\": [\(ids)], \"attention_mask\": [\(ones)]\(zeros.isEmpty ? "" : "")}}"
            case .tensors(let text, _): return text
            }
        }
    }

    static var hostArchitecture: String {
        #if arch(arm64)
        "arm64"
        #else
        "x86_64"
        #endif
    }

    /// A program that runs arm64 programs on this machine.
    static func emulator() -> String? {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
        for folder in path.split(separator: ":") {
            for name in ["qemu-aarch64-static", "qemu-aarch64"]
            where FileManager.default.isExecutableFile(atPath: "\(folder)/\(name)") {
                return "\(folder)/\(name)"
            }
        }
        return nil
    }

    /// Seconds after which a bundle that has not answered is given up.
    private static let patience = 600

    private static func run(_ command: [String]) throws -> [UInt8] {
        let result = try ChildProcess(program: command[0], arguments: Array(command.dropFirst()), variables: [])
            .run(seconds: patience)
        guard result.status == 0, !result.isTimedOut else {
            let end =
                result.isTimedOut
                ? "no answer in \(patience) s"
                : result.status < 128 ? "exit status \(result.status)" : "signal \(result.status - 128)"
            let text = String(decoding: result.errors.prefix(500), as: UTF8.self).split(separator: "\n")
            throw Failure(
                facts: ErrorFacts(
                    "the bundle could not answer a sample request",
                    found: text.isEmpty ? end : end + ": " + text.joined(separator: "\n")))
        }
        return result.output
    }

    private struct Answer: Decodable {
        struct Output: Decodable { let data: [Element] }
        let outputs: [String: Output]
    }

    /// An element as a number.
    private struct Element: Decodable {
        let number: Float

        init(from decoder: any Decoder) throws {
            let value = try decoder.singleValueContainer()
            if let text = try? value.decode(String.self) {
                number = Comparison.number(ofText: text.utf8)
            } else if let truth = try? value.decode(Bool.self) {
                number = truth ? 1 : 0
            } else {
                number = Float(try value.decode(Double.self))
            }
        }
    }

    private static func output(_ sample: Sample, of answer: [UInt8]) -> [Float]? {
        guard let decoded = try? JSONDecoder().decode(Answer.self, from: Data(answer)) else { return nil }
        let names = decoded.outputs.keys.sorted()
        // Question answering has two; the plan's first is the start.
        var name = names.contains("start_logits") ? "start_logits" : names.first
        if case .tensors(_, let output) = sample { name = output }
        return name.flatMap { decoded.outputs[$0] }?.data.map(\.number)
    }
}
