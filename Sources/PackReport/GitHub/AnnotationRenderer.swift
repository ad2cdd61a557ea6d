/// Writes problems as workflow commands of GitHub Actions, a line each: `::error file=…,line=…,title=…::message`.
///
/// The runner takes a line that begins with `::` for a command, and in older form `##[` anywhere; so every line begins
/// with a command of ours or with plain words, no text can end a line, and none holds `##[`.
public enum AnnotationRenderer {
    /// Annotations of each level that the runner keeps from one step.
    public static let most = 10

    /// The lines: errors first, then warnings and notes, and how many there are beyond what is shown.
    public static func render(_ assessment: Assessment) -> String {
        var lines: [String] = []
        var hidden: [String] = []
        for (level, command, noun) in [
            (Assessment.Level.error, "error", "error"), (.warning, "warning", "warning"), (.note, "notice", "note"),
        ] {
            var all = level == .error ? assessment.problems.map { line("error", problem: $0, assessment) } : []
            all += assessment.results.filter { $0.isProblem && $0.level == level }.map { line(command, $0, assessment) }
            lines += all.prefix(most)
            let rest = all.count - most
            if rest > 0 { hidden.append("\(rest) more \(noun)\(rest == 1 ? "" : "s")") }
        }
        if !hidden.isEmpty { lines.append("pack: \(hidden.joined(separator: ", ")) not shown here") }
        return lines.map { $0 + "\n" }.joined()
    }

    private static func line(_ command: String, _ result: Assessment.Result, _ assessment: Assessment) -> String {
        let path = result.path.flatMap { $0.isEmpty ? nil : $0 }
        let rule = assessment.rule(result.rule)
        let title = ([result.rule] + [rule?.id, result.target].compactMap { $0 }).joined(separator: " ")
        var properties = [("file", path ?? assessment.configuration)]
        if path != nil, let line = result.line, line > 0 { properties.append(("line", String(line))) }
        properties.append(("title", title))
        return self.line(command, properties, result.message)
    }

    private static func line(_ command: String, problem: String, _ assessment: Assessment) -> String {
        line(command, [("file", assessment.configuration), ("title", "could not judge")], problem)
    }

    private static func line(_ command: String, _ properties: [(String, String)], _ message: String) -> String {
        let list = properties.map { "\($0)=\(property($1))" }.joined(separator: ",")
        return "::\(command) \(list)::\(data(message))"
    }

    /// A message: percent signs and line ends as the runner decodes them.
    static func data(_ text: String) -> String {
        var result = ""
        var last: [Unicode.Scalar] = ["\0", "\0"]
        for scalar in text.unicodeScalars {
            switch scalar {
            case "%": result += "%25"
            case "\r": result += "%0D"
            case "\n": result += "%0A"
            case "[" where last == ["#", "#"]: result += " ["
            default: result += Escaping.visible(String(scalar))
            }
            last = [last[1], scalar]
        }
        return result
    }

    /// A property: what separates properties too.
    static func property(_ text: String) -> String {
        var result = ""
        for scalar in data(text).unicodeScalars {
            switch scalar {
            case ":": result += "%3A"
            case ",": result += "%2C"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
