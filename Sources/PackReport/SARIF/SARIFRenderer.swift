/// Writes an assessment as a SARIF log (OASIS, Static Analysis Results Interchange Format 2.1.0, errata 01), within
/// what code scanning on GitHub takes: a location and a fingerprint on every result.
public enum SARIFRenderer {
    /// The log.
    ///
    /// - Parameters:
    ///   - assessment: What is written.
    ///   - includesPasses: Whether results that pass are written too, as `kind: pass`. Code scanning on GitHub
    ///     takes those for problems, so they are left out unless they are wanted.
    public static func render(_ assessment: Assessment, includesPasses: Bool = false) -> String {
        log(assessment, includesPasses: includesPasses).text
    }

    static func log(_ assessment: Assessment, includesPasses: Bool) -> JSON {
        [
            "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
            "version": "2.1.0",
            "runs": [run(assessment, includesPasses: includesPasses)],
        ]
    }

    private static func run(_ assessment: Assessment, includesPasses: Bool) -> JSON {
        let order = Dictionary(assessment.rules.enumerated().map { ($1.code, $0) }) { first, _ in first }
        var counts: [String: Int] = [:]
        let results = assessment.results.filter { includesPasses || $0.outcome != .pass }
        return [
            "tool": ["driver": driver(assessment)],
            "invocations": [invocation(assessment)],
            "results": .array(
                results.map { result in
                    counts[result.fingerprint, default: 0] += 1
                    let occurrence = counts[result.fingerprint] ?? 1
                    return SARIFResult(
                        result: result, index: order[result.rule], configuration: assessment.configuration,
                        fingerprint: "\(result.fingerprint):\(occurrence)"
                    ).json
                }),
            "properties": ["outcome": .string(assessment.outcome.rawValue), "title": .string(assessment.title)],
        ]
    }

    private static func driver(_ assessment: Assessment) -> JSON {
        [
            "name": "pack",
            "version": .string(assessment.toolVersion),
            "semanticVersion": .string(assessment.toolVersion),
            "rules": .array(assessment.rules.map(rule)),
        ]
    }

    private static func rule(_ rule: Assessment.Rule) -> JSON {
        [
            "id": .string(rule.code),
            "name": .string(rule.id),
            "shortDescription": ["text": .string(SARIFText.message(rule.title))],
            "fullDescription": ["text": .string(SARIFText.message(rule.help))],
            "help": [
                "text": .string(SARIFText.message(rule.help)),
                "markdown": .string(SARIFText.braces(rule.helpMarkdown)),
            ],
            "defaultConfiguration": ["level": .string(rule.level.rawValue)],
        ]
    }

    /// A run that could not judge is no success, whatever its results are.
    private static func invocation(_ assessment: Assessment) -> JSON {
        var entries: [String: JSON] = [
            "executionSuccessful": .bool(assessment.outcome != .couldNotJudge),
            "exitCode": .int(assessment.exitStatus),
        ]
        if !assessment.problems.isEmpty {
            entries["toolExecutionNotifications"] = .array(
                assessment.problems.map {
                    ["level": "error", "message": ["text": .string(SARIFText.message($0))]]
                })
        }
        return .object(entries)
    }
}
