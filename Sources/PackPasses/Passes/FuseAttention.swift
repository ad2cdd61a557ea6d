import PackGraph

extension Pass {
    /// softmax(q·kᵀ·scale + mask)·v over heads (Vaswani et al. 2017), from the split into heads to their joining.
    static let fuseAttention = Pass("fuse-attention", "Recognize multi-head attention", at: ["Reshape"]) {
        (rewriter: borrowing Rewriter, slot: Int, node: Node) throws(GraphError) in
        guard let found = rewriter.attention(node), rewriter.isClosed(found.slots, anchor: slot) else { return nil }
        let path = rewriter.path(found.core.union([slot]))
        return Patch(
            path, slot,
            Node(
                "Attention", name: path, inputs: [found.q, found.k, found.v, found.mask], outputs: node.outputs,
                attributes: ["heads": .int(found.heads), "scale": .float(found.scale)]))
    }
}

private struct AttentionMatch {
    var q, k, v, mask: String
    var heads: Int
    var scale: Float
    /// All nodes but those of the mask.
    var slots: Set<Int>
    /// The nodes between the products, which bear the attention's own name.
    var core: Set<Int>
}

private struct Heads {
    var source: String
    var count: Int
    /// For each axis of the value, that of [batch, sequence, head, element].
    var order = [0, 1, 2, 3]
    var scale: Float = 1
    var slots: Set<Int> = []
    /// Which of query, key and value it is of a source that holds all three.
    var part: Int?
}

private struct Scores {
    var value: String
    var mask = ""
    var scale: Float = 1
    var slots: Set<Int> = []
}

extension Rewriter {
    fileprivate func attention(_ node: Node) -> AttentionMatch? {
        guard let joined = node.input(0), let (join, transpose) = maker(joined, "Transpose"),
            (try? transpose.ints("perm")) == [0, 2, 1, 3], let mixed = transpose.input(0),
            let (mix, mixing) = maker(mixed, "MatMul"), let (shares, guards) = mixing.input(0).map(withoutGuard),
            let (normalization, softmax) = maker(shares, "Softmax"), axis(softmax, default: -1) == 3,
            let scores = softmax.input(0).flatMap(scores), let (dot, product) = maker(scores.value, "MatMul"),
            let q = product.input(0).flatMap(heads), let k = product.input(1).flatMap(heads),
            let v = mixing.input(1).flatMap(heads)
        else { return nil }
        guard q.order == [0, 2, 1, 3], k.order == [0, 2, 3, 1], v.order == [0, 2, 1, 3], v.scale == 1,
            q.count == k.count, q.count == v.count, fits(q, k, v, node.outputs[0])
        else { return nil }
        let core = scores.slots.union(guards).union([join, mix, normalization, dot])
        let isMerged = q.part != nil
        return AttentionMatch(
            q: q.source, k: isMerged ? "" : k.source, v: isMerged ? "" : v.source, mask: scores.mask, heads: q.count,
            scale: scores.scale * q.scale * k.scale, slots: core.union(q.slots).union(k.slots).union(v.slots),
            core: core)
    }

    /// Whether query, key and value have the type of the result, or are the three parts of one source in that order.
    private func fits(_ q: Heads, _ k: Heads, _ v: Heads, _ output: String) -> Bool {
        guard let type = graph.types[q.source], let result = graph.types[output], result.dtype == type.dtype,
            result.shape.count == 3
        else { return false }
        if q.part == nil, k.part == nil, v.part == nil {
            return type == graph.types[k.source] && type == graph.types[v.source] && type == result
        }
        return q.part == 0 && k.part == 1 && v.part == 2 && q.source == k.source && q.source == v.source
            && Array(type.shape.dropLast()) == Array(result.shape.dropLast()) && type.shape[2] == result.shape[2] * 3
    }

    /// The shares in front of a choice of zeros where they are not numbers, as torch writes it for rows without any key.
    private func withoutGuard(_ value: String) -> (shares: String, slots: Set<Int>) {
        guard let (slot, choice) = maker(value, "Where"), choice.inputs.count == 3, scalar(choice.inputs[1]) == 0,
            let (test, node) = maker(choice.inputs[0], "IsNaN"), node.inputs == [choice.inputs[2]]
        else { return (value, []) }
        return (choice.inputs[2], [slot, test])
    }

    /// Scores before scale and mask, in whatever order those are applied.
    private func scores(_ value: String) -> Scores? {
        var scores = Scores(value: value)
        while let (slot, node) = maker(scores.value), node.op != "MatMul" {
            scores.slots.insert(slot)
            if let (base, scale, slots) = scaled(scores.value), !slots.isEmpty {
                scores.value = base
                scores.scale *= scale
                scores.slots.formUnion(slots)
            } else if scores.mask.isEmpty, let (base, mask) = masked(node), shape(base) == shape(scores.value) {
                scores.value = base
                scores.mask = mask
            } else {
                return nil
            }
        }
        return scores
    }

