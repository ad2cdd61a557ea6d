import ArgumentParser
import FoundationEssentials
import PackFit
import PackIO
import PackProfiles
import PackReport

/// `pack gate`: judges a deployment before it goes out.
struct Gate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gate",
        abstract: "Judges a deployment by platforms' limits and your budgets, for a pipeline to stop at.",
        discussion: """
            What must hold stands in pack.yaml: platforms that must take the deployment, budgets, growth since a baseline, \
            accuracy, and what an unknown answer counts as. Without a file, --target names the platforms.

            Exit status: 0 passes, 1 fails, 2 could not judge, 64 wrong usage. What was looked at, each measured value and \
            each limit are always printed.
            """)

    @Argument(help: ArgumentHelp("What is deployed; pack.yaml's paths if not given.", valueName: "path"))
    var paths: [String] = []

    @Option(help: ArgumentHelp("The configuration; pack.yaml here if there is one.", valueName: "file"))
    var config: String?

    @Option(help: ArgumentHelp("A platform that must take it, instead of pack.yaml's.", valueName: "name"))
    var target: [String] = []

    @Option(help: ArgumentHelp("The baseline, instead of pack.yaml's.", valueName: "file"))
    var baseline: String?

    @Flag(help: "Write the present measures as the baseline instead of judging.")
    var writeBaseline = false

    @OptionGroup var stack: StackOptions
    @OptionGroup var output: ReportOptions

    func run() throws {
        let settings = try configuration()
        let place = settings.file ?? "pack.yaml"
        do {
            try judge(settings, place)
        } catch let error as any FactualError {
            // A report is owed to whoever reads it instead of the log.
            if output.format != .table, !writeBaseline {
                var assessment = Assessment(
                    toolVersion: toolVersion, title: paths.joined(separator: " "), outcome: .couldNotJudge,
                    configuration: place)
                assessment.problems = [ErrorMessage.sentence(error.facts)]
                try output.write(try text(assessment, json: GateReport.couldNotJudge(assessment)))
            }
            throw error
        }
    }

    private func configuration() throws -> GateConfiguration {
        var settings = GateConfiguration()
        if let config {
            settings = try .read(config)
        } else if try FileContents.kind(of: "pack.yaml") != nil {
            settings = try .read("pack.yaml")
        }
        if !paths.isEmpty { settings.paths = paths }
        if settings.paths.isEmpty { settings.paths = [settings.folder] }
        if !target.isEmpty { settings.targets = target }
        if let baseline { settings.baseline = baseline }
        guard !settings.targets.isEmpty else {
            throw ValidationError("no platform to judge by: give --target, or targets in pack.yaml")
        }
        return settings
    }

    private func judge(_ settings: GateConfiguration, _ place: String) throws {
        let platforms = try profiles(named: settings.targets)
        var options = stack
        options.entry = options.entry ?? settings.entry
        options.python = options.python ?? settings.python
        let examination = try Examination.make(settings.paths, options, { platforms })
        let measures = try examination.measures(of: settings.rules.deployment)
        if writeBaseline { return try write(GateBaseline(measures), settings, examination) }
        let judgement = GateJudgement(
            fits: try examination.fits(of: settings.rules.deployment), measures: measures,
            baseline: try settings.baseline.map(BaselineFile.read), rules: settings.rules, today: Self.today)
        let report = GateReport(
            judgement: judgement, lookedAt: examination.lookedAt(settings.rules.deployment), parts: measures.parts,
            problems: examination.problems)
        try write(report, examination, place)
        switch report.outcome {
        case .passes: break
        case .fails: throw ExitStatus.no
        case .couldNotJudge: throw ExitStatus.failed
        }
    }

    /// The day, for exemptions: that of `SOURCE_DATE_EPOCH` where it is set.
    static var today: String {
        let epoch = ProcessInfo.processInfo.environment["SOURCE_DATE_EPOCH"].flatMap(Double.init)
        return (epoch.map { Date(timeIntervalSince1970: $0) } ?? Date()).formatted(
            .iso8601.year().month().day().dateSeparator(.dash))
    }

    private func write(_ baseline: GateBaseline, _ settings: GateConfiguration, _ examination: Examination) throws {
        guard examination.problems.isEmpty else {
            throw Refusal(
                facts: ErrorFacts(
                    "no baseline is written while something cannot be read", found: examination.problems[0]))
        }
        let path = settings.baseline ?? settings.folder + "/pack-baseline.json"
        try writeOutput(BaselineFile.json(baseline).text, to: path)
        writeError("wrote \(Escaping.visible(path))\n")
    }

    private func write(_ report: GateReport, _ examination: Examination, _ place: String) throws {
        var assessment = report.assessment(configuration: place, title: examination.subject.name)
        assessment.treemap = examination.treemap
        try output.write(
            output.format == .table
                ? output.table(report.document)
                : text(assessment, json: report.json(assessment), page: report.page(assessment)))
    }

    private func text(_ assessment: Assessment, json: JSON, page: Page? = nil) throws -> String {
        switch output.format {
        case .table, .json: json.text
        case .markdown: PullRequestRenderer.render(assessment)
        case .html: PageRenderer.render(page ?? GateReport.emptyPage(assessment))
        case .sarif: SARIFRenderer.render(assessment)
        case .junit: JUnitRenderer.render(assessment, timestamp: Self.today + "T00:00:00")
        case .github: AnnotationRenderer.render(assessment)
        }
    }
}
