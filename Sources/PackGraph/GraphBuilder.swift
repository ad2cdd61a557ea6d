import PackCore

/// Adds nodes to a graph one after another, naming values as it goes.
public struct GraphBuilder {
    /// What has been built.
    public private(set) var graph = Graph()
    private var valueNames: ValueMap<Void> = [:]
    private var nodeNames: ValueMap<Void> = [:]

    /// Starts an empty graph.
    public init() {}

    /// Adds a model input and returns its name.
    @discardableResult
    public mutating func input(_ name: String, _ dtype: DType, _ shape: [Dimension]) -> String {
        let type = TensorType(dtype, shape)
        graph.inputs.append(Port(name, type))
        graph.types[name] = type
        valueNames.insert(name)
        return name
    }

    /// Adds a constant under its name and returns the name. One that is there already under that name stays.
    @discardableResult
    public mutating func constant(_ name: String, _ constant: Constant) -> String {
        guard graph.constants[name] == nil else { return name }
        graph.constants[name] = constant
        graph.types[name] = TensorType(constant.dtype, constant.shape.map(Dimension.constant))
        valueNames.insert(name)
        return name
    }

    /// Adds a list of integers, a scalar if `shape` is empty, and returns its name, which its contents give.
    public mutating func integers(_ values: [Int], shape: [Int]? = nil) throws(GraphError) -> String {
        let shape = shape ?? [values.count]
        let made = try Constant(integers: values, shape: shape)
        return constant("i64\(shape)\(values)", made)
    }

    /// Adds a float scalar and returns its name, which its value gives.
    public mutating func scalar(_ value: Float) throws(GraphError) -> String {
        let made = try Constant(floats: [value], shape: [])
        return constant("f32 \(value)", made)
    }

    /// Adds a node with one output and returns the name of that value: `output` if given, otherwise a new one made
    /// from the node's name. The node gets a number if its name is taken.
    @discardableResult
    public mutating func node(
        _ op: String, _ name: String, _ inputs: [String], _ attributes: [String: Attribute] = [:], output: String? = nil
    ) -> String {
        let name = unique(name, among: nodeNames)
        let output = output ?? unique("\(name).out", among: valueNames)
        append(Node(op, name: name, inputs: inputs, outputs: [output], attributes: attributes))
        return output
    }

    /// Adds a node with several outputs and returns their names.
    public mutating func node(
        _ op: String, _ name: String, _ inputs: [String], _ attributes: [String: Attribute] = [:], outputs count: Int
    ) -> [String] {
        let name = unique(name, among: nodeNames)
        let outputs = (0..<max(0, count)).map { unique("\(name).out\($0)", among: valueNames) }
        append(Node(op, name: name, inputs: inputs, outputs: outputs, attributes: attributes))
        return outputs
    }

    private mutating func append(_ node: Node) {
        nodeNames.insert(node.name)
        valueNames.insert(contentsOf: node.outputs)
        graph.nodes.append(node)
    }

    /// Makes a value an output of the graph.
    public mutating func output(_ name: String) {
        graph.outputs.append(name)
    }

    /// The graph, checked and with types inferred.
    ///
    /// - Throws: what `Graph.validate` and `Graph.inferTypes` throw.
    public func finish() throws(GraphError) -> Graph {
        var graph = graph
        try graph.inferTypes()
        return graph
    }
}
