extension Graph {
    /// For each value that a node makes, the index of that node.
    public func producers() -> ValueMap<Int> {
        var producers: ValueMap<Int> = [:]
        for (index, node) in nodes.enumerated() {
            for output in node.outputs where !output.isEmpty { producers[output] = index }
        }
        return producers
    }

    /// For each value that nodes read, the indices of those nodes, one entry a use, in order.
    public func consumers() -> ValueMap<[Int]> {
        var consumers: ValueMap<[Int]> = [:]
        for (index, node) in nodes.enumerated() {
            for input in node.inputs where !input.isEmpty { consumers[input, default: []].append(index) }
        }
        return consumers
    }

    /// How often each value is read, by nodes and as an output of the graph.
    public func useCounts() -> ValueMap<Int> {
        var uses: ValueMap<Int> = [:]
        for node in nodes {
            for input in node.inputs where !input.isEmpty { uses[input, default: 0] += 1 }
        }
        for output in outputs { uses[output, default: 0] += 1 }
        return uses
    }

    /// How many nodes apply each operator.
    public var operatorCounts: [String: Int] {
        nodes.reduce(into: [:]) { $0[$1.op, default: 0] += 1 }
    }

    /// Bytes of all constants; `Int.max` if the sum is larger.
    public var constantBytes: Int {
        constants.values.reduce(0) { sum, constant in
            let (value, overflow) = sum.addingReportingOverflow(constant.byteCount)
            return overflow ? .max : value
        }
    }

    /// Names of all inputs, constants and values that nodes make.
    public var valueNames: ValueMap<Void> {
        var names = ValueMap(constants.keys)
        names.insert(contentsOf: inputs.lazy.map(\.name))
        for node in nodes {
            for output in node.outputs where !output.isEmpty { names.insert(output) }
        }
        return names
    }

    /// A name that no value has yet: `base`, or `base` with a number.
    public func uniqueValueName(_ base: String) -> String {
        unique(base, among: valueNames)
    }

    /// A name that no node has yet: `base`, or `base` with a number.
    public func uniqueNodeName(_ base: String) -> String {
        unique(base, among: ValueMap(nodes.lazy.map(\.name)))
    }

    /// Removes the nodes at the given indices. Types and contents of their outputs go too.
    public mutating func removeNodes(at indices: Set<Int>) {
        for index in indices where nodes.indices.contains(index) {
            for output in nodes[index].outputs {
                types[output] = nil
                contents[output] = nil
            }
        }
        nodes = nodes.enumerated().filter { !indices.contains($0.offset) }.map(\.element)
    }

    /// Makes every node that reads `old` read `new` instead. Outputs of the graph keep their names.
    public mutating func replaceUses(of old: String, with new: String) {
        for index in nodes.indices {
            for position in nodes[index].inputs.indices where nodes[index].inputs[position] == old {
                nodes[index].inputs[position] = new
            }
        }
    }
}

/// `base`, or the first of `base_1`, `base_2`, … that is not taken.
package func unique(_ base: String, among taken: ValueMap<Void>) -> String {
    if !taken.contains(base) { return base }
    var number = 1
    while taken.contains("\(base)_\(number)") { number += 1 }
    return "\(base)_\(number)"
}
