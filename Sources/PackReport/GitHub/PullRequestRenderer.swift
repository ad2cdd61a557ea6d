/// Writes an assessment as the Markdown of a comment on a pull request.
public enum PullRequestRenderer {
    /// The first line of every comment: by it, a pipeline finds its own comment to write it anew.
    public static let marker = "<!-- pack-gate -->"
    /// Rows of a list; the rest is counted, because GitHub refuses comments of more than 65,536 characters.
    private static let most = 10

    /// The comment: marker, verdict, problems, sizes, and what changed and what is large behind a fold.
    public static func render(_ assessment: Assessment) -> String {
        var parts = [marker, verdict(assessment)]
        if !assessment.problems.isEmpty {
            let lines = shown(assessment.problems, "problem") { "- " + CommentText.sentence($0) }
            parts.append("**What could not be done**\n\n" + lines.joined(separator: "\n"))
        }
        parts += problems(assessment)
        if !assessment.measures.isEmpty { parts.append(measures(assessment.measures)) }
        if !assessment.changes.isEmpty { parts.append(changes(assessment.changes)) }
        parts += details(assessment)
        let source = [assessment.toolVersion, assessment.configuration].map { CommentText.sentence($0) }
        parts.append("<sub>pack \(source.joined(separator: " · "))</sub>")
        return parts.joined(separator: "\n\n") + "\n"
    }

    private static func verdict(_ assessment: Assessment) -> String {
        let mark =
            switch assessment.outcome {
            case .passes: "✅"
            case .fails: "❌"
            case .couldNotJudge: "⚠️"
            }
        let title = assessment.title.isEmpty ? "" : " · " + CommentText.sentence(assessment.title, most: 120)
        return "### \(mark) pack \(assessment.outcome.words)\(title)"
    }

    private static func problems(_ assessment: Assessment) -> [String] {
        let problems = assessment.results.filter(\.isProblem)
        guard !problems.isEmpty else { return [] }
        let lines = shown(problems, "finding") { result in
            let place = [result.target, result.path].compactMap { $0 }.map { CommentText.name($0) }
            let rule = assessment.rule(result.rule)?.id ?? result.rule
            let head = ([mark(result.outcome, result.level) + " **\(CommentText.sentence(rule))**"] + place).joined(
                separator: " · ")
            return "- \(head): \(CommentText.sentence(result.message))"
        }
        return [lines.joined(separator: "\n")]
    }

    private static func measures(_ measures: [Assessment.Measure]) -> String {
        let isSinceBaseline = measures.contains { $0.baseline != nil }
        var rows = ["| Check | Platform | Limit | Measured |" + (isSinceBaseline ? " Baseline | Change |" : "")]
        rows.append("| :--- | :--- | ---: | ---: |" + (isSinceBaseline ? " ---: | ---: |" : ""))
        rows += measures.prefix(50).map { measure in
            let mark = mark(measure.outcome, .error)
            var cells = [
                "\(mark) \(CommentText.sentence(measure.name, most: 60))",
                CommentText.sentence(measure.target ?? "–", most: 60),
                MeasureText.limit(measure), MeasureText.number(measure.measured, measure.unit),
            ]
            if isSinceBaseline {
                cells += [MeasureText.number(measure.baseline, measure.unit), MeasureText.change(measure)]
            }
            return "| " + cells.joined(separator: " | ") + " |"
        }
        let rest = measures.count - 50
        return rows.joined(separator: "\n") + (rest > 0 ? "\n\nand \(rest) more" : "")
    }

    private static func changes(_ changes: [Assessment.Change]) -> String {
        let rows = changes.prefix(most).map { change in
            let cells = [
                CommentText.sentence(change.kind, most: 40), CommentText.name(change.name),
                CommentText.sentence(change.before ?? "–", most: 60),
                CommentText.sentence(change.after ?? "–", most: 60), MeasureText.signed(change.bytes),
            ]
            return "| " + cells.joined(separator: " | ") + " |"
        }
        let table = ["| What | Name | Before | After | Bytes |", "| :--- | :--- | :--- | :--- | ---: |"] + rows
        return fold("Largest changes since the baseline", table, rest: changes.count - most, isOpen: true)
    }

    private static func details(_ assessment: Assessment) -> [String] {
        var parts: [String] = []
        if !assessment.contributors.isEmpty {
            let rows = assessment.contributors.prefix(most).map {
                let kind = CommentText.sentence($0.kind, most: 40)
                return "| \(kind) | \(CommentText.name($0.name)) | \(NumberText.bytes($0.bytes)) |"
            }
            let table = ["| What | Name | Size |", "| :--- | :--- | ---: |"] + rows
            parts.append(fold("What takes the most", table, rest: assessment.contributors.count - most))
        }
        let codes = Set(assessment.results.filter(\.isProblem).map(\.rule))
        let helps = assessment.rules.filter { codes.contains($0.code) }
        if !helps.isEmpty {
            let lines = helps.map {
                "- **\(CommentText.sentence($0.code)) \(CommentText.sentence($0.id))**: \($0.helpMarkdown)"
            }
            parts.append(fold("What the findings mean", lines, rest: 0))
        }
        return parts
    }

    private static func fold(_ title: String, _ lines: [String], rest: Int, isOpen: Bool = false) -> String {
        let end = rest > 0 ? "\n\nand \(rest) more" : ""
        return "<details\(isOpen ? " open" : "")><summary>\(title)</summary>\n\n"
            + lines.joined(separator: "\n") + end + "\n\n</details>"
    }

    private static func shown<T>(_ items: [T], _ noun: String, _ line: (T) -> String) -> [String] {
        let rest = items.count - most
        let lines = items.prefix(most).map(line)
        return rest > 0 ? lines + ["- and \(rest) more \(noun)\(rest == 1 ? "" : "s")"] : lines
    }

    private static func mark(_ outcome: Assessment.Result.Outcome, _ level: Assessment.Level) -> String {
        switch outcome {
        case .pass: "✅"
        case .fail: level == .error ? "❌" : "⚠️"
        case .unknown: "❔"
        }
    }
}
