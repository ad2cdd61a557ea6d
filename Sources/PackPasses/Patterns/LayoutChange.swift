import PackCore
import PackGraph

/// How a node computes the same from values that are not yet turned.
struct LayoutChange {
    /// The inputs that are then read unturned, and in which order they would be turned.
    var inputs: [Int: Permutation] = [:]
    /// The order in which the outputs must be turned.
    var outputs: Permutation
    /// The node, with names as before.
    var node: Node
    /// Integers that replace an input.
    var lists: [Int: [Int]] = [:]
}

extension Rewriter {
    /// The change for a node some of whose inputs are turned; `nil` if it depends on the order of axes in another way.
    func layoutChange(_ node: Node, _ turned: (String) -> Permutation?) throws(GraphError) -> LayoutChange? {
        guard !node.outputs.isEmpty, let output = node.outputs.first, let rank = shape(output)?.count else {
            return nil
        }
        if Self.elementwise.contains(node.op) { return alike(node, rank, turned, inputs: Array(node.inputs.indices)) }
        guard let first = node.input(0), let source = shape(first) else { return nil }
        if node.op == "Concat" {
            guard let axis = axis(node, default: 0),
                var change = alike(node, rank, turned, inputs: Array(node.inputs.indices))
            else { return nil }
            guard change.inputs.count == node.inputs.count, axis >= 0, axis < rank else { return nil }
            change.node.attributes["axis"] = .int(change.outputs.axes[axis])
            return change
        }
        guard let order = turned(first), order.axes.count == source.count else { return nil }
        var change = LayoutChange(inputs: [0: order], outputs: order, node: node)
        switch node.op {
        case let op where Self.unary.contains(op): return change
        case "QuantizeLinear", "DequantizeLinear":
            guard let scale = node.input(1), let extents = shape(scale), try node.int("block_size", default: 0) == 0,
                let axis = axis(node, default: 1)
            else { return nil }
            if extents.allSatisfy({ $0 == 1 }) { return change }
            guard axis >= 0, axis < source.count else { return nil }
            change.node.attributes["axis"] = .int(order.axes[axis])
            return change
        case "Softmax", "LogSoftmax", "Hardmax":
            guard let axis = axis(node, default: -1), axis >= 0, axis < rank else { return nil }
            // Rows that lie together are the fast case.
            guard axis != rank - 1 || order.axes[axis] == rank - 1 else { return nil }
            change.node.attributes["axis"] = .int(order.axes[axis])
            return change
        case "LayerNormalization", "RMSNormalization":
            guard axis(node, default: -1) == rank - 1, node.outputs.count == 1, order.axes[rank - 1] == rank - 1 else {
                return nil
            }
            return change
        case "BatchNormalization": return node.outputs.count == 1 && rank > 1 && order.axes[1] == 1 ? change : nil
        case "Split":
            guard let axis = axis(node, default: 0), axis >= 0, axis < rank else { return nil }
            change.node.attributes["axis"] = .int(order.axes[axis])
            return change
        case "ArgMax", "ArgMin":
            guard let axis = axis(node, default: 0), axis >= 0, axis < source.count else { return nil }
            change.node.attributes["axis"] = .int(order.axes[axis])
            if try node.int("keepdims", default: 1) == 0 { change.outputs = order.dropping([axis]) }
            return rank > 0 ? change : nil
        case "Slice": return try sliced(change, order)
        case "Pad": return try padded(change, order)
        case "Squeeze", "Unsqueeze": return squeezed(change, order, rank)
        case "Reshape": return reshaped(change, order)
        case let op where op.hasPrefix("Reduce"): return reduced(change, order)
        default: return nil
        }
    }

    /// Operators that work element by element on inputs that are broadcast.
    private static let elementwise: Set<String> = [
        "Add", "Sub", "Mul", "Div", "Pow", "Mod", "Min", "Max", "Mean", "Sum", "PRelu", "Equal", "Less", "LessOrEqual",
        "Greater", "GreaterOrEqual", "And", "Or", "Xor", "Where", "BitwiseAnd", "BitwiseOr", "BitwiseXor",
    ]

    /// Operators that work on each element of their first input; what else they read is a single number.
    private static let unary: Set<String> = [
        "Sqrt", "Exp", "Log", "Erf", "Tanh", "Sigmoid", "Reciprocal", "Floor", "Ceil", "Round", "Sin", "Cos", "Tan",
        "Asin", "Acos", "Atan", "Sinh", "Cosh", "Asinh", "Acosh", "Atanh", "Softplus", "Softsign", "Elu", "Celu",
        "Selu",
        "LeakyRelu", "ThresholdedRelu", "HardSigmoid", "HardSwish", "Mish", "Gelu", "Swish", "Relu", "Neg", "Abs",
        "Sign", "IsNaN", "IsInf", "Not", "Clip", "Cast", "Identity",
    ]

