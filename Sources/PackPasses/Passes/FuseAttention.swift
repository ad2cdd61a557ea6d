import PackCore
import PackGraph

extension Pass {
    /// softmax(q·kᵀ·scale + mask)·v over heads (Vaswani et al. 2017), from the split into heads to their joining; keys may be
    /// hidden by a mask, by their places or both, and be shared by several heads (Ainslie et al. 2023).
    static let fuseAttention = Pass("fuse-attention", "Recognize multi-head attention") {
        (rewriter: inout Rewriter) throws(GraphError) in
        guard rewriter.slots.contains(where: { $0?.op == "Softmax" }) else { return }
        rewriter.makeRoom(Rewriter.attentionRoom)
        // With the heads joined behind it; then with them turned only; then as it is.
        for ends in [["Reshape"], ["Transpose", "Einsum"], ["MatMul", "Einsum"]] {
            // Later layers may ask for extents of the first: it goes last.
            for slot in rewriter.slots.indices.reversed() {
                guard let node = rewriter.slots[slot], ends.contains(node.op),
                    let found = rewriter.attention(node, slot, ends)
                else { continue }
                guard try rewriter.apply(try rewriter.patch(found, slot, node)) else { return }
            }
        }
    }
}

private struct AttentionMatch {
    var parts: [AttentionOperand]
    var scores: AttentionScores
    /// The value that holds all three parts, if one does.
    var whole: String?
    /// Shape of the result: [batch, sequence, heads, size].
    var shape: [Dimension]
    /// Whether the last node gives that, else the heads stand in front of the sequence; neither where heads are joined.
    var isTurned: Bool
    /// All nodes but those of the mask.
    var slots: Set<Int>
    /// The nodes between the products, which bear the attention's own name.
    var core: Set<Int>
}

/// How the last product gives its result.
private struct Mixing {
    var weights: String
    var value: AttentionOperand
    var isTurned: Bool
    var slots: Set<Int>
}

extension Rewriter {
    /// Nodes that may stand in front of an attention.
    fileprivate static let attentionRoom = 7

    /// The attention that ends at a node of one of the given operators.
    fileprivate func attention(_ node: Node, _ slot: Int, _ ends: [String]) -> AttentionMatch? {
        for sparesExtents in [true, false] {
            let found = attention(
                node, slot, isJoined: ends == ["Reshape"], isTurned: ends[0] != "MatMul", sparesExtents)
            if let found { return found }
        }
        return nil
    }

    /// The attention that ends at a node: one that joins heads [batch, sequence, heads, size] again, turns them to that, or mixes
    /// values.
    private func attention(
        _ node: Node, _ slot: Int, isJoined: Bool, isTurned: Bool, _ sparesExtents: Bool
    ) -> AttentionMatch? {
        var slots: Set<Int> = [slot]
        var mixed = node.outputs[0]
        if isJoined {
            guard let source = node.input(0), let extents = shape(source), extents.count == 4,
                let result = shape(mixed), joins(extents, to: result)
            else { return nil }
            mixed = source
        }
        if isTurned, let (turn, transpose) = maker(mixed, "Transpose") {
            guard (try? transpose.ints("perm")) == [0, 2, 1, 3], let source = transpose.input(0) else { return nil }
            slots.insert(turn)
            mixed = source
            guard let found = mixing(mixed, sparesExtents), !found.isTurned else { return nil }
            return attention(found, slots, node, isTurned: true, sparesExtents)
        }
        guard let found = mixing(mixed, sparesExtents), found.isTurned == isTurned else { return nil }
        return attention(found, slots, node, isTurned: isTurned, sparesExtents)
    }

    /// Whether a shape is that of joined heads: [batch, sequence, width], or all rows in one axis.
    private func joins(_ heads: [Dimension], to result: [Dimension]) -> Bool {
        let width = heads[2] * heads[3]
        return result == [heads[0], heads[1], width] || result == [heads[0] * heads[1], width]
    }

