import ArgumentParser
import PackFit
import PackIO
import PackImport
import PackReport

/// `pack analyze`: what a deployment is, whether platforms take it and why, and what would help.
struct Analyze: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "analyze",
        abstract:
            "Says what a model and the code around it are, whether they fit platforms and why, and what would help.",
        discussion: """
            The files are judged as they are, and as the bundles that "pack slim" would make of a model among them. Nothing \
            is imported, executed or unpickled, unless --measure or --resolve asks for it.

            Exit status: 0 whatever the verdicts are, 2 if something could not be read (the rest is reported).
            """)

    @Argument(
        help: ArgumentHelp(
            """
            A model folder, a project, site-packages, a virtual environment, a folder of wheels, a function's zip, an OCI \
            image layout, a docker-archive tar, a file of weights, a list of packages (requirements.txt, uv.lock, …); \
            several are taken together.
            """, valueName: "path"))
    var paths: [String] = ["."]

    @Option(
        help: ArgumentHelp(
            "A platform's name, or the path of a profile; may be repeated; the usual ones if not given, \"all\" for all.",
            valueName: "name"))
    var target: [String] = []

    @Flag(help: "Show all packages as a tree of who needs whom.")
    var tree = false

    @OptionGroup var stack: StackOptions
    @OptionGroup(title: "An ONNX model's inputs and outputs") var specialization: SpecializationOptions
    @OptionGroup var workload: WorkloadOptions
    @OptionGroup var output: ReportOptions

    /// The profiles of the usual platforms, read by a thread that begins when they are first mentioned.
    nonisolated(unsafe) private static let usualPlatforms = Deferred { try profiles(named: []) }

    /// Begins to read before the arguments are understood, as that takes as long as a small model's analysis: an ONNX model
    /// that one of them seems to name, then the profiles.
    static func prepare(for arguments: [String]) {
        guard arguments.dropFirst().first == configuration.commandName else { return }
        let next: @Sendable () -> Void = {
            if !arguments.contains(where: { $0.hasPrefix("--target") }) { _ = usualPlatforms }
        }
        let model = arguments.dropFirst(2).lazy.filter { !$0.hasPrefix("-") }.compactMap { ONNXImport.path(at: $0) }
            .first
        if let model { EarlyReading.begin(model, then: next) } else { next() }
    }

    func run() throws {
        let platforms = target.isEmpty ? Self.usualPlatforms : Deferred { [target] in try profiles(named: target) }
        let examination = try Examination.make(paths, stack, platforms.get, fixing: specialization.specialization())
        let report = AnalyzeReport(
            examination: examination, showsAllLimits: !target.isEmpty, showsTree: tree,
            workload: workload.workload)
        try output.write(text(report, examination))
        // Memory is given back at the end of the process at once, and here piece by piece.
        _ = Unmanaged.passRetained(Kept(examination))
        if !examination.problems.isEmpty { throw ExitStatus.failed }
    }

    private func text(_ report: AnalyzeReport, _ examination: Examination) -> String {
        switch output.format {
        case .table: output.table(report.document)
        case .json: report.json.text
        case .markdown: MarkdownRenderer.render(report.document)
        case .html: PageRenderer.render(report.page(treemap: examination.treemap))
        case .sarif: SARIFRenderer.render(report.assessment)
        case .junit: JUnitRenderer.render(report.assessment, timestamp: Gate.today + "T00:00:00")
        case .github: AnnotationRenderer.render(report.assessment)
        }
    }
}

/// What is kept until the process ends.
private final class Kept {
    let examination: Examination

    init(_ examination: Examination) { self.examination = examination }
}
