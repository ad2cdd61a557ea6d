import PackFormats
import PackIO

/// The part of a graph between values: its nodes in the file's order.
struct ONNXCut {
    let nodes: [ONNXNode]
    /// Values that become inputs and are none of the file's, in the order in which they were named.
    let newInputs: [String]
    /// The file's inputs that are still needed.
    let inputs: [ONNXValueInfo]
    let outputs: [String]

    /// The whole graph.
    init(_ graph: ONNXGraph) {
        self.init(nodes: graph.nodes, newInputs: [], inputs: graph.inputs, outputs: graph.outputs.map(\.name))
    }

    /// What lies between the given inputs, or the file's, and the given outputs, or the file's.
    init(_ graph: ONNXGraph, _ fixed: ONNXSpecialization, file: String) throws(ImportError) {
        guard !fixed.outputs.isEmpty || !fixed.inputs.isEmpty else {
            self.init(graph)
            return
        }
        let walk = Walk(graph)
        let outputs = fixed.outputs.isEmpty ? graph.outputs.map(\.name) : Self.unique(fixed.outputs)
        let ends = Self.unique(fixed.inputs)
        for (names, option) in [(fixed.outputs, "--outputs"), (ends, "--inputs")] {
            for name in names where !walk.knows(name) {
                throw .noSuchName(name, option, among: walk.names, file: file)
            }
        }
        let (taken, read) = walk.back(from: outputs, to: Set(ends))
        for name in ends where !read.contains(name) {
            throw .contradiction(
                "--inputs \(name)", "a value that \(outputs.joined(separator: ", ")) depends on", file: file)
        }
        if !ends.isEmpty {
            let reached = walk.reached(from: ends, through: taken)
            for name in outputs where !reached.contains(name) {
                throw .contradiction(
                    "output '\(name)', which depends on none of \(ends.joined(separator: ", "))",
                    "outputs that depend on the given inputs", file: file, hint: "name the outputs with --outputs")
            }
        }
        let known = Set(graph.inputs.map(\.name))
        self.init(
            nodes: taken.map { graph.nodes[$0] }, newInputs: ends.filter { !known.contains($0) },
            inputs: graph.inputs.filter { read.contains($0.name) }, outputs: outputs)
    }

    private init(nodes: [ONNXNode], newInputs: [String], inputs: [ONNXValueInfo], outputs: [String]) {
        (self.nodes, self.newInputs, self.inputs, self.outputs) = (nodes, newInputs, inputs, outputs)
    }

    private static func unique(_ names: [String]) -> [String] {
        var seen: Set<String> = []
        return names.filter { seen.insert($0).inserted }
    }
}

/// Who makes and reads the values of a graph.
private struct Walk {
    private let graph: ONNXGraph
    private var producers: [String: Int] = [:]
    private var fixed: Set<String>

    init(_ graph: ONNXGraph) {
        self.graph = graph
        for (index, node) in graph.nodes.enumerated() {
            for output in node.outputs where !output.isEmpty { producers[output] = index }
        }
        fixed = Set(graph.inputs.map(\.name))
        fixed.formUnion(graph.initializers.map(\.name))
        fixed.formUnion(graph.sparseInitializers.map(\.values.name))
    }

    func knows(_ name: String) -> Bool { producers[name] != nil || fixed.contains(name) }

    /// The names of all values: outputs, then those that nodes make, then inputs.
    var names: [String] {
        let outputs = graph.outputs.map(\.name)
        let ends = Set(outputs)
        let inner = graph.nodes.flatMap(\.outputs).filter { !$0.isEmpty && !ends.contains($0) }
        return outputs + inner + graph.inputs.map(\.name).filter { !ends.contains($0) }
    }

    /// The nodes that outputs depend on, in order, and the values that are read.
    func back(from outputs: [String], to ends: Set<String>) -> (nodes: [Int], read: Set<String>) {
        var taken: Set<Int> = []
        var read = Set(outputs)
        var open = outputs
        while let name = open.popLast() {
            guard !ends.contains(name), let index = producers[name], taken.insert(index).inserted else { continue }
            for input in Self.reads(graph.nodes[index]) where read.insert(input).inserted { open.append(input) }
        }
        return (taken.sorted(), read)
    }

    /// The values that depend on some of the given ones.
    func reached(from names: [String], through nodes: [Int]) -> Set<String> {
        var reached = Set(names)
        for index in nodes where !reached.isDisjoint(with: Self.reads(graph.nodes[index])) {
            reached.formUnion(graph.nodes[index].outputs)
        }
        return reached
    }

    /// What a node reads, its branches and bodies too.
    private static func reads(_ node: ONNXNode) -> Set<String> {
        var names = Set(node.inputs)
        for attribute in node.attributes {
            switch attribute.value {
            case .graph(let graph): names.formUnion(ONNXImporter.names(readBy: graph).keys)
            case .graphs(let graphs):
                for graph in graphs { names.formUnion(ONNXImporter.names(readBy: graph).keys) }
            default: break
            }
        }
        names.remove("")
        return names
    }
}

extension ImportError {
    /// Names that a message lists.
    private static let listed = 10

    /// A name that the file does not have.
    static func noSuchName(_ name: String, _ option: String, among names: [String], file: String) -> ImportError {
        let shown = names.prefix(listed).joined(separator: ", ")
        let rest = names.count > listed ? " and \(names.count - listed) more" : ""
        return ImportError(
            .specialization,
            ErrorFacts(
                "has nothing of that name", file: file, found: "\(option) \(name)",
                expected: names.isEmpty ? "no \(option): there is nothing to name" : shown + rest,
                hint: Suggestion.nearest(to: name, among: names).map { "did you mean \($0)?" }
                    ?? (rest.isEmpty ? nil : "pack inspect \(file) prints the graph with all names")))
    }

    /// Inputs of something that is no ONNX file are to be fixed.
    public static func notFixable(_ path: String) -> ImportError {
        ImportError(
            .specialization,
            ErrorFacts(
                "has no inputs that can be fixed", file: path, found: "no ONNX file",
                expected: "an .onnx file with --shape, --value, --length, --absent, --outputs or --inputs"))
    }

    /// A fact that contradicts the file.
    static func contradiction(
        _ found: String, _ expected: String, file: String, hint: String? = nil
    ) -> ImportError {
        ImportError(
            .specialization,
            ErrorFacts(
                "does not take what is to be fixed", file: file, found: found, expected: expected, hint: hint))
    }
}
