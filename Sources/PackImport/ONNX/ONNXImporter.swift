import PackCore
import PackFormats
import PackGraph

/// Builds a graph of an ONNX file's nodes, operators in their newest meaning.
///
/// Nodes that cannot be taken are put in as they are and noted, so that the graph is whole for reports.
struct ONNXImporter {
    let file: ONNXFile
    var graph = Graph()
    var problems: [ONNXProblem] = []
    /// Codes of the texts of constants.
    let texts = ONNXTexts()
    /// Names of the classes that an output numbers.
    var labels: [String] = []
    /// Names of the values that the file's nodes and outputs read.
    let used: ValueMap<Void>
    private let functions: [FunctionKey: ONNXFunction]
    private var nodeNames: ValueMap<Void> = [:]
    private var valueNames: ValueMap<Void> = [:]
    private var expanded = 0
    private var written = 0
    /// Set where functions turned out to grow without end; nothing more is added then.
    private var isStopped = false
    /// Lists of values by the names that the file has for the lists.
    var sequences: [String: [String]] = [:]
    /// Optional values that are known not to be there.
    var absent: Set<String> = []
    /// Small results that are known before running, of nodes that are in the graph.
    var folded: ValueMap<Constant> = [:]
    /// Values that follow from what was fixed; nodes that make such values are not needed.
    var settled: Set<String> = []
    /// The nodes that make values, by the values' names.
    var producers: ValueMap<Int> = [:]
    /// What would have to be fixed of inputs that could not be taken.
    var needed: [String: [ONNXRefusal.Unknown]] = [:]
    /// The file's outputs that are lists, or nothing, by their names.
    var outputForms: [ONNXOutput] = []
    private let cut: ONNXCut
    let edges: ONNXEdges
    /// Names of the graph's outputs.
    let outputNames: Set<String>
    /// Types that the file states for values, for what inference does not find.
    private(set) var stated: ValueMap<TensorType> = [:]
    /// Whether something is known of values that inference alone would not find: the file states it, or it was computed.
    var knowsMore = false
    /// Names of lists of integers, by shape and elements.
    private var integerNames: [[[Int]]: String] = [:]

    struct FunctionKey: Hashable {
        let domain: String
        let name: String
        let overload: String
    }

    /// Functions can multiply nodes without end.
    static let nodeLimit = 1 << 20
    /// Functions in functions and branches in branches.
    static let depthLimit = 64
    /// Nodes that loops and branches are written out as.
    static let writtenLimit = 1 << 16

    init(_ file: ONNXFile, _ cut: ONNXCut, _ edges: ONNXEdges) {
        (self.file, self.cut, self.edges) = (file, cut, edges)
        var functions: [FunctionKey: ONNXFunction] = [:]
        for function in file.model.functions {
            functions[FunctionKey(domain: function.domain, name: function.name, overload: function.overload)] = function
        }
        self.functions = functions
        outputNames = Set(cut.outputs)
        used = Self.names(readBy: cut.nodes, cut.outputs)
    }

    /// Builds the whole graph.
    mutating func run() {
        let model = file.model
        let values = model.graph.initializers.count + model.graph.nodes.count
        graph.types.reserveCapacity(values)
        valueNames.reserveCapacity(values)
        nodeNames.reserveCapacity(model.graph.nodes.count)
        producers.reserveCapacity(model.graph.nodes.count)
        let scope = ONNXScope(
            versions: Dictionary(model.operatorSets.map { ($0.domain, $0.version) }) { first, _ in first })
        addEdges(model.graph)
        for node in cut.nodes { add(node, scope) }
        graph.texts = texts.table
        addOutputs(cut.outputs)
        dropSettled()
    }

    /// Adds a node of the file, or of a function or branch of it.
    mutating func add(_ node: ONNXNode, _ scope: ONNXScope) {
        guard !isStopped else { return }
        let name = uniqueNode(scope.prefix + (node.name.isEmpty ? node.op : node.name))
        let operation = ONNXOperation(
            op: node.op, domain: node.domain, name: name, version: scope.versions[node.domain] ?? 1,
            inputs: node.inputs.map(scope.resolve), outputs: node.outputs.map(scope.define),
            attributes: Self.resolved(node.attributes, scope), isInner: scope.depth > 0)
        do throws(ONNXRefusal) {
            expanded += 1
            guard expanded <= Self.nodeLimit, scope.depth <= Self.depthLimit else {
                isStopped = true
                throw ONNXRefusal(
                    .unsupportedUse, found: "functions that grow without end",
                    expected: "at most \(Self.nodeLimit) nodes, functions \(Self.depthLimit) deep")
            }
            let key = FunctionKey(domain: node.domain, name: node.op, overload: node.overload)
            if let function = functions[key] {
                expand(function, operation, scope)
            } else {
                try convert(operation, scope)
            }
        } catch {
            note(error, operation)
            keep(operation)
        }
    }

