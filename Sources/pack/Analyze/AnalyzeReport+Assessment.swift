import PackFit
import PackReport

extension AnalyzeReport {
    /// The report for code scanning, test reports and annotations. An analysis does not fail; its outcome says what a gate
    /// with the same platforms would say.
    var assessment: Assessment {
        let verdicts = analysis.answers.map(\.fit.verdict)
        let outcome: Assessment.Outcome =
            !examination.problems.isEmpty ? .couldNotJudge : verdicts.contains(.doesNotFit) ? .fails : .passes
        let path = examination.subject.paths.first.map { $0 == "." ? "" : $0 } ?? ""
        var assessment = Assessment(
            toolVersion: toolVersion, title: analysis.name, outcome: outcome,
            configuration: path.isEmpty ? "pack.yaml" : path,
            exitStatus: examination.problems.isEmpty ? 0 : 2)
        for answer in analysis.answers { assessment.add(answer.fit, path: path, unknown: .warning) }
        for finding in allFindings { assessment.add(finding, path: path) }
        assessment.problems = examination.problems
        return assessment
    }
}
