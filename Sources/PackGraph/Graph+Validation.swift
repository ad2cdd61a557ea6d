extension Graph {
    /// Checks that every value is made once and before its use, that the outputs exist, and that nodes have outputs.
    ///
    /// - Throws: `GraphError` that names the node and the value.
    public func validate() throws(GraphError) {
        guard let early = try earlyUse(of: try makers()) else { return }
        throw GraphError(
            .cycle, nodes[early.node], value: early.value, found: "a use before the value is made",
            expected: "topological order")
    }

    /// Puts the nodes into an order in which every value is made before its use; nodes that are in such an order already
    /// stay in it.
    ///
    /// - Throws: `GraphError` for duplicate and undefined values, and for a cycle (naming one of its nodes).
    public mutating func sortTopologically() throws(GraphError) {
        let makers = try makers()
        guard try earlyUse(of: makers) != nil else { return }
        var sorter = DepthFirstSorter(nodes: nodes, makers: makers)
        for index in nodes.indices { try sorter.visit(index) }
        nodes = sorter.order.map { nodes[$0] }
    }

    /// For each value, the index of its node, or −1 for constants and inputs.
    private func makers() throws(GraphError) -> ValueMap<Int> {
        var makers: ValueMap<Int> = [:]
        makers.reserveCapacity(inputs.count + constants.count + nodes.count)
        for port in inputs where makers.updateValue(-1, forKey: port.name) != nil {
            throw GraphError(.duplicateValue, value: port.name, found: "a second input", expected: "one of each name")
        }
        for name in constants.keys where makers.updateValue(-1, forKey: name) != nil {
            throw GraphError(
                .duplicateValue, value: name, found: "an input and a constant", expected: "one value of each name")
        }
        for (index, node) in nodes.enumerated() {
            guard node.outputs.contains(where: { !$0.isEmpty }) else {
                throw GraphError(.wrongCount, node, found: "no outputs", expected: "at least one")
            }
            for output in node.outputs where !output.isEmpty {
                guard makers.updateValue(index, forKey: output) == nil else {
                    throw GraphError(
                        .duplicateValue, node, value: output, found: "a second definition",
                        expected: "one value of each name")
                }
            }
        }
        return makers
    }

    /// Checks that all values that are read exist, and gives the first that is read before it is made.
    private func earlyUse(of makers: ValueMap<Int>) throws(GraphError) -> (node: Int, value: String)? {
        var early: (node: Int, value: String)?
        for (index, node) in nodes.enumerated() {
            for input in node.inputs where !input.isEmpty {
                guard let maker = makers[input] else {
                    throw GraphError(
                        .undefinedValue, node, value: input, found: "no definition",
                        expected: "an input, a constant or a node's output")
                }
                if maker >= index, early == nil { early = (index, input) }
            }
        }
        for output in outputs where makers[output] == nil {
            throw GraphError(
                .undefinedValue, value: output, found: "an output of the graph without definition",
                expected: "an input, a constant or a node's output")
        }
        return early
    }
}

/// Visits what a node needs before the node, with a stack of its own: graphs may be deeper than the thread's.
private struct DepthFirstSorter {
    let nodes: [Node]
    let makers: ValueMap<Int>
    var order: [Int] = []
    private var state: [State]

    private enum State { case new, open, done }

    init(nodes: [Node], makers: ValueMap<Int>) {
        self.nodes = nodes
        self.makers = makers
        state = Array(repeating: .new, count: nodes.count)
    }

    mutating func visit(_ root: Int) throws(GraphError) {
        guard state[root] == .new else { return }
        var stack = [(node: root, next: 0)]
        state[root] = .open
        while let (index, next) = stack.last {
            guard next < nodes[index].inputs.count else {
                state[index] = .done
                order.append(index)
                stack.removeLast()
                continue
            }
            stack[stack.count - 1].next += 1
            let input = nodes[index].inputs[next]
            guard let maker = makers[input], maker >= 0 else { continue }
            switch state[maker] {
            case .done: continue
            case .new:
                state[maker] = .open
                stack.append((maker, 0))
            case .open:
                throw GraphError(
                    .cycle, nodes[index], value: input, found: "a value that needs this node's own output",
                    expected: "no cycles")
            }
        }
    }
}