    /// Counts what a body or branch adds.
    mutating func count(_ body: ONNXGraph) throws(ONNXRefusal) {
        written += 1 + body.nodes.count
        guard written > Self.writtenLimit else { return }
        isStopped = true
        throw ONNXRefusal(
            .unsupportedUse, found: "loops in loops without end",
            expected: "at most \(Self.writtenLimit) nodes in all turns")
    }

    private mutating func convert(_ operation: ONNXOperation, _ scope: ONNXScope) throws(ONNXRefusal) {
        if operation.domain == ONNXOperatorSet.standard {
            switch operation.op {
            case "If": return try inlineBranch(operation, scope)
            case "Loop": return try unrollLoop(operation, scope)
            case "Scan": return try unrollScan(operation, scope)
            case "SequenceMap": return try mapSequence(operation, scope)
            default: break
            }
        }
        if operation.op == "FlexAttention", operation.domain == "ai.onnx.preview" {
            return try flexAttention(operation, scope)
        }
        guard let rule = ONNXRules.rule(operation) else {
            throw ONNXUnsupported.refusal(operation.op, domain: operation.domain)
        }
        try rule(&self, operation)
    }

    /// Attributes of a call in a function may stand for those of the function.
    private static func resolved(
        _ attributes: [ONNXAttribute], _ scope: ONNXScope
    ) -> [String: ONNXAttribute.Value] {
        var result: [String: ONNXAttribute.Value] = [:]
        for attribute in attributes {
            if case .reference(let name) = attribute.value {
                result[attribute.name] = scope.attributes[name]
            } else {
                result[attribute.name] = attribute.value
            }
        }
        return result
    }

    // MARK: Adding to the graph

    mutating func state(_ name: String, _ type: TensorType) {
        stated[name] = type
        valueNames.insert(name)
    }

    /// Adds a constant under a name of the file.
    mutating func add(_ name: String, _ constant: Constant) {
        graph.constants[name] = constant
        graph.learn(name, constant)
        valueNames.insert(name)
    }

    /// Adds a node whose names are settled, and finds the types of its outputs.
    mutating func emit(
        _ op: String, _ operation: ONNXOperation, _ inputs: [String], _ attributes: [String: Attribute] = [:],
        outputs: [String]? = nil, name: String? = nil
    ) {
        let node = Node(
            op, name: name ?? operation.name, inputs: Self.trimmed(inputs), outputs: outputs ?? wanted(operation),
            attributes: attributes)
        do throws(GraphError) {
            try graph.infer(node)
        } catch {
            let kind: ONNXProblem.Kind =
                error.kind == .unsupported || error.kind == .wrongType ? .unsupportedUse : .invalid
            note(ONNXRefusal(kind, found: error.found, expected: error.expected), operation)
        }
        fill(node)
        if !settle(node) { append(node) }
    }

    /// Adds a node with one output of its own and gives that output's name.
    mutating func helper(
        _ op: String, _ operation: ONNXOperation, _ inputs: [String], _ attributes: [String: Attribute] = [:],
        _ part: String? = nil
    ) -> String {
        let name = uniqueNode("\(operation.name)/\(part ?? op)")
        let output = uniqueValue(name)
        emit(op, operation, inputs, attributes, outputs: [output], name: name)
        return output
    }

    /// The node as it is, for reports.
    private mutating func keep(_ operation: ONNXOperation) {
        let node = Node(
            operation.fullName, name: operation.name, inputs: operation.inputs, outputs: operation.outputs,
            attributes: plain(operation))
        guard node.outputs.contains(where: { !$0.isEmpty }) else { return }
        append(node)
        fill(node)
    }

    mutating func append(_ node: Node) {
        for output in node.outputs {
            valueNames.insert(output)
            if !output.isEmpty { producers[output] = graph.nodes.count }
        }
        graph.nodes.append(node)
    }

