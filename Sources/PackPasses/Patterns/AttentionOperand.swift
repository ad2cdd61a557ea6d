import PackGraph

/// What an axis of queries, keys or values runs along.
enum AttentionAxis { case batch, head, sequence, element }

/// Queries, keys or values on their way from where they are made to a product.
struct AttentionOperand {
    var source: String
    /// What the axes of the source run along; empty for one that lies flat, [batch, sequence, heads · size].
    var axes: [AttentionAxis]
    /// Heads of the source.
    var heads = 0
    /// How many heads of queries each of the source is for.
    var repeats = 1
    var scale: Float = 1
    var slots: Set<Int> = []
    /// Which of query, key and value it is of a source that holds all three.
    var part: Int?

    static let apart: [AttentionAxis] = [.batch, .head, .sequence, .element]
    static let turned: [AttentionAxis] = [.batch, .head, .element, .sequence]
    static let mixed: [AttentionAxis] = [.batch, .sequence, .head, .element]

    /// Whether attention can read the source, maybe in another shape.
    var isReadable: Bool { axes.isEmpty || axes == Self.apart || axes == Self.mixed }
}

extension Rewriter {
    /// Follows an operand of a product back to a value that attention can read. `sparesExtents`: readers that only ask for
    /// extents do not count.
    func attentionOperand(
        _ value: String, _ axes: [AttentionAxis], sparesExtents: Bool
    ) -> AttentionOperand? {
        guard shape(value)?.count == axes.count else { return nil }
        var found = AttentionOperand(source: value, axes: axes)
        for _ in 0..<16 {
            // What others read too stays.
            if found.isReadable, readers(found.source, sparesExtents) > 1 { break }
            guard found.part == nil, let next = stepBack(found) else { break }
            found = next
        }
        guard found.isReadable else { return nil }
        if !found.axes.isEmpty {
            guard let extents = shape(found.source), let place = found.axes.firstIndex(of: .head),
                let heads = extents[place].constant
            else { return nil }
            found.heads = heads
        }
        return found.heads > 0 ? found : nil
    }

    private func readers(_ value: String, _ sparesExtents: Bool) -> Int {
        let asking = sparesExtents ? (users[value] ?? []).count { slots[$0]?.op == "Shape" } : 0
        return useCount(value) - asking
    }

    /// The nodes that ask for extents of values made in the given slots, for other nodes there and for nothing else.
    func askers(in inner: Set<Int>, anchor: Int) -> Set<Int> {
        var found: Set<Int> = []
        for slot in inner where slot != anchor {
            for output in slots[slot]?.outputs ?? [] {
                for user in users[output] ?? [] where slots[user]?.op == "Shape" && !inner.contains(user) {
                    found.formUnion(serving(user, inner, depth: 0) ?? [])
                }
            }
        }
        return found
    }

    /// A node and those that read it, up to the given slots; `nil` if anything else does.
    private func serving(_ slot: Int, _ inner: Set<Int>, depth: Int) -> Set<Int>? {
        let arithmetic = ["Shape", "Slice", "Gather", "Concat", "Unsqueeze", "Squeeze", "Cast", "Reshape"]
        guard depth < 8, let node = slots[slot], arithmetic.contains(node.op) else { return nil }
        var found: Set<Int> = [slot]
        for output in node.outputs {
            guard !outputs.contains(output), graph.types[output]?.dtype.isInteger ?? false else { return nil }
            for user in users[output] ?? [] where !inner.contains(user) && !found.contains(user) {
                guard let more = serving(user, inner, depth: depth + 1) else { return nil }
                found.formUnion(more)
            }
        }
        return found
    }

    private func stepBack(_ found: AttentionOperand) -> AttentionOperand? {
        var next = found
        if let (base, scale, slots) = scaled(found.source), !slots.isEmpty, shape(base) == shape(found.source) {
            (next.source, next.scale) = (base, found.scale * scale)
            next.slots.formUnion(slots)
            return next
        }
        guard !found.axes.isEmpty, let (slot, node) = maker(found.source), let source = node.input(0) else {
            return nil
        }
        next.slots.insert(slot)
        if node.op == "Transpose", let order = (try? node.ints("perm")) ?? nil, order.sorted() == [0, 1, 2, 3] {
            for (place, axis) in order.enumerated() { next.axes[axis] = found.axes[place] }
            next.source = source
            return next
        }
        if let (source, slots) = turnedFlat(found.source) {
            next.axes.swapAt(2, 3)
            next.source = source
            next.slots.formUnion(slots)
            return next
        }
        if found.axes == AttentionOperand.mixed, node.op == "Reshape", let heads = split(source, found.source) {
            (next.source, next.heads, next.axes) = (source, heads, [])
            return next
        }
        if found.axes[1] == .head, found.repeats == 1, let (source, repeats, slots) = repeatedHeads(found.source) {
            (next.source, next.repeats) = (source, repeats)
            next.slots.formUnion(slots)
            return next
        }
        if found.axes == AttentionOperand.apart, let whole = third(found.source) {
            (next.source, next.heads, next.part, next.axes) = (whole.source, whole.heads, whole.part, [])
            next.slots.formUnion(whole.slots)
            return next
        }
        return nil
    }

