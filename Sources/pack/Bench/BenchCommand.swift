import ArgumentParser
import Glibc
import PackIO
import PackImport
import PackPlanner

/// `pack bench`: how fast a model runs here, beside other runtimes.
struct Bench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measures warm latency of a model or bundle, beside other runtimes on the same model.",
        discussion: """
            Inputs are made up: random token ids without padding, normally distributed numbers. All engines are measured \
            in turns, round by round, so that what slows the machine down meets all of them. Peers run in a Python that \
            has them; they get the ONNX file, or of a folder the graph that pack imports, as ONNX, and optimize and \
            quantize it themselves.
            """)

    @Argument(
        help: ArgumentHelp("A model folder, an ONNX file, a bundle, or a model.pack.", valueName: "model-or-bundle"))
    var path: String

    @Option(help: ArgumentHelp("Other runtimes, separated by commas: onnxruntime.", valueName: "peers"))
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
            How a model's weights are stored, separated by commas: none, fp16, int8, int6, int4. none,int8 if not given, for \
            ONNX files none.
            """,
            valueName: "kinds"))
    var quantize: String?

    @Option(help: ArgumentHelp("Use no instruction set above this; PACK_ISA says the same.", valueName: "name"))
    var isa: String?

    @Option(help: ArgumentHelp("How often each engine has its turn.", valueName: "count"))
    var rounds = 5

    @Option(help: ArgumentHelp("How long a turn lasts at least; three runs are made anyway.", valueName: "seconds"))
    var seconds = 0.5

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
        guard seconds > 0, seconds <= 3600 else { throw ValidationError("--seconds is more than 0, at most 3600") }
        _ = try options()
    }

    func run() throws {
        // A peer that ends early must not end this process when it is spoken to.
        signal(SIGPIPE, SIG_IGN)
        let result = try Benchmark(self, try options()).run()
        try output.write(document: { BenchReport.document(result) }, json: { BenchReport.json(result) })
    }

    /// The options that are lists.
    struct Lists {
        var peers: [String] = []
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
        for peer in against.map({ words($0) }) ?? [] {
            guard PeerSet.known.contains(peer) else {
                let hint = Suggestion.nearest(to: peer, among: PeerSet.known).map { "; did you mean \($0)?" } ?? ""
                throw ValidationError(
                    "no peer is called '\(peer)'; peers: \(PeerSet.known.joined(separator: ", "))\(hint)")
            }
            if !lists.peers.contains(peer) { lists.peers.append(peer) }
        }
        lists.storage = try quantize.map { text in
            try words(text).map { word in
                guard let kind = WeightKind(option: word) else {
                    throw ValidationError("--quantize takes none, fp16, int8, int6 and int4, not '\(word)'")
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
