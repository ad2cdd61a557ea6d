import PackCore
import PackGraph

extension Pass {
    /// A constant of up to so many bytes takes less of a plan than the step that would compute it.
    fileprivate static let stepBytes = 64

    /// Shape arithmetic and other tiny results.
    static let foldShapes = Pass("fold-shapes", "Compute shape arithmetic and other tiny constant expressions") {
        (rewriter: inout Rewriter) throws(GraphError) in
        try rewriter.fold(limit: stepBytes)
    }

    /// Results of constants that take no more room than what they replace.
    static let foldConstants = Pass("fold-constants", "Compute what depends on constants only") {
        (rewriter: inout Rewriter) throws(GraphError) in
        try rewriter.fold(limit: rewriter.options.foldBudget)
    }
}

extension Rewriter {
    fileprivate mutating func fold(limit: Int) throws(GraphError) {
        for slot in slots.indices {
            guard let node = slots[slot], isKnown(node) else { continue }
            var patch = try folded(node, slot, limit)
            if patch == nil { patch = try foldedTree(node, slot, limit) }
            if let patch, try !apply(patch) { return }
        }
    }

    /// Whether a node reads constants only, or inference has found what it makes; or it moves what another node has made.
    private func isKnown(_ node: Node) -> Bool {
        node.inputs.allSatisfy { $0.isEmpty || graph.constants[$0] != nil }
            || node.outputs.contains { graph.contents[$0] != nil } || Self.moving.contains(node.op)
    }

    /// The patch that puts constants in the place of a node, if its results are known and small enough.
    private func folded(_ node: Node, _ slot: Int, _ limit: Int) throws(GraphError) -> Patch? {
        // An output of the graph must be made by a node.
        guard node.outputs.allSatisfy({ !outputs.contains($0) }), let made = bytes(of: node), made <= limit,
            made <= max(Pass.stepBytes, freedBytes(node)), let results = try results(of: node)
        else { return nil }
        var patch = Patch(node.name)
        patch.removed = [slot]
        for (output, constant) in results {
            let name = freshValue(output + ".folded")
            patch.constants[name] = constant
            patch.aliases.append(Patch.Alias(value: output, replacement: name))
        }
        return patch
    }

    /// The patch that puts a constant in the place of nodes that nothing else reads from, where together they take no more
    /// room than what they read: weights that are cut up and put together in another order.
    private func foldedTree(_ node: Node, _ slot: Int, _ limit: Int) throws(GraphError) -> Patch? {
        var slots: Set<Int> = []
        guard node.outputs.count == 1, !outputs.contains(node.outputs[0]),
            bytes(of: node).map({ $0 <= limit }) ?? false,
            collect(slot, into: &slots), slots.count > 1, isClosed(slots, anchor: slot)
        else { return nil }
        var read: Set<String> = []
        for slot in slots {
            guard let node = self.slots[slot], bytes(of: node).map({ $0 <= limit }) ?? false else { return nil }
            read.formUnion(node.inputs.filter { graph.constants[$0] != nil })
        }
        let freed = read.reduce(0) { sum, name in
            let isOwn = !outputs.contains(name) && (users[name] ?? []).allSatisfy { slots.contains($0) }
            return sum + (isOwn ? graph.constants[name]?.byteCount ?? 0 : 0)
        }
        guard let made = bytes(of: node), made <= max(Pass.stepBytes, freed) else { return nil }
        var constants: ValueMap<Constant> = [:]
        for name in read { constants[name] = graph.constants[name] }
        for slot in slots.sorted() {
            guard let node = self.slots[slot], let tensors = try? Evaluator.fold(node, constants) else { return nil }
            for (output, tensor) in zip(node.outputs, tensors) {
                if let tensor { constants[output] = try Constant(tensor) }
            }
        }
        guard let result = constants[node.outputs[0]] else { return nil }
        var patch = Patch(path(slots))
        patch.removed = slots.sorted()
        let name = freshValue(node.outputs[0] + ".folded")
        patch.constants[name] = result
        patch.aliases = [Patch.Alias(value: node.outputs[0], replacement: name)]
        return patch
    }

    private static let moving: Set<String> = ["Slice", "Concat", "Transpose", "Reshape", "Unsqueeze", "Squeeze"]

    /// Adds the node of a slot and those that make what it reads, as long as all goes back to constants and only moves them.
    private func collect(_ slot: Int, into found: inout Set<Int>) -> Bool {
        guard let node = slots[slot],
            Self.moving.contains(node.op),
            found.count < 256, isMovable(node)
        else { return false }
        for input in node.inputs where !input.isEmpty && graph.constants[input] == nil {
            guard let (maker, _) = maker(input), found.contains(maker) || collect(maker, into: &found) else {
                return false
            }
        }
        found.insert(slot)
        return true
    }

    private func isMovable(_ node: Node) -> Bool {
        let exact: Set<DType> = [.f32, .i64, .i32, .bool]
        return (node.inputs + node.outputs).allSatisfy { value in
            value.isEmpty || graph.types[value].map { exact.contains($0.dtype) } ?? false
        }
    }

    /// Bytes of a node's results; `nil` where they are not fixed.
    private func bytes(of node: Node) -> Int? {
        var sum = 0
        for output in node.outputs where useCount(output) > 0 {
            guard let count = graph.types[output]?.byteCount else { return nil }
            let (total, overflow) = sum.addingReportingOverflow(count)
            guard !overflow else { return nil }
            sum = total
        }
        return sum
    }

    private func results(of node: Node) throws(GraphError) -> [String: Constant]? {
        var known: [String: Constant] = [:]
        for output in node.outputs where useCount(output) > 0 {
            if let constant = try contents(of: output) { known[output] = constant }
        }
        let wanted = node.outputs.filter { useCount($0) > 0 }
        if wanted.isEmpty { return nil }
        if known.count == wanted.count { return known }
        guard Evaluator.isExact(node, graph.types, { graph.constants[$0] }),
            let tensors = try? Evaluator.fold(node, graph.constants)
        else { return nil }
        for (output, tensor) in zip(node.outputs, tensors) where useCount(output) > 0 {
            guard let tensor else { return nil }
            known[output] = try Constant(tensor)
        }
        return known
    }

    /// A value whose contents inference has found.
    private func contents(of value: String) throws(GraphError) -> Constant? {
        guard let list = numbers(value), let type = graph.types[value] else { return nil }
        guard [.i64, .i32, .bool].contains(type.dtype) else { return nil }
        let shape = type.shape.compactMap(\.constant)
        guard shape.count == type.shape.count else { return nil }
        return try Constant(Tensor(type.dtype, shape, .integers(list)))
    }

    /// Bytes of the constants that only this node reads.
    private func freedBytes(_ node: Node) -> Int {
        Set(node.inputs).reduce(0) { sum, input in
            let own = node.inputs.filter { $0 == input }.count
            guard let constant = graph.constants[input], useCount(input) == own else { return sum }
            return sum + constant.byteCount
        }
    }
}