    /// The product of weights [batch, heads, queries, keys] and values.
    private func mixing(_ value: String, _ sparesExtents: Bool) -> Mixing? {
        guard let (slot, node) = maker(value), node.inputs.count == 2 else { return nil }
        if node.op == "MatMul" {
            guard shape(node.inputs[0])?.count == 4,
                let operand = attentionOperand(node.inputs[1], AttentionOperand.apart, sparesExtents: sparesExtents)
            else { return nil }
            return Mixing(weights: node.inputs[0], value: operand, isTurned: false, slots: [slot])
        }
        guard node.op == "Einsum", let equation = equation(node), Set(equation.output).count == 4 else { return nil }
        for (weights, values) in [(0, 1), (1, 0)] {
            let labels = equation.inputs[weights]
            guard labels.count == 4, Set(labels).count == 4 else { continue }
            let names: [Character: AttentionAxis] = [labels[0]: .batch, labels[1]: .head, labels[3]: .sequence]
            let sums = equation.inputs[values]
            guard sums.count == 4, Set(sums).count == 4, !sums.contains(labels[2]),
                sums.count(where: { names[$0] == nil }) == 1, !equation.output.contains(labels[3]),
                let size = sums.first(where: { names[$0] == nil }),
                let operand = attentionOperand(
                    node.inputs[values], sums.map { names[$0] ?? .element }, sparesExtents: sparesExtents)
            else { continue }
            let turned = [labels[0], labels[2], labels[1], size]
            guard equation.output == turned || equation.output == [labels[0], labels[1], labels[2], size] else {
                continue
            }
            return Mixing(
                weights: node.inputs[weights], value: operand, isTurned: equation.output == turned, slots: [slot])
        }
        return nil
    }

    private func equation(_ node: Node) -> EinsumEquation? {
        let ranks = node.inputs.compactMap { shape($0)?.count }
        guard ranks.count == node.inputs.count, let text = try? node.string("equation", default: "") else { return nil }
        return EinsumEquation(text, ranks: ranks)
    }

    /// Queries and keys of the product that makes scores [batch, heads, queries, keys].
    private func dot(_ value: String, _ sparesExtents: Bool) -> (q: AttentionOperand, k: AttentionOperand, slot: Int)? {
        guard let (slot, node) = maker(value), node.inputs.count == 2 else { return nil }
        if node.op == "MatMul" {
            guard let q = attentionOperand(node.inputs[0], AttentionOperand.apart, sparesExtents: sparesExtents),
                let k = attentionOperand(node.inputs[1], AttentionOperand.turned, sparesExtents: sparesExtents)
            else { return nil }
            return (q, k, slot)
        }
        guard node.op == "Einsum", let equation = equation(node), Set(equation.output).count == 4 else { return nil }
        let out = equation.output
        for (queries, keys) in [(0, 1), (1, 0)] {
            let (left, right) = (equation.inputs[queries], equation.inputs[keys])
            guard left.count == 4, right.count == 4, Set(left).count == 4, Set(right).count == 4,
                let size = left.first(where: { !out.contains($0) }), Set(left) == [out[0], out[1], out[2], size],
                Set(right) == [out[0], out[1], out[3], size]
            else { continue }
            let names: [Character: AttentionAxis] = [
                out[0]: .batch, out[1]: .head, out[2]: .sequence, out[3]: .sequence,
            ]
            guard
                let q = attentionOperand(
                    node.inputs[queries], left.map { names[$0] ?? .element }, sparesExtents: sparesExtents),
                let k = attentionOperand(
                    node.inputs[keys], right.map { names[$0] ?? .element }, sparesExtents: sparesExtents)
            else { continue }
            return (q, k, slot)
        }
        return nil
    }

    private func attention(
        _ mixing: Mixing, _ outer: Set<Int>, _ node: Node, isTurned: Bool, _ sparesExtents: Bool
    ) -> AttentionMatch? {
        let (shares, guards) = withoutGuard(mixing.weights)
        guard let (normalization, softmax) = maker(shares, "Softmax"), axis(softmax, default: -1) == 3,
            let scores = softmax.input(0).flatMap(attentionScores), let (q, k, dot) = dot(scores.value, sparesExtents),
            mixing.value.scale == 1, let shape = shapeOfResult(q, k, mixing.value), let anchor = makerSlot(node),
            graph.types[node.outputs[0]]?.dtype == graph.types[q.source]?.dtype
        else { return nil }
        var match = AttentionMatch(
            parts: [q, k, mixing.value], scores: scores, shape: shape, isTurned: isTurned, slots: [], core: [])
        match.core = scores.slots.union(guards).union(mixing.slots).union([normalization, dot])
        match.core.formUnion(outer.subtracting([anchor]))
        match.slots = match.parts.reduce(match.core.union(outer)) { $0.union($1.slots) }
        if match.parts.contains(where: { $0.part != nil }) {
            guard match.parts.map(\.part) == [0, 1, 2], Set(match.parts.map(\.source)).count == 1 else { return nil }
            match.whole = q.source
        } else if let (source, slot) = wholeOfThirds(match.parts, sparesExtents: sparesExtents) {
            match.whole = source
            match.slots.insert(slot)
        }
        if sparesExtents { match.slots.formUnion(askers(in: match.slots, anchor: anchor)) }
        return isClosed(match.slots, anchor: anchor) ? match : nil
    }

    private func makerSlot(_ node: Node) -> Int? { makers[node.outputs[0]] }