    /// What a mask is added to, or put over, and the mask.
    private func masked(_ node: Node) -> (base: String, mask: String)? {
        if node.op == "Add" {
            for (base, bias) in orders(node) {
                if let trace = traceMask(bias), trace.kind == .additive, hidesKeys(trace) { return (base, trace.mask) }
            }
        }
        guard node.op == "Where", node.inputs.count == 3, let trace = traceMask(node.inputs[0]), hidesKeys(trace),
            trace.kind != .additive
        else { return nil }
        let (low, base) =
            trace.kind == .dropped ? (node.inputs[1], node.inputs[2]) : (node.inputs[2], node.inputs[1])
        guard let bottom = scalar(low), bottom <= MaskTrace.floor else { return nil }
        return (base, trace.mask)
    }

    /// Whether a mask runs along batch and keys.
    private func hidesKeys(_ trace: MaskTrace) -> Bool { trace.aligned(rank: 4) == [0, nil, nil, 1] }

    /// Follows a value [batch, head, …] back to the [batch, sequence, width] that was split into heads.
    private func heads(_ value: String) -> Heads? {
        var found = Heads(source: value, count: 0)
        while let (slot, node) = maker(found.source), let source = node.input(0) {
            if let (base, scale, slots) = scaled(found.source), !slots.isEmpty {
                (found.source, found.scale) = (base, found.scale * scale)
                found.slots.formUnion(slots)
            } else if found.count == 0, node.op == "Transpose", let order = (try? node.ints("perm")) ?? nil,
                order.sorted() == [0, 1, 2, 3]
            {
                found.order = found.order.map { order[$0] }
                found.source = source
                found.slots.insert(slot)
            } else if found.count == 0, node.op == "Reshape", let count = split(source, found.source) {
                (found.source, found.count) = (source, count)
                found.slots.insert(slot)
            } else if found.count == 0, let whole = part(found.source) {
                (found.source, found.count, found.part) = (whole.source, whole.count, whole.part)
                found.order = found.order.map { whole.order[$0] }
                found.slots.formUnion(whole.slots)
                return found
            } else {
                break
            }
        }
        return found.count > 0 ? found : nil
    }

    /// One of three along the first axis of [3, batch, head, sequence, element], made of [batch, sequence, 3 · width] as
    /// vision transformers write it.
    private func part(_ value: String) -> Heads? {
        guard let extents = shape(value), extents.count == 4, let (place, parts, slots) = picked(value),
            let (turn, transpose) = maker(parts, "Transpose"), (try? transpose.ints("perm")) == [2, 0, 3, 1, 4],
            let (split, reshape) = transpose.input(0).flatMap({ maker($0, "Reshape") }), let source = reshape.input(0),
            let before = shape(source), let after = shape(reshape.outputs[0]), before.count == 3, after.count == 5,
            before[0] == after[0], before[1] == after[1], after[2] == 3, let heads = after[3].constant, heads > 0,
            after[3] * after[4] * 3 == before[2]
        else { return nil }
        return Heads(
            source: source, count: heads, order: [0, 2, 1, 3], slots: slots.union([turn, split]), part: place)
    }

    /// The place that is taken along the first axis of a value, which goes.
    private func picked(_ value: String) -> (place: Int, source: String, slots: Set<Int>)? {
        guard let (slot, node) = maker(value), let first = node.input(0), let extents = shape(value) else { return nil }
        if node.op == "Gather" {
            guard axis(node, default: 0) == 0, let index = node.input(1), let rank = shape(first)?.count,
                rank == extents.count + 1, let place = graph.constants[index]?.scalarInteger, place >= 0
            else { return nil }
            return (place, first, [slot])
        }
        guard ["Squeeze", "Reshape"].contains(node.op), shape(first) == [1] + extents, let (cut, maker) = maker(first),
            let source = maker.input(0)
        else { return nil }
        if maker.op == "Split" {
            guard axis(maker, default: 0) == 0, let place = maker.outputs.firstIndex(of: first),
                maker.outputs.allSatisfy({ shape($0)?.first == 1 })
            else { return nil }
            return (place, source, [slot, cut])
        }
        guard maker.op == "Slice", let start = (maker.input(1) != nil ? numbers(maker.input(1)) : bounds(maker)),
            start.count == 1, start[0] >= 0, shape(source)?.dropFirst() == shape(first)?.dropFirst()
        else { return nil }
        return (start[0], source, [slot, cut])
    }

    private func bounds(_ slice: Node) -> [Int]? { (try? slice.ints("starts")) ?? nil }

    /// How many heads a Reshape makes of the last axis, if that is all it does.
    private func split(_ source: String, _ value: String) -> Int? {
        guard let before = shape(source), let after = shape(value), before.count == 3, after.count == 4,
            before[0] == after[0], before[1] == after[1], let heads = after[2].constant, heads > 0,
            after[2] * after[3] == before[2]
        else { return nil }
        return heads
    }
}