    /// The last two axes exchanged while the first two are one.
    private func turnedFlat(_ value: String) -> (source: String, slots: Set<Int>)? {
        guard let (slot, join) = maker(value, "Reshape"),
            let (turn, transpose) = join.input(0).flatMap({ maker($0, "Transpose") }),
            (try? transpose.ints("perm")) == [0, 2, 1],
            let (flat, reshape) = transpose.input(0).flatMap({ maker($0, "Reshape") }),
            let source = reshape.input(0), let before = shape(source), let after = shape(value), before.count == 4,
            after.count == 4, Array(before[..<2]) == Array(after[..<2]), before[2] == after[3], before[3] == after[2],
            shape(reshape.outputs[0])?.dropFirst() == before[2...]
        else { return nil }
        return (source, [slot, turn, flat])
    }

    /// How many heads a Reshape makes of the last axis, if that is all it does.
    private func split(_ source: String, _ value: String) -> Int? {
        guard let before = shape(source), let after = shape(value), before.count == 3, after.count == 4,
            before[0] == after[0], before[1] == after[1], let heads = after[2].constant, heads > 0,
            after[2] * after[3] == before[2]
        else { return nil }
        return heads
    }

    /// Heads that are each repeated, one after the other: through an axis of one that is repeated and joined to the heads'.
    private func repeatedHeads(_ value: String) -> (source: String, repeats: Int, slots: Set<Int>)? {
        guard let (join, reshape) = maker(value, "Reshape"), let copies = reshape.input(0),
            let (slot, node) = maker(copies),
            let wide = shape(copies), wide.count == 5, let after = shape(value), after.count == 4,
            let repeats = wide[2].constant, let heads = wide[1].constant, repeats > 0, heads > 0,
            after == [wide[0], .constant(heads) * .constant(repeats), wide[3], wide[4]]
        else { return nil }
        let column: String
        switch node.op {
        case "Expand", "Tile": column = node.inputs[0]
        case "Concat" where axis(node, default: 0) == 2 && Set(node.inputs).count == 1: column = node.inputs[0]
        default: return nil
        }
        guard let narrow = shape(column), narrow == [wide[0], wide[1], 1, wide[3], wide[4]],
            let (lift, unsqueeze) = maker(column), ["Unsqueeze", "Reshape"].contains(unsqueeze.op),
            let source = unsqueeze.input(0), shape(source) == [wide[0], wide[1], wide[3], wide[4]]
        else { return nil }
        return (source, repeats, [join, slot, lift])
    }

    /// One of three along the first axis of [3, batch, head, sequence, element], made of [batch, sequence, 3 · width] as
    /// vision transformers write it.
    private func third(_ value: String) -> (source: String, heads: Int, part: Int, slots: Set<Int>)? {
        guard let extents = shape(value), extents.count == 4, let (place, parts, slots) = picked(value),
            let (turn, transpose) = maker(parts, "Transpose"), (try? transpose.ints("perm")) == [2, 0, 3, 1, 4],
            let (split, reshape) = transpose.input(0).flatMap({ maker($0, "Reshape") }), let source = reshape.input(0),
            let before = shape(source), let after = shape(reshape.outputs[0]), before.count == 3, after.count == 5,
            before[0] == after[0], before[1] == after[1], after[2] == 3, let heads = after[3].constant, heads > 0,
            after[3] * after[4] * 3 == before[2]
        else { return nil }
        return (source, heads, place, slots.union([turn, split]))
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

    /// The value of which three operands are the thirds along the last axis, in their order, and the node that cuts it.
    func wholeOfThirds(_ parts: [AttentionOperand], sparesExtents: Bool) -> (source: String, slot: Int)? {
        guard let (slot, node) = maker(parts[0].source, "Split"), let source = node.input(0), node.outputs.count == 3,
            parts.map(\.source) == node.outputs,
            parts.allSatisfy({ $0.axes.isEmpty && $0.part == nil && $0.repeats == 1 }),
            let whole = shape(source), whole.count == 3, axis(node, default: 0) == 2,
            parts.allSatisfy({ readers($0.source, sparesExtents) == 1 && !outputs.contains($0.source) }),
            parts.allSatisfy({
                $0.heads == parts[0].heads && shape($0.source)?.last.map { $0 * 3 == whole[2] } ?? false
            })
        else { return nil }
        return (source, slot)
    }
}