    /// [batch, queries, heads, size], if queries, keys and values suit each other. Attention is computed in f32.
    private func shapeOfResult(
        _ q: AttentionOperand, _ k: AttentionOperand, _ v: AttentionOperand
    ) -> [Dimension]? {
        let types = [q, k, v].compactMap { graph.types[$0.source]?.dtype }
        guard types.count == 3, Set(types).count == 1, types[0] != .f64, q.repeats == 1, k.repeats == v.repeats,
            k.heads == v.heads,
            k.heads * k.repeats == q.heads, let a = extents(q), let b = extents(k), let c = extents(v), b == c,
            a.batch == b.batch, a.size == b.size
        else { return nil }
        return [a.batch, a.length, .constant(q.heads), a.size]
    }

    private struct Extents: Equatable {
        var batch, length, size: Dimension
    }

    private func extents(_ operand: AttentionOperand) -> Extents? {
        guard let shape = shape(operand.source) else { return nil }
        if operand.axes.isEmpty {
            guard shape.count == 3 else { return nil }
            let parts = operand.part == nil ? 1 : 3
            return Extents(batch: shape[0], length: shape[1], size: shape[2] / .constant(operand.heads * parts))
        }
        let sequence = operand.axes == AttentionOperand.apart ? 2 : 1
        return Extents(batch: shape[0], length: shape[sequence], size: shape[3])
    }

    /// The shares in front of a choice of zeros where they are not numbers, as torch writes it for rows without any key.
    private func withoutGuard(_ value: String) -> (shares: String, slots: Set<Int>) {
        guard let (slot, choice) = maker(value, "Where"), choice.inputs.count == 3, scalar(choice.inputs[1]) == 0,
            let (test, node) = maker(choice.inputs[0], "IsNaN"), node.inputs == [choice.inputs[2]]
        else { return (value, []) }
        return (choice.inputs[2], [slot, test])
    }

    /// The attention in the place of the last node, between changes of shape that its operands and its result need.
    fileprivate func patch(_ found: AttentionMatch, _ slot: Int, _ node: Node) throws(GraphError) -> Patch {
        let path = path(found.core.union([slot]))
        var patch = Patch(path)
        var nodes: [Node] = []
        var inputs = [found.whole ?? "", "", ""]
        if found.whole == nil {
            for (index, part) in found.parts.enumerated() {
                inputs[index] = part.source
                guard part.axes == AttentionOperand.mixed, let shape = shape(part.source) else { continue }
                let flat = freshValue("\(path).flat\(index)")
                let width = (shape[2] * shape[3]).constant ?? -1
                nodes.append(try reshape(part.source, [0, 0, width], flat, &patch))
                inputs[index] = flat
            }
        }
        var mask = found.scores.mask
        if !mask.isEmpty, graph.types[mask]?.dtype != .i64 {
            mask = freshValue("\(path).mask")
            nodes.append(
                Node(
                    "Cast", name: "\(path).mask", inputs: [found.scores.mask], outputs: [mask],
                    attributes: ["to": .dtype(.i64)]))
        }
        let (q, k) = (found.parts[0], found.parts[1])
        var attention = Node(
            "Attention", name: path, inputs: inputs + [mask], outputs: node.outputs,
            attributes: ["heads": .int(q.heads), "scale": .float(found.scores.scale * q.scale * k.scale)])
        if k.repeats > 1 { attention.attributes["kv_heads"] = .int(k.heads) }
        if found.scores.isCausal { attention.attributes["causal"] = .int(1) }
        let hides = found.scores.isCausal || !found.scores.mask.isEmpty
        if hides, found.scores.hidden.contains(where: { $0 > -.infinity }) {
            attention.attributes["hidden"] = .floats(found.scores.hidden)
        }
        let wanted = shape(node.outputs[0]) ?? []
        guard wanted.count != 3 else {
            nodes.append(attention)
            patch.put(nodes, upTo: slot)
            return patch
        }
        let mixed = freshValue("\(path).mixed")
        attention.outputs = [mixed]
        nodes.append(attention)
        let size = found.shape[3].constant ?? -1
        if wanted.count == 2 {
            let width = (found.shape[2] * found.shape[3]).constant ?? -1
            nodes.append(try reshape(mixed, [-1, width], node.outputs[0], &patch))
        } else if found.isTurned {
            nodes.append(try reshape(mixed, [0, 0, q.heads, size], node.outputs[0], &patch))
        } else {
            let apart = freshValue("\(path).apart")
            nodes.append(try reshape(mixed, [0, 0, q.heads, size], apart, &patch))
            nodes.append(
                Node(
                    "Transpose", name: "\(path).turned", inputs: [apart], outputs: node.outputs,
                    attributes: ["perm": .ints([0, 2, 1, 3])]))
        }
        patch.put(nodes, upTo: slot)
        return patch
    }
}
