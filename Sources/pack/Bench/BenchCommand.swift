import ArgumentParser
import Glibc
import PackIO
import PackImport
import PackLab
import PackPlanner

/// `pack bench`: how fast a model runs here, beside other runtimes.
struct Bench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measures a model or bundle beside other runtimes on the same model: time, accuracy, memory, bytes.",
        discussion: """
            Inputs are made up: random token ids without padding, normally distributed numbers. All engines are measured \
            in turns, round by round, so that what slows the machine down meets all of them. Peers run in a Python that \
            has them; they get the ONNX file, or of a folder the graph that pack imports, as ONNX, and optimize and \
            quantize it themselves; torch gets the folder.

            Beside the times of quantized weights stands how close the answers are to those of the same engine with f32, on \
            built-in texts: the mean cosine (and the smallest); of embeddings, the rank correlation of the similarities \
            of all pairs of texts; of classifiers, the share of equal labels and the mean divergence of their \
            probabilities, in nats. Models without a tokenizer are compared on made-up inputs.
            """)

    @Argument(
        help: ArgumentHelp("A model folder, an ONNX file, a bundle, or a model.pack.", valueName: "model-or-bundle"))
    var path: String?

    @Flag(
        help: """
            Measure the runtime's kernels instead, with one thread: each that this CPU can run, and which of them are picked.
            """)
    var kernels = false

    @Option(
        help: ArgumentHelp(
            """
            Other runtimes, separated by commas: onnxruntime, onnxruntime-fused (with its optimizer for transformers), \
            openvino, torch.
            """,
            valueName: "peers"))
    var against: String?

    @Option(help: ArgumentHelp("A Python that has the peers.", valueName: "path"))
    var python = "python3"

    @Option(
        help: ArgumentHelp(
            "Values of a named dimension, separated by commas; may be repeated. batch=1 and sequence=16,128 if not given.",
            valueName: "name=values"))
    var shape: [String] = []

    @Option(
        help: ArgumentHelp(
            """
            How long the texts of a batch are: equal, as sequence says, or natural: 5 to 60 tokens, log-normal around 20 \
            as sentences are, the same in every run. batch=32 then if not given; peers get them padded to the longest.
            """,
            valueName: "kind"))
    var lengths = Lengths.equal

    @Option(help: ArgumentHelp("Numbers of threads, separated by commas.", valueName: "counts"))
    var threads = "1"

    @Option(
        help: ArgumentHelp(
            """
            How a model's weights are stored, separated by commas: none, fp16, bf16, int8, int6, int4. none,int8 if not given, for \
            ONNX files none.
            """,
            valueName: "kinds"))
    var quantize: String?

    @Option(help: ArgumentHelp("Use no instruction set above this; PACK_ISA says the same.", valueName: "name"))
    var isa: String?

    @Option(help: ArgumentHelp("How often each engine has its turn.", valueName: "count"))
    var rounds = 5

    @Option(
        help: ArgumentHelp(
            "How long a turn lasts at least; three runs are made anyway. 0.5 if not given, for kernels 0.02.",
            valueName: "seconds"))
    var seconds: Double?

    /// How long a turn lasts.
    var turn: Double { seconds ?? (kernels ? 0.02 : 0.5) }

    @Option(
        help: ArgumentHelp(
            """
            How often each engine is started as a process of its own, for the time from its start to the first answer and \
            to its end, and for its memory; pack's is the program of a bundle.
            """,
            valueName: "count"))
    var starts = 0

    @Flag(help: "Show the time of each step of pack's plans.")
    var steps = false

    @OptionGroup(title: "An ONNX model's inputs and outputs") var fixed: FixedOptions
    @OptionGroup(title: "An ONNX model's inputs and outputs") var cut: CutOptions

    @OptionGroup var output: OutputOptions

    /// How long the texts of a batch are.
    enum Lengths: String, CaseIterable, ExpressibleByArgument {
        case equal, natural
    }

    func validate() throws {
        guard (1...1000).contains(rounds) else { throw ValidationError("--rounds is 1 to 1000") }
        guard (0...1000).contains(starts) else { throw ValidationError("--starts is 0 to 1000") }
        guard turn > 0, turn <= 3600 else { throw ValidationError("--seconds is more than 0, at most 3600") }
        guard kernels == (path == nil) else {
            throw ValidationError(
                kernels ? "--kernels takes no model" : "Missing expected argument '<model-or-bundle>'")
        }
        let hasOthers = against != nil || quantize != nil || !shape.isEmpty || starts > 0 || steps || threads != "1"
        guard !kernels || !hasOthers else {
            throw ValidationError("--kernels goes with --isa, --rounds, --seconds, --format and --output")
        }
        _ = try options()
    }

    func run() throws {
        // A peer that ends early must not end this process when it is spoken to.
        signal(SIGPIPE, SIG_IGN)
        guard let path else {
            let limit = isa ?? getenv("PACK_ISA").map { String(cString: $0) }
            let result = try KernelBenchmark(rounds: rounds, seconds: turn, instructionSet: limit).run()
            return try output.write(
                document: { KernelReport.document(result) }, json: { KernelReport.json(result) })
        }
        let result = try Benchmark(self, path, try options()).run()
        try output.write(document: { BenchReport.document(result) }, json: { BenchReport.json(result) })
    }

    /// The options that are lists.
    struct Lists {
        var peers: [Peer] = []
        var shapes = ShapeChoices()
        var threads: [Int]
        /// How a folder's weights are stored; nil where it was not said.
        var storage: [WeightKind]?
    }

    /// What is fixed of an ONNX model; its dimensions are what is measured at.
    func specialization() throws -> ONNXSpecialization {
        var result = ONNXSpecialization()
        try fixed.fix(&result)
        result.inputs = try Assignment.names(cut.inputs, "--inputs")
        return result
    }

    private func options() throws -> Lists {
        var lists = Lists(threads: try counts(threads, "--threads", 1...1024))
        for item in shape {
            let parts = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[0].isEmpty else {
                throw ValidationError("--shape is NAME=VALUES, for example sequence=16,128, not '\(item)'")
            }
            guard lengths == .equal || parts[0] != "sequence" else {
                throw ValidationError("--lengths natural says itself how long texts are: leave out --shape sequence")
            }
            lists.shapes.add(String(parts[0]), try counts(String(parts[1]), "--shape \(parts[0])", 1...1 << 24))
        }
        lists.shapes.hasSentences = lengths == .natural
        for name in against.map({ words($0) }) ?? [] {
            guard let peer = Peer(rawValue: name) else {
                let known = Peer.allCases.map(\.rawValue)
                let hint = Suggestion.nearest(to: name, among: known).map { "; did you mean \($0)?" } ?? ""
                throw ValidationError(
                    "no peer is called '\(name)'; peers: \(known.joined(separator: ", "))\(hint)")
            }
            if !lists.peers.contains(peer) { lists.peers.append(peer) }
        }
        lists.storage = try quantize.map { text in
            try words(text).map { word in
                guard let kind = WeightKind(option: word) else {
                    throw ValidationError("--quantize takes none, fp16, bf16, int8, int6 and int4, not '\(word)'")
                }
                return kind
            }
        }
        return lists
    }

    private func words(_ text: String) -> [String] {
        text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }

    private func counts(_ text: String, _ option: String, _ range: ClosedRange<Int>) throws -> [Int] {
        try words(text).map { word in
            guard let count = Int(word), range.contains(count) else {
                throw ValidationError(
                    "\(option) takes numbers from \(range.lowerBound) to \(range.upperBound), not '\(word)'")
            }
            return count
        }
    }
}