    /// A node whose inputs are all turned in the same way, single numbers and lists of 1s apart.
    private func alike(
        _ node: Node, _ rank: Int, _ turned: (String) -> Permutation?, inputs: [Int]
    ) -> LayoutChange? {
        let orders = node.inputs.compactMap(turned).filter { $0.axes.count == rank }
        guard node.outputs.count == 1, let order = orders.first else { return nil }
        var change = LayoutChange(outputs: order, node: node)
        for index in inputs {
            guard let extents = shape(node.inputs[index]), extents.count <= rank else { return nil }
            if extents.allSatisfy({ $0 == 1 }), node.op != "Concat" { continue }
            let isConstant = graph.constants[node.inputs[index]] != nil
            guard extents.count == rank || isConstant && node.op != "PRelu" else { return nil }
            change.inputs[index] = order
        }
        return change
    }

    private func reduced(_ change: LayoutChange, _ order: Permutation) -> LayoutChange? {
        guard let (_, axes, keeps) = reduction(change.node), change.node.outputs.count == 1,
            axes.allSatisfy({ order.axes.indices.contains($0) }), Set(axes).count == axes.count,
            keeps || axes.count < order.axes.count
        else { return nil }
        var result = change
        result.node.inputs = [change.node.inputs[0]]
        result.node.attributes["axes"] = .ints(axes.map { order.axes[$0] }.sorted())
        if !keeps { result.outputs = order.dropping(Set(axes)) }
        return result
    }

    private func squeezed(_ change: LayoutChange, _ order: Permutation, _ rank: Int) -> LayoutChange? {
        let node = change.node
        let grows = node.op == "Unsqueeze"
        let given = node.input(1) != nil ? numbers(node.input(1)) : (try? node.ints("axes")) ?? nil
        let whole = grows ? rank : order.axes.count
        guard rank > 0, let axes = given.map({ Set($0.map { $0 < 0 ? $0 + whole : $0 }) }), axes.count == given?.count,
            axes.allSatisfy({ (0..<whole).contains($0) }), whole - axes.count == (grows ? order.axes.count : rank)
        else { return nil }
        var result = change
        result.node.inputs = [node.inputs[0]]
        result.outputs = grows ? order.inserting(axes) : order.dropping(axes)
        let moved = grows ? axes.sorted() : axes.map { order.axes[$0] }.sorted()
        result.node.attributes["axes"] = nil
        result.node.inputs.append("")
        result.lists[1] = moved
        return result
    }

    /// A Reshape that puts extents of 1 elsewhere.
    private func reshaped(_ change: LayoutChange, _ order: Permutation) -> LayoutChange? {
        guard let before = shape(change.node.inputs[0]), let after = shape(change.node.outputs[0]),
            before.filter({ $0 != 1 }) == after.filter({ $0 != 1 }), after.contains(where: { $0 != 1 })
        else { return nil }
        let gone = Set(before.indices.filter { before[$0] == 1 })
        let new = Set(after.indices.filter { after[$0] == 1 })
        var result = change
        result.outputs = order.dropping(gone).inserting(new)
        let target = result.outputs.inverse.axes.map { after[$0].constant ?? -1 }
        guard target.count(where: { $0 == -1 }) <= 1, !target.contains(0) else { return nil }
        result.node.inputs = [change.node.inputs[0], ""]
        result.lists[1] = target
        return result
    }

    private func sliced(_ change: LayoutChange, _ order: Permutation) throws(GraphError) -> LayoutChange? {
        let node = change.node
        let rank = order.axes.count
        let count = node.input(1) != nil ? shape(node.inputs[1])?.first?.constant : try node.ints("starts")?.count
        var given = count.map { Array(0..<$0) }
        if node.input(3) != nil {
            given = numbers(node.input(3))
        } else if let list = try node.ints("axes") {
            given = list
        }
        guard let axes = given?.map({ $0 < 0 ? $0 + rank : $0 }), axes.allSatisfy({ (0..<rank).contains($0) }) else {
            return nil
        }
        var result = change
        let moved = axes.map { order.axes[$0] }
        if node.input(1) == nil {
            result.node.attributes["axes"] = .ints(moved)
        } else {
            result.node.attributes["axes"] = nil
            while result.node.inputs.count < 4 { result.node.inputs.append("") }
            result.lists[3] = moved
        }
        return result
    }

    private func padded(_ change: LayoutChange, _ order: Permutation) throws(GraphError) -> LayoutChange? {
        let node = change.node
        let rank = order.axes.count
        var result = change
        if node.input(3) != nil {
            guard let axes = numbers(node.input(3))?.map({ $0 < 0 ? $0 + rank : $0 }),
                axes.allSatisfy({ (0..<rank).contains($0) })
            else { return nil }
            result.lists[3] = axes.map { order.axes[$0] }
            return result
        }
        guard let pads = try node.input(1) != nil ? numbers(node.input(1)) : node.ints("pads"), pads.count == 2 * rank
        else { return nil }
        var moved = pads
        for (axis, source) in order.axes.enumerated() {
            moved[source] = pads[axis]
            moved[rank + source] = pads[rank + axis]
        }
        if node.input(1) != nil { result.lists[1] = moved } else { result.node.attributes["pads"] = .ints(moved) }
        return result
    }
}
