import PackFormats
import PackGraph
import PackIO

/// An ONNX file as a graph, with all that cannot be run of it.
public struct ONNXImport: Sendable {
    /// The file.
    public let file: ONNXFile
    /// The graph. Where there are problems, it is whole for reports and cannot be run; its constants lend the bytes of the
    /// mapped file.
    public let graph: Graph
    /// What cannot be run, in the order of the nodes.
    public let problems: [ONNXProblem]
    /// Names of classes: what an output's numbers, from 0 on, or the columns of scores stand for. Empty where classes have none.
    public let labels: [String]

    /// The newest operators that are read, by domain.
    public static let newestVersions = [
        "ai.onnx": 28, "ai.onnx.ml": 5, "com.microsoft": 1, ONNXUnsupported.trainingDomain: 1,
    ]

    /// Reads a file and imports its graph.
    ///
    /// - Throws: `ImportError` for a file that is broken or too new; what cannot be run is among the problems.
    public static func load(_ path: String) throws(ImportError) -> ONNXImport {
        try ONNXImport(try parsing { () throws(FormatFailure) in try ONNXFile(path: path) })
    }

    /// Imports the graph of a file.
    public init(_ file: ONNXFile) throws(ImportError) {
        try Self.check(file)
        var importer = ONNXImporter(file)
        importer.run()
        var graph = importer.graph
        var problems = importer.problems
        do throws(GraphError) {
            if problems.isEmpty { try graph.inferTypes() } else { try graph.validate() }
        } catch {
            // Of a graph with other problems the rest may not hold together either.
            guard !problems.isEmpty else { throw ImportError(error, file: file.file.path) }
        }
        problems += Self.unknownOutputs(graph, problems)
        self.file = file
        labels = importer.labels
        self.graph = graph
        self.problems = problems
    }

    /// The graph, if all of it can be run.
    ///
    /// - Throws: `ImportError` that names every problem.
    public func runnable() throws(ImportError) -> Graph {
        guard problems.isEmpty else { throw ImportError(problems, file: file.file.path) }
        return graph
    }

    private static func check(_ file: ONNXFile) throws(ImportError) {
        for (index, set) in file.model.operatorSets.enumerated() {
            guard let newest = newestVersions[set.domain], set.version > newest else { continue }
            throw ImportError(
                .unsupported,
                ErrorFacts(
                    "uses operators that are newer than those that are read", file: file.file.path,
                    place: "opset_import[\(index)]", found: "version \(set.version) of \(set.domain)",
                    expected: "at most \(newest)",
                    hint: "export with opset_version=\(newest), or convert with onnx.version_converter"))
        }
    }

    /// Values of the graph's edge whose types nothing tells.
    private static func unknownOutputs(_ graph: Graph, _ problems: [ONNXProblem]) -> [ONNXProblem] {
        guard problems.isEmpty else { return [] }
        return graph.outputs.filter { graph.types[$0] == nil }.map {
            ONNXProblem(
                kind: .unsupportedUse, place: $0, op: "", found: "an output of unknown type or rank",
                expected: "a type that can be told before running", hint: ONNXProblem.Kind.unsupportedUse.hint)
        }
    }
}

extension ImportError {
    /// All that cannot be run of a model.
    public init(_ problems: [ONNXProblem], file: String) {
        let shown = 20
        var lines = problems.prefix(shown).map { problem in
            let what = problem.op.isEmpty ? "value \(problem.place)" : "node \(problem.place) (\(problem.op))"
            return "\(what): \(problem.found), expected \(problem.expected)"
        }
        if problems.count > shown { lines.append("and \(problems.count - shown) more") }
        var hints: [String] = []
        for problem in problems where !hints.contains(problem.hint) { hints.append(problem.hint) }
        self.init(
            .unsupported,
            ErrorFacts(
                "has parts that cannot be run", file: file, found: lines.joined(separator: "; "),
                hint: hints.joined(separator: "; ")))
    }
}
