import PackGraph

extension Pass {
    /// Nodes whose output is their first input.
    static let dropIdentities = Pass(
        "drop-identities", "Remove Identity, Dropout and other nodes that change nothing",
        at: [
            "Identity", "Dropout", "Cast", "Reshape", "Transpose", "Expand", "Concat", "Slice", "Add", "Sub", "Mul",
            "Div",
            "Flatten", "Squeeze", "Unsqueeze",
        ]
    ) { (rewriter: borrowing Rewriter, slot: Int, node: Node) throws(GraphError) in
        guard let kept = rewriter.unchanged(node), let output = node.outputs.first,
            node.outputs.dropFirst().allSatisfy({ rewriter.useCount($0) == 0 }), rewriter.canAlias(output, to: kept)
        else { return nil }
        return Patch(node.name, removing: slot, output, isNow: kept)
    }
}

extension Rewriter {
    /// The input that a node passes on as it is.
    fileprivate func unchanged(_ node: Node) -> String? {
        guard let first = node.input(0), let output = node.outputs.first else { return nil }
        var sameType: Bool { graph.types[first].map { $0 == graph.types[output] } ?? false }
        switch node.op {
        case "Identity": return first
        case "Dropout": return isInference(node) ? first : nil
        case "Cast", "Reshape", "Expand", "Flatten", "Squeeze", "Unsqueeze": return sameType ? first : nil
        case "Concat": return node.inputs.count == 1 ? first : nil
        case "Transpose":
            let order = (try? node.ints("perm")) ?? nil
            return sameType && order.map { $0 == Array($0.indices) } ?? false ? first : nil
        case "Slice": return sameType && stepsForward(node) ? first : nil
        default: return neutral(node)
        }
    }

    private func isInference(_ node: Node) -> Bool {
        guard let training = node.input(2) else { return true }
        return graph.constants[training]?.scalarInteger == 0
    }

    /// A slice as long as its axis can only be the whole axis, unless it runs backwards.
    private func stepsForward(_ node: Node) -> Bool {
        let steps = node.input(4) != nil ? numbers(node.input(4)) : (try? node.ints("steps")) ?? [1]
        return steps?.allSatisfy { $0 > 0 } ?? false
    }

    /// The operand that 0 is added to, or that is multiplied by 1.
    private func neutral(_ node: Node) -> String? {
        guard node.inputs.count == 2, let output = node.outputs.first else { return nil }
        let number: Float = node.op == "Add" || node.op == "Sub" ? 0 : 1
        let commutes = node.op == "Add" || node.op == "Mul"
        for (kept, other) in commutes ? orders(node) : [(node.inputs[0], node.inputs[1])] {
            let value = scalar(other) ?? graph.constants[other]?.scalarInteger.map { Float($0) }
            if value == number, graph.types[kept] != nil, graph.types[kept] == graph.types[output] { return kept }
        }
        return nil
    }
}