    private mutating func fill(_ node: Node) {
        for output in node.outputs where graph.types[output] == nil {
            guard let type = stated[output] else { continue }
            graph.types[output] = type
            knowsMore = true
        }
    }

    /// Outputs up to the last one that anything reads. What functions read is not known.
    private func wanted(_ operation: ONNXOperation) -> [String] {
        var outputs = operation.outputs
        // The number of parts says how large they are.
        if operation.op == "Split" { return outputs }
        while outputs.count > 1, let last = outputs.last, last.isEmpty || !operation.isInner && !used.contains(last) {
            outputs.removeLast()
        }
        return outputs
    }

    private static func trimmed(_ inputs: [String]) -> [String] {
        Array(inputs.prefix((inputs.lastIndex { !$0.isEmpty } ?? -1) + 1))
    }

    mutating func uniqueNode(_ base: String) -> String {
        let name = Self.unique(base, among: nodeNames)
        nodeNames.insert(name)
        return name
    }

    /// Whether no value is called so.
    func isFree(_ name: String) -> Bool { !valueNames.contains(name) }

    mutating func uniqueValue(_ base: String) -> String {
        let name = Self.unique(base, among: valueNames)
        valueNames.insert(name)
        return name
    }

    /// `base`, or `base` with a number that is most likely free.
    private static func unique(_ base: String, among taken: ValueMap<Void>) -> String {
        guard taken.contains(base) else { return base }
        var number = taken.count
        while taken.contains("\(base)_\(number)") { number += 1 }
        return "\(base)_\(number)"
    }

    // MARK: Fixed values

    /// A list of integers, a scalar if `shape` is empty.
    mutating func integers(_ values: [Int], shape: [Int]? = nil) -> String {
        let shape = shape ?? [values.count]
        let key = [shape, values]
        if let known = integerNames[key] { return known }
        let name = uniqueValue("i64" + Self.list(shape) + Self.list(values))
        integerNames[key] = name
        if let constant = try? Constant(integers: values, shape: shape) { add(name, constant) }
        return name
    }

    /// As arrays describe themselves, which takes them far longer.
    private static func list(_ values: [Int]) -> String {
        "[" + values.map { String($0) }.joined(separator: ", ") + "]"
    }

    /// A float of the type of another value (f32 where that is not known).
    mutating func scalar(_ value: Float, like other: String?, _ operation: ONNXOperation) -> String {
        var name = uniqueValue("\(operation.name)/value")
        if let constant = try? Constant(floats: [value], shape: []) { add(name, constant) }
        let dtype = other.flatMap { graph.types[$0]?.dtype } ?? .f32
        if dtype != .f32 { name = helper("Cast", operation, [name], ["to": .dtype(dtype)]) }
        return name
    }

    /// A list of floats.
    mutating func floats(_ values: [Float], _ operation: ONNXOperation) -> String {
        let name = uniqueValue("\(operation.name)/values")
        if let constant = try? Constant(floats: values, shape: [values.count]) { add(name, constant) }
        return name
    }

    /// The shape of a value that a rule needs to know.
    func shape(_ name: String) throws(ONNXRefusal) -> [Dimension] {
        guard let type = graph.types[name] else {
            throw ONNXRefusal(
                .unsupportedUse, found: "value '\(name)' of unknown shape",
                expected: "a shape that can be told before running", unknown: [.shape(name)])
        }
        return type.shape
    }

    /// Attributes as graphs have them; those of kinds that graphs do not have are left out.
    func plain(_ operation: ONNXOperation, without names: Set<String> = []) -> [String: Attribute] {
        var result: [String: Attribute] = [:]
        for (name, value) in operation.attributes where !names.contains(name) {
            switch value {
            case .int(let value): result[name] = .int(value)
            case .float(let value): result[name] = .float(value)
            case .string(let bytes): result[name] = .string(String(decoding: bytes, as: UTF8.self))
            case .ints(let values): result[name] = .ints(values)
            case .floats(let values): result[name] = .floats(values)
            case .strings(let values): result[name] = .strings(values.map { String(decoding: $0, as: UTF8.self) })
            case .tensor(let tensor):
                if let constant = try? constant(tensor) { result[name] = .tensor(constant) }
            default: break
            }
        }
        return result
    }
}
