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

    /// What became of the file's outputs, or of those that it was cut to.
    public let outputs: [ONNXOutput]
    /// What was fixed.
    public let specialization: ONNXSpecialization

    /// Reads a file and imports its graph.
    ///
    /// - Parameter specialization: What is fixed of it, and the part that is taken.
    /// - Throws: `ImportError` for a file that is broken or too new, and for facts that do not suit it; what cannot be run is
    ///   among the problems.
    public static func load(
        _ path: String, _ specialization: ONNXSpecialization = ONNXSpecialization()
    ) throws(ImportError) -> ONNXImport {
        try ONNXImport(try read(path), specialization)
    }

    /// Reads a file.
    ///
    /// - Throws: `ImportError` for a file that is broken.
    public static func read(_ path: String) throws(ImportError) -> ONNXFile {
        try parsing { () throws(FormatFailure) in try ONNXFile(path: path) }
    }

    /// Imports the graph of a file. Throws as `load` does.
    public init(
        _ file: ONNXFile, _ specialization: ONNXSpecialization = ONNXSpecialization()
    ) throws(ImportError) {
        try Self.check(file)
        var importer = try Self.importer(file, specialization)
        importer.run()
        var graph = importer.graph
        var problems = importer.problems
        do throws(GraphError) {
            if problems.isEmpty, importer.knowsMore || !importer.sequences.isEmpty {
                try graph.inferTypes()
            } else {
                try graph.validate()
            }
        } catch {
            // Of a graph with other problems the rest may not hold together either.
            guard !problems.isEmpty else { throw ImportError(error, file: file.file.path) }
        }
        problems += Self.unknownOutputs(graph, problems, importer)
        self.file = file
        labels = importer.labels
        outputs = importer.outputForms
        self.specialization = specialization
        self.graph = graph
        self.problems = problems
    }

    private static func importer(
        _ file: ONNXFile, _ fixed: ONNXSpecialization
    ) throws(ImportError) -> ONNXImporter {
        let path = file.file.path
        let graph = file.model.graph
        let cut = try ONNXCut(graph, fixed, file: path)
        let defaults = Set(graph.initializers.map(\.name)).union(graph.sparseInitializers.map(\.values.name))
        let given = Set(fixed.inputs)
        let ports = try newPorts(cut, file, fixed)
        let needed = Set(cut.inputs.map(\.name))
        let edges = try ONNXEdges(
            cut.inputs, ports, dropped: graph.inputs.filter { !needed.contains($0.name) },
            defaults: defaults.subtracting(given), fixed, file: path)
        return ONNXImporter(file, cut, edges)
    }

    /// The types of values that become inputs: as the file states them, else as the import of the whole graph finds them.
    private static func newPorts(
        _ cut: ONNXCut, _ file: ONNXFile, _ fixed: ONNXSpecialization
    ) throws(ImportError) -> [Port] {
        guard !cut.newInputs.isEmpty else { return [] }
        var whole = fixed
        (whole.inputs, whole.outputs) = ([], [])
        // What names the new inputs, the whole graph does not have.
        whole.shapes = fixed.shapes.filter { shape in
            !cut.newInputs.contains { shape.key == $0 || shape.key.hasPrefix($0 + ".") }
        }
        for name in cut.newInputs { whole.values[name] = nil }
        var importer = try importer(file, whole)
        importer.run()
        let symbols = Set(importer.graph.inputs.flatMap { $0.type.shape.flatMap(\.symbols) })
        var ports: [Port] = []
        for name in cut.newInputs {
            // Where nothing tells the elements' type, they are taken for the usual numbers.
            let given = fixed.shapes[name].map { TensorType(.f32, $0.map(Dimension.constant)) }
            guard let type = importer.graph.types[name] ?? given, importer.sequences[name] == nil else {
                throw .contradiction(
                    "--inputs \(name)", "a tensor whose type is known", file: file.file.path,
                    hint: "give --shape \(name)=1x2x3 for a tensor of f32")
            }
            let shape = type.shape.enumerated().map { axis, dimension -> Dimension in
                if case .symbol(let symbol) = dimension, symbols.contains(symbol) { return dimension }
                return dimension.constant == nil ? .symbol("\(name).\(axis)") : dimension
            }
            ports.append(Port(name, TensorType(type.dtype, shape)))
        }
        return ports
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
    private static func unknownOutputs(
        _ graph: Graph, _ problems: [ONNXProblem], _ importer: ONNXImporter
    ) -> [ONNXProblem] {
        guard problems.isEmpty else { return [] }
        return graph.outputs.filter { graph.types[$0] == nil }.map {
            ONNXProblem(
                kind: .unsupportedUse, place: $0, op: "", found: "an output of unknown type or rank",
                expected: "a type that can be told before running", needs: importer.needs([.shape($0)]))
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
