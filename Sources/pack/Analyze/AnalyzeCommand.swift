import ArgumentParser
import PackFit
import PackIO

/// `pack analyze`: what a model is, whether platforms take it and why, and what would help.
struct Analyze: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Says what a model is, whether it fits platforms and why, and what would make it fit.",
        discussion: """
            The files are judged as they are, and as the bundles that "pack slim" would make of them. Nothing is \
            imported, executed or unpickled. The exit status is 0 whatever the verdicts are.
            """)

    @Argument(help: ArgumentHelp("A model folder, or a file of weights.", valueName: "path"))
    var path = "."

    @Option(help: ArgumentHelp("A platform's name, or the path of a profile; all if not given.", valueName: "name"))
    var target: [String] = []

    @OptionGroup var output: OutputOptions

    func run() throws {
        let platforms = try profiles(named: target)
        var progress = Progress()
        defer { progress.finish() }
        var reading = try ModelReading.read(path)
        progress.step("planning what a bundle would take")
        let predictions = try predict(&reading)
        reading.facts.fusedOperators = predictions?.fusedOperators
        progress.step("sampling the weights")
        let asItIs = factsAsItIs(reading.facts, reading.checkpoint)
        let analysis = Analysis(
            model: reading.facts, asItIs: asItIs,
            predictions: predictions?.all ?? [],
            obstacle: reading.obstacle.map(ErrorMessage.sentence),
            notLookedAt: [
                "code and Python packages around the model", "accuracy after quantizing", "speed of requests",
            ],
            profiles: platforms)
        progress.finish()
        try output.write(
            document: { AnalyzeReport(analysis, showsAllLimits: !target.isEmpty).document },
            json: { AnalyzeReport.json(analysis) })
    }

    /// What bundles would be; where slim would refuse the model, the reading says why.
    private func predict(_ reading: inout ModelReading) throws -> Predictions? {
        guard let imported = reading.imported else { return nil }
        do {
            return try Predictions(imported, files: reading.facts.files)
        } catch let error as any FactualError {
            reading.obstacle = error.facts
            return nil
        }
    }
}
