import PackGraph

/// Scores of queries and keys on their way from the product to softmax.
struct AttentionScores {
    /// The product.
    var value: String
    var mask = ""
    var isCausal = false
    /// What is added to scores of hidden keys where a query sees none, as the attribute `hidden` of attention has it.
    var hidden = Array(repeating: -Float.infinity, count: 3)
    var scale: Float = 1
    var slots: Set<Int> = []
}

/// Something that hides keys from queries.
private struct HidingTerm {
    var trace: MaskTrace
    /// What it adds to scores, or puts in their place, by whether the mask hides a key (1), its place does (2) or both (3).
    var addends: [Float]
    var isFilling: Bool
}

extension Rewriter {
    /// A number so low that a score is lost in it.
    private static let bottom: Float = -1e30

    /// Scores before scale and masks, in whatever order those are applied.
    func attentionScores(_ value: String) -> AttentionScores? {
        guard let extents = shape(value), extents.count == 4 else { return nil }
        var scores = AttentionScores(value: value)
        var terms: [HidingTerm] = []
        while let (slot, node) = maker(scores.value), !["MatMul", "Einsum"].contains(node.op) {
            scores.slots.insert(slot)
            if let (base, scale, slots) = scaled(scores.value), !slots.isEmpty, shape(base) == extents {
                scores.value = base
                scores.scale *= scale
                scores.slots.formUnion(slots)
            } else if let found = hiding(node, extents) {
                // What is put over scores is scaled with them.
                guard scores.scale > 0, shape(found.base) == extents else { return nil }
                var term = found.term
                term.addends = term.addends.map { $0 == 0 ? 0 : $0 * scores.scale }
                terms.append(term)
                scores.value = found.base
            } else {
                return nil
            }
        }
        return compose(terms.reversed(), &scores) ? scores : nil
    }

    /// Joins what hides keys, in the order in which it is applied; false where attention cannot tell the same.
    private func compose(_ terms: [HidingTerm], _ scores: inout AttentionScores) -> Bool {
        var sums: [Float] = [0, 0, 0, 0]
        for term in terms {
            if !term.trace.mask.isEmpty {
                guard scores.mask.isEmpty || scores.mask == term.trace.mask else { return false }
                scores.mask = term.trace.mask
            }
            scores.isCausal = scores.isCausal || term.trace.start != nil
            for how in 1...3 where term.trace.hides(how) {
                guard term.isFilling else {
                    sums[how] += term.addends[how]
                    continue
                }
                // Scores are lost, so what is added must leave nothing of them.
                if terms.count > 1, term.addends[how] > Self.bottom { return false }
                sums[how] = term.addends[how] <= Self.bottom ? term.addends[how] : -Float.greatestFiniteMagnitude
            }
        }
        scores.hidden = Array(sums[1...])
        return true
    }

    /// What keys are hidden in, and how; `nil` where the node does something else.
    private func hiding(_ node: Node, _ extents: [Dimension]) -> (base: String, term: HidingTerm)? {
        if node.op == "Add" {
            for (base, bias) in orders(node) {
                guard let trace = traceHiding(bias), trace.kind == .additive, hidesKeys(trace, bias, extents) else {
                    continue
                }
                return (base, HidingTerm(trace: trace, addends: trace.addends, isFilling: false))
            }
        }
        guard node.op == "Where", node.inputs.count == 3, let trace = traceHiding(node.inputs[0]),
            trace.kind != .additive,
            hidesKeys(trace, node.inputs[0], extents)
        else { return nil }
        let (low, base) = trace.kind == .dropped ? (node.inputs[1], node.inputs[2]) : (node.inputs[2], node.inputs[1])
        guard let bottom = scalar(low), bottom <= MaskTrace.floor else { return nil }
        let addends = (0...3).map { trace.hides($0) ? bottom : 0 }
        return (base, HidingTerm(trace: trace, addends: addends, isFilling: true))
    }

    /// Whether a mask runs along batch and keys of scores, and places along queries and keys, the last of both being the same.
    private func hidesKeys(_ trace: MaskTrace, _ value: String, _ extents: [Dimension]) -> Bool {
        let aligned = trace.aligned(rank: 4)
        guard aligned.axes.count == 4, let found = shape(value), found.count <= 4 else { return false }
        if !trace.mask.isEmpty {
            guard aligned.layout == [0, nil, nil, 1], shape(trace.mask) == [extents[0], extents[3]] else {
                return false
            }
        } else if aligned.layout.contains(where: { $0 != nil }) {
            return false
        }
        guard let start = trace.start else { return aligned.axes.allSatisfy { $0.place == nil } }
        let own = Array(repeating: 1, count: 4 - found.count) + found
        return aligned.axes.map(\.place) == [nil, nil, 0, 1] && start + extents[2] == extents[3]
            && covers(own[2], extents[2]) && covers(own[3], extents[3])
    }

    /// Whether an axis is as long as another, or as a table allows where that is shorter.
    private func covers(_ found: Dimension, _ wanted: Dimension) -> Bool {
        if found == wanted { return true }
        guard case .minimum(let a, let b) = found else { return false }
        return a == wanted && b.constant != nil || b == wanted && a.constant != nil
    }
}
