import ArgumentParser
import Glibc
import PackIO
import PackImport
import PackPasses
import PackPlanner
import PackRuntime
import PackServing
import PackTokenizers

/// `pack run`: one answer, here.
struct Run: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Runs a model or a bundle once, here, and prints the answer as JSON.",
        discussion: """
            A request is one of --text (repeat it for a batch) and --json, a file or - for standard input with what \
            the bundle's server would be sent: {"text": "…"}, {"texts": ["…"]} or {"inputs": {"NAME": [[…]]}}. \
            --inputs takes tensors by name from NumPy's .npz instead, --input NAME=FILE.npy one tensor (repeat it for \
            others); --output FILE.npz then gets all outputs by name, --output-folder DIR an .npy for each. --plan FILE \
            writes the plan that is run, as bundles hold it, and needs no request.

            An input of an ONNX model that is a list of tensors is --input NAME=FILE.npz, its entries in the file's order \
            (in --inputs they are called NAME.0, NAME.1, …); an optional input may be left out. Outputs that are lists are \
            written as NAME.0, NAME.1, …, and named under "sequences"; those without a value under "absent". Where the value \
            of a small input decides what is computed (how often a loop turns, say), it is taken as fixed for the run; \
            --explain says so.
            """)

    @Argument(help: ArgumentHelp("A model folder, an ONNX file, a bundle, or a model.pack.", valueName: "model"))
    var path: String

    @Option(help: "A text; several make a batch.")
    var text: [String] = []

    @Option(help: ArgumentHelp("A request as JSON; - reads standard input.", valueName: "file"))
    var json: String?

    @Option(help: ArgumentHelp("Tensors by name, as numpy.savez writes them.", valueName: "file.npz"))
    var inputs: String?

    @Option(
        help: ArgumentHelp(
            "One tensor, as numpy.save writes it, or a list of tensors as numpy.savez does; may be repeated.",
            valueName: "name=file.npy"))
    var input: [String] = []

    @Option(
        help: ArgumentHelp(
            "Write each output to NAME.npy in this folder, and a list of the files.", valueName: "folder"))
    var outputFolder: String?

    @Option(help: ArgumentHelp("Write the plan to a file, which a bundle's program takes too.", valueName: "file"))
    var plan: String?
    @OptionGroup(title: "An ONNX model's inputs and outputs") var shapes: ShapeOptions
    @OptionGroup(title: "An ONNX model's inputs and outputs") var fixed: FixedOptions

    @Option(
        help: ArgumentHelp(
            "Let values inside an ONNX model, separated by commas, be inputs; what only they needed goes.",
            valueName: "names"))
    var cutInputs: String?

    @Flag(help: "Run a model's graph as it was exported, without any pass.")
    var unoptimized = false

    @Option(help: ArgumentHelp("Store a model's weights so: none, fp16, bf16, int8, int6 or int4.", valueName: "kind"))
    var quantize: String = "none"

    @Option(help: ArgumentHelp("Use no instruction set above this; PACK_ISA says the same.", valueName: "name"))
    var isa: String?

    @Option(
        help: ArgumentHelp("Threads to compute with; as many as CPUs may be used if not given.", valueName: "count"))
    var threads: Int?

    @Option(name: .shortAndLong, help: ArgumentHelp("Write the answer to a file instead.", valueName: "file"))
    var output: String?

    @Flag(help: "Print kernels, memory and times on standard error.")
    var explain = false

    func validate() throws {
        guard [!text.isEmpty, json != nil, inputs != nil, !input.isEmpty].count(where: { $0 }) <= 1 else {
            throw ValidationError("give one of --text, --json, --inputs and --input")
        }
        // A model may take nothing.
        guard hasRequest || outputFolder != nil || plan != nil else {
            throw ValidationError("give one of --text, --json, --inputs and --input")
        }
        let takesTensors = text.isEmpty && json == nil
        guard takesTensors || !(output ?? "").hasSuffix(".npz") else {
            throw ValidationError("--output FILE.npz goes with --inputs and --input")
        }
        guard takesTensors || outputFolder == nil else {
            throw ValidationError("--output-folder goes with --inputs and --input")
        }
        guard outputFolder == nil || !(output ?? "").hasSuffix(".npz") else {
            throw ValidationError("give one of --output-folder and --output FILE.npz")
        }
        for entry in input where !entry.dropFirst().contains("=") {
            throw ValidationError("--input is NAME=FILE.npy, not '\(entry)'")
        }
        guard threads.map({ $0 >= 1 && $0 <= 1024 }) ?? true else { throw ValidationError("--threads is 1 to 1024") }
        guard WeightKind(option: quantize) != nil else {
            throw ValidationError("--quantize is none, fp16, bf16, int8, int6 or int4")
        }
    }

    func run() throws {
        let clock = ContinuousClock()
        let start = clock.now
        let given = try tensors.map(RunInputs.init)
        let model = try open(given)
        let loaded = clock.now
        let session = try LocalSession.open(model.image, threads: threads, instructionSet: isa)
        if let plan {
            let file = try AtomicFile(path: plan)
            try file.write(model.image.bytes)
            try file.commit()
            guard hasRequest || outputFolder != nil else { return }
        }
        if let given {
            if explain { writeError(model.notes.map { $0 + "\n" }.joined()) }
            return try TensorRun(session, fixed: model.fixed, forms: model.forms)
                .run(given, output: output, folder: outputFolder, explain: explain)
        }
        let predictor = try LocalSession.predictor(session)
        let opened = clock.now
        let answer = ByteBuffer()
        let request = try requestBytes()
        var failure: RequestError?
        request.withUnsafeBytes { bytes in
            do throws(RequestError) { try predictor.answer(bytes, into: answer) } catch { failure = error }
        }
        if let error = failure {
            let message = ByteBuffer()
            error.appendMessage(to: message)
            throw Refusal(
                facts: ErrorFacts(
                    "cannot be answered: " + String(decoding: message.bytes, as: UTF8.self), file: "request"))
        }
        let answered = clock.now
        try writeOutput(String(decoding: answer.bytes, as: UTF8.self), to: output)
        if explain {
            writeError(
                LocalSession.explanation(session)
                    + "plan made or read: \(loaded - start)\nsession opened: \(opened - loaded)\n"
                    + "answered: \(answered - opened)\n")
        }
    }

    /// A plan, with what is known of a model beside it.
    private struct Opened {
        let image: PlanImage
        var fixed: Set<String> = []
        var forms: [ONNXOutput] = []
        var notes: [String] = []
    }

    private func open(_ given: RunInputs?) throws -> Opened {
        var specialization = ONNXSpecialization()
        try shapes.fix(&specialization)
        try fixed.fix(&specialization)
        specialization.inputs = try Assignment.names(cutInputs, "--cut-inputs")
        let storage = WeightStorage(WeightKind(option: quantize) ?? .f32)
        guard let file = ONNXImport.path(at: path) else {
            guard specialization.isEmpty else { throw ImportError.notFixable(path) }
            return Opened(image: try PlanSource.load(path, storage: storage, isOptimized: !unoptimized))
        }
        var model = try RunImport(file, specialization, given)
        let options = unoptimized ? PassOptions(limit: 0) : PassOptions()
        while true {
            let pipeline = try ModelPipeline(try ImportedModel(model.imported), options)
            let draft: PlanDraft
            do {
                draft = try pipeline.draft(storage)
            } catch let error as ImportError {
                // The inputs may tell what the plan lacks; each round fixes something more.
                guard try model.fix(Unrunnable.problems(pipeline.optimized, pipeline.metadata)) else { throw error }
                continue
            }
            return Opened(
                image: try draft.makeImage(), fixed: Set(model.imported.specialization.values.keys),
                forms: model.imported.outputs, notes: model.notes)
        }
    }

    private var hasRequest: Bool { !text.isEmpty || json != nil || inputs != nil || !input.isEmpty }

    /// Where tensors come from; nil for texts and JSON.
    private var tensors: RunInputs.Source? {
        if let inputs { return .archive(inputs) }
        guard text.isEmpty, json == nil else { return nil }
        return .files(
            input.compactMap { entry in
                // Names may hold the sign themselves, files' names rarely do.
                entry.dropFirst().lastIndex(of: "=").map {
                    (String(entry[..<$0]), String(entry[entry.index(after: $0)...]))
                }
            })
    }

    private func requestBytes() throws -> [UInt8] {
        if let json {
            return json == "-"
                ? try readStandardInput() : try FileContents.bytes(of: json, limit: 1 << 30)
        }
        let buffer = ByteBuffer()
        buffer.append(text.count == 1 ? "{\"text\":" : "{\"texts\":[")
        for (index, text) in text.enumerated() {
            if index > 0 { buffer.append(",") }
            Array(text.utf8).withUnsafeBytes { buffer.append(jsonString: $0) }
        }
        buffer.append(text.count == 1 ? "}" : "]}")
        return Array(buffer.bytes)
    }
}

/// All of standard input.
private func readStandardInput() throws(IOFailure) -> [UInt8] {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
        let count = Glibc.read(STDIN_FILENO, &chunk, chunk.count)
        if count == 0 { return bytes }
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { throw .system(.read, path: "standard input", code: errno) }
        bytes += chunk[..<count]
    }
}
