import ArgumentParser
import Glibc
import PackIO
import PackLab
import PackProfiles
import PackReport

/// `pack study`: platforms side by side, for bundles and for the usual Python stacks.
struct StudyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "study",
        abstract: "Compares platforms for bundles and Python stacks: limits, latency, cold start, scaling, size, cost.",
        discussion: """
            Cold starts and request times are measured on this machine, within the limits of an instance, everybody in \
            turn. Fleets are simulated: requests that come at the workload's rates meet the platforms' documented scaling rules \
            (pack profiles NAME shows them with their sources) and the measured times. The simulation is checked against one \
            instance on this machine. Prices are those of the profiles.

            A workload file (YAML):
              schema: pack.workload/1
              phases: [{time: 60 s, rate: 1}, {time: 5 min, rate: 100}]   # requests a second; this if not given
              spacing: poisson             # or constant
              bound: 1 s                   # what 95 of 100 requests are to keep to
              requests-a-month: 10000000   # for costs
            """)

    @Argument(
        help: ArgumentHelp(
            """
            Bundles for this machine's processor, or models (folders, ONNX files), of which bundles are made first. Only \
            models, and bundles with --model, are served by Python stacks as well.
            """, valueName: "bundle"))
    var paths: [String] = []

    @Option(
        help: ArgumentHelp(
            "The model that a bundle was made of, for the stacks; once for each bundle, in their order.",
            valueName: "path"))
    var model: [String] = []

    @Option(
        help: ArgumentHelp(
            "Python stacks to compare with, separated by commas: onnxruntime, torch (each with FastAPI and uvicorn).",
            valueName: "stacks"))
    var stack: String?

    @Option(help: ArgumentHelp("A Python that has the stacks.", valueName: "path"))
    var python = "python3"

    @Option(help: ArgumentHelp("What is asked of the platforms: a YAML file, as above.", valueName: "file"))
    var workload: String?

    @Option(
        help: ArgumentHelp(
            """
            A platform's name, or the path of a profile; may be repeated. Lambda (zip and image), Cloud Run and \
            Kubernetes, today and in October 2020, if not given.
            """, valueName: "name"))
    var target: [String] = []

    @Option(help: "How the weights of bundles that are made are stored, as for pack slim.")
    var quantize: Slim.Quantization = .auto

    @Option(help: ArgumentHelp("Turns in which everybody is measured.", valueName: "count"))
    var rounds = 3

    @Option(help: ArgumentHelp("How long requests are sent to a warm instance in each turn.", valueName: "seconds"))
    var seconds = 2.0

    @Option(help: ArgumentHelp("Fresh processes in each turn.", valueName: "count"))
    var starts = 2

    @Option(
        help: ArgumentHelp("How long each rate of the check of the simulation lasts; 0 for none.", valueName: "seconds")
    )
    var check = 5.0

    @Option(help: ArgumentHelp("Simulations of each platform, with seeds from 1 on.", valueName: "count"))
    var seeds = 3

    @Option(
        help: ArgumentHelp(
            "Requests that an instance is given at a time, where a platform lets one choose.", valueName: "count"))
    var concurrency = 8

    @Option(help: ArgumentHelp("Processors of an instance.", valueName: "count"))
    var processors = 1

    @Option(help: "Form of the report: table is for people, json for programs, html a page by itself.")
    var format: StudyFormat = .table

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            "Write the report to a file instead: in the form that .html, .md or .json says, else as --format does; may be repeated.",
            valueName: "file"))
    var output: [String] = []

    /// What is looked at when no target is given.
    static let platforms = [
        "lambda", "lambda-image", "cloud-run", "kubernetes", "lambda-2020", "cloud-run-2020", "kubernetes-2020",
    ]

    func validate() throws {
        guard !paths.isEmpty else {
            throw ValidationError("a bundle or a model is missing: pack study BUNDLE… (pack slim makes bundles)")
        }
        guard model.isEmpty || model.count == paths.count else {
            throw ValidationError("--model is given once for each bundle: \(paths.count) times, not \(model.count)")
        }
        guard (1...1000).contains(rounds) else { throw ValidationError("--rounds is 1 to 1000") }
        guard (1...100).contains(starts) else { throw ValidationError("--starts is 1 to 100") }
        guard seconds > 0, seconds <= 3600 else { throw ValidationError("--seconds is more than 0, at most 3600") }
        guard check >= 0, check <= 3600 else { throw ValidationError("--check is 0 to 3600 seconds") }
        guard (1...100).contains(seeds) else { throw ValidationError("--seeds is 1 to 100") }
        guard (1...1000).contains(concurrency) else { throw ValidationError("--concurrency is 1 to 1000") }
        guard (1...64).contains(processors) else { throw ValidationError("--processors is 1 to 64") }
        _ = try stacks()
    }

    func run() throws {
        signal(SIGPIPE, SIG_IGN)
        Sandbox.enterUserNamespace()
        let workload = try workload.map { try StudyWorkload(file: $0) } ?? StudyWorkload()
        let names = target.isEmpty ? Self.platforms : target
        let result = try Study(self, workload, try profiles(named: names), try stacks()).run()
        let report = StudyReport(result)
        guard !output.isEmpty else { return try writeOutput(text(report, format, to: nil), to: nil) }
        for file in output { try writeOutput(text(report, StudyFormat(file: file) ?? format, to: file), to: file) }
    }

    private func text(_ report: StudyReport, _ format: StudyFormat, to file: String?) -> String {
        switch format {
        case .table: OutputOptions.table(report.document, to: file)
        case .json: report.json.text
        case .markdown: MarkdownRenderer.render(report.document)
        case .html: PageRenderer.render(report.page)
        }
    }

    /// The stacks that are asked for, each once.
    func stacks() throws -> [PythonStack] {
        guard let stack else { return [] }
        var found: [PythonStack] = []
        for name in stack.split(separator: ",", omittingEmptySubsequences: false).map(String.init) {
            guard let one = PythonStack(rawValue: name) else {
                let known = PythonStack.allCases.map(\.rawValue)
                let hint = Suggestion.nearest(to: name, among: known).map { "; did you mean \($0)?" } ?? ""
                throw ValidationError(
                    "no stack is called '\(name)'; stacks: \(known.joined(separator: ", "))\(hint)")
            }
            if !found.contains(one) { found.append(one) }
        }
        return found
    }
}

/// Forms of a study's report.
enum StudyFormat: String, ExpressibleByArgument, CaseIterable {
    case table
    case json
    case markdown
    case html

    /// By the end of a file's name; nil where that tells nothing.
    init?(file: String) {
        guard let end = file.split(separator: ".").last.map(String.init),
            let form = ["html": Self.html, "md": .markdown, "json": .json][end]
        else { return nil }
        self = form
    }
}
