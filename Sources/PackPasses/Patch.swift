import PackGraph

/// One rewrite: what to put where. Nodes that nothing needs afterwards go by themselves, and so do constants.
struct Patch {
    /// What is rewritten, for the record.
    var label: String
    /// New nodes by the slot of the node that they stand in for. All their inputs must be made in earlier slots.
    var nodes: [Int: Node] = [:]
    /// Slots whose nodes go.
    var removed: [Int] = []
    /// New constants.
    var constants: [String: Constant] = [:]
    /// Values that may have lost their last use.
    var unused: [String] = []
    /// Values that others take the place of, made by removed nodes; `Rewriter.canAlias` must hold.
    var aliases: [Alias] = []

    /// A value and the one that is used in its place.
    struct Alias {
        var value: String
        var replacement: String
    }

    init(_ label: String) { self.label = label }

    /// One node for another.
    init(_ label: String, _ slot: Int, _ node: Node) {
        self.label = label
        nodes = [slot: node]
    }

    /// Puts nodes that follow one another into the slots up to one, whose node goes. There must be room before it.
    mutating func put(_ nodes: [Node], upTo slot: Int) {
        for (index, node) in nodes.enumerated() { self.nodes[slot - nodes.count + 1 + index] = node }
    }

    /// Removes a node whose output is another value.
    init(_ label: String, removing slot: Int, _ value: String, isNow replacement: String) {
        self.label = label
        removed = [slot]
        aliases = [Alias(value: value, replacement: replacement)]
    }
}

extension Rewriter {
    /// A Reshape to constant extents, which the patch gets.
    func reshape(
        _ value: String, _ shape: [Int], _ output: String, _ patch: inout Patch
    ) throws(GraphError) -> Node {
        let name = freshValue("\(output).shape")
        patch.constants[name] = try Constant(integers: shape, shape: [shape.count])
        return Node("Reshape", name: "\(output).Reshape", inputs: [value, name], outputs: [output])
    }
}
