import PackCore
import PackGraph

/// A value that follows from a mask of zeros and ones, from the places of queries and keys, or from both.
struct MaskTrace: Equatable {
    /// The input [batch, sequence] of integers or truths that it comes from; empty where it comes from none.
    var mask = ""
    var kind: Kind
    /// What each axis of the value runs along.
    var axes: [Axis]
    /// Where keys beyond a query's place are told from others: the first query's place among the keys.
    var start: Dimension?
    /// What an additive value is for keys that the mask hides (1), that lie beyond the query's place (2), and that do both (3).
    var addends: [Float] = [0, 0, 0, 0]

    enum Kind: Equatable {
        /// 1 or true for keys to be seen.
        case kept
        /// Its opposite.
        case dropped
        /// 0 for keys to be seen, hugely negative for others.
        case additive
    }

    /// What an axis runs along; nothing where the value is the same all along.
    struct Axis: Equatable {
        /// An axis of the mask.
        var mask: Int?
        /// 0 where it counts queries, 1 where it counts keys.
        var place: Int?
    }

    /// The least negative number that is taken for minus infinity.
    static let floor: Float = -1e4

    /// For each axis, the axis of the mask that it runs along.
    var layout: [Int?] { axes.map(\.mask) }

    /// Whether it comes from a mask and from nothing else.
    var isMask: Bool { !mask.isEmpty && start == nil }

    /// The same for a value that is true where this is not; `nil` for additive ones.
    var opposite: MaskTrace? {
        guard kind != .additive else { return nil }
        var result = self
        result.kind = kind == .kept ? .dropped : .kept
        return result
    }

    /// Whether a key is hidden that does not count for the mask (1), lies beyond the query's place (2), or both (3).
    func hides(_ how: Int) -> Bool { !mask.isEmpty && how & 1 != 0 || start != nil && how & 2 != 0 }

    /// The same with axes put in front up to a rank.
    func aligned(rank: Int) -> MaskTrace {
        var result = self
        result.axes = Array(repeating: Axis(), count: max(0, rank - axes.count)) + axes
        return result
    }

    /// What follows from both: hidden where either hides; `nil` if they run along different axes.
    func joined(_ other: MaskTrace, kind: Kind, _ addend: (Int) -> Float = { _ in 0 }) -> MaskTrace? {
        let rank = max(axes.count, other.axes.count)
        var result = aligned(rank: rank)
        result.kind = kind
        for (index, axis) in other.aligned(rank: rank).axes.enumerated() {
            if let own = axis.mask {
                guard result.axes[index].mask ?? own == own else { return nil }
                result.axes[index].mask = own
            }
            if let own = axis.place {
                guard result.axes[index].place ?? own == own else { return nil }
                result.axes[index].place = own
            }
        }
        guard
            mask.isEmpty || other.mask.isEmpty
                || mask == other.mask && other.aligned(rank: rank).layout == result.layout,
            start == nil || other.start == nil || start == other.start
        else { return nil }
        for side in [\Axis.mask, \Axis.place] {
            let used = result.axes.compactMap { $0[keyPath: side] }
            guard Set(used).count == used.count else { return nil }
        }
        result.mask = mask.isEmpty ? other.mask : mask
        result.start = start ?? other.start
        result.addends = [0] + (1...3).map(addend)
        return result
    }
}

extension Rewriter {
    /// Follows a value back to the mask of i64 that it is made of alone.
    func traceMask(_ value: String) -> MaskTrace? {
        guard let trace = traceHiding(value), trace.isMask, graph.types[trace.mask]?.dtype == .i64 else { return nil }
        return trace
    }

    /// Follows a value back to what hides keys: a mask, places, both or nothing, through casts, added axes, comparisons and the
    /// usual spellings of an additive mask.
    func traceHiding(_ value: String, depth: Int = 0) -> MaskTrace? {
        if inputs.contains(value) {
            guard let type = graph.types[value], [.i64, .i32, .bool].contains(type.dtype), type.shape.count == 2 else {
                return nil
            }
            return MaskTrace(mask: value, kind: .kept, axes: [MaskTrace.Axis(mask: 0), MaskTrace.Axis(mask: 1)])
        }
        if isTrue(value), let rank = shape(value)?.count {
            return MaskTrace(kind: .kept, axes: Array(repeating: MaskTrace.Axis(), count: rank))
        }
        if let constant = graph.constants[value] { return MaskTrace(constant) }
        guard depth < 16, let (_, node) = maker(value), let first = node.input(0) else { return nil }
        switch node.op {
        case "Cast", "Identity": return traceHiding(first, depth: depth + 1)
        case "Not": return traceHiding(first, depth: depth + 1)?.opposite
        case "Unsqueeze": return unsqueezed(node, first, depth)
        case "Expand": return expanded(first, to: value, depth)
        case "And", "Or": return both(node, node.op == "And" ? .kept : .dropped, depth)
        case "Reshape", "Flatten", "Squeeze": return reshaped(value, depth)
        case "Slice": return sliced(node, value, depth)
        case "Gather": return gathered(node, depth)
        case "GatherND": return gatheredPairs(node, depth)
        case "Equal": return compared(node, depth)
        case "Greater", "GreaterOrEqual", "Less", "LessOrEqual":
            if let places = comparedPlaces(node) { return places }
            guard node.op == "Greater", let bound = node.input(1), number(bound) == 0 else { return nil }
            return indicator(first, depth)
        case "Trilu": return triangle(node)
        case "Sub":
            guard scalar(first) == 1, isNarrow(first), let second = node.input(1) else { return nil }
            return traceHiding(second, depth: depth + 1)?.opposite
        case "Add": return summed(node, depth)
        case "Mul": return multiplied(node, depth)
        case "Where": return chosen(node, depth)
        default: return nil
        }
    }

    /// A constant with one element as a number, whatever its type.
    func number(_ value: String) -> Float? {
        scalar(value) ?? graph.constants[value]?.scalarInteger.map { Float($0) }
    }

    /// Whether a constant adds no axes of its own.
    private func isNarrow(_ value: String) -> Bool { (graph.constants[value]?.shape.count ?? 2) <= 1 }

    private func indicator(_ value: String, _ depth: Int) -> MaskTrace? {
        guard let trace = traceHiding(value, depth: depth + 1), trace.kind != .additive else { return nil }
        return trace
    }

    private func unsqueezed(_ node: Node, _ value: String, _ depth: Int) -> MaskTrace? {
        let given = node.input(1) != nil ? numbers(node.input(1)) : (try? node.ints("axes")) ?? nil
        guard var trace = traceHiding(value, depth: depth + 1), let given else { return nil }
        let rank = trace.axes.count + given.count
        for axis in given.map({ $0 < 0 ? $0 + rank : $0 }).sorted() {
            guard (0...trace.axes.count).contains(axis) else { return nil }
            trace.axes.insert(MaskTrace.Axis(), at: axis)
        }
        return trace
    }

    /// Axes along which places are counted must stay as long as they are.
    private func expanded(_ source: String, to value: String, _ depth: Int) -> MaskTrace? {
        guard let trace = traceHiding(source, depth: depth + 1), let found = shape(source), let wanted = shape(value),
            found.count == trace.axes.count, found.count <= wanted.count
        else { return nil }
        let result = trace.aligned(rank: wanted.count)
        let before = Array(repeating: 1, count: wanted.count - found.count) + found
        let stays = result.axes.indices.allSatisfy { result.axes[$0].place == nil || before[$0] == wanted[$0] }
        return stays ? result : nil
    }

    private func both(_ node: Node, _ kind: MaskTrace.Kind, _ depth: Int) -> MaskTrace? {
        guard node.inputs.count == 2, let left = indicator(node.inputs[0], depth),
            let right = indicator(node.inputs[1], depth)
        else { return nil }
        let rank = max(left.axes.count, right.axes.count)
        for (one, other) in [(left, right), (right, left)] where one.kind == kind && !one.hides(3) {
            return other.aligned(rank: rank)
        }
        return left.kind == kind && right.kind == kind ? left.joined(right, kind: kind) : nil
    }

    private func compared(_ node: Node, _ depth: Int) -> MaskTrace? {
        for (a, b) in orders(node) {
            guard let number = number(b), isNarrow(b), let trace = indicator(a, depth) else { continue }
            if number == 0 { return trace.opposite }
            if number == 1 { return trace }
        }
        return nil
    }

    private func summed(_ node: Node, _ depth: Int) -> MaskTrace? {
        guard node.inputs.count == 2, let left = traceHiding(node.inputs[0], depth: depth + 1), left.kind == .additive,
            let right = traceHiding(node.inputs[1], depth: depth + 1), right.kind == .additive
        else { return nil }
        return left.joined(right, kind: .additive) { left.addends[$0] + right.addends[$0] }
    }

    /// A huge number where keys are dropped; or 1 where both operands keep.
    private func multiplied(_ node: Node, _ depth: Int) -> MaskTrace? {
        for (a, b) in orders(node) {
            guard let factor = scalar(b), factor <= MaskTrace.floor, isNarrow(b),
                let trace = traceHiding(a, depth: depth + 1), trace.kind == .dropped
            else { continue }
            return trace.joined(trace, kind: .additive) { trace.hides($0) ? factor : 0 }
        }
        guard node.inputs.count == 2, let left = indicator(node.inputs[0], depth),
            let right = indicator(node.inputs[1], depth), left.kind == .kept, right.kind == .kept
        else { return nil }
        return left.joined(right, kind: .kept)
    }

    /// A huge negative number where keys are dropped, elsewhere 0 or another additive value.
    private func chosen(_ node: Node, _ depth: Int) -> MaskTrace? {
        guard node.inputs.count == 3, let trace = indicator(node.inputs[0], depth) else { return nil }
        let (low, rest) = trace.kind == .dropped ? (node.inputs[1], node.inputs[2]) : (node.inputs[2], node.inputs[1])
        guard let bottom = scalar(low), bottom <= MaskTrace.floor, isNarrow(low) else { return nil }
        if scalar(rest) == 0, isNarrow(rest) {
            return trace.joined(trace, kind: .additive) { trace.hides($0) ? bottom : 0 }
        }
        guard let other = traceHiding(rest, depth: depth + 1) else { return nil }
        if other.kind == .additive {
            return trace.joined(other, kind: .additive) { trace.hides($0) ? bottom : other.addends[$0] }
        }
        // The float mask itself, which is 0 wherever it is chosen.
        guard other.kind == .dropped, other.mask == trace.mask, other.start == trace.start, other.axes == trace.axes
        else {
            return nil
        }
        return trace.joined(trace, kind: .additive) { trace.hides($0) ? bottom : 0 }
    }

    /// The same entries in a shape that differs by extents of 1, whatever shape they had in between.
    private func reshaped(_ value: String, _ depth: Int) -> MaskTrace? {
        guard let wanted = shape(value) else { return nil }
        let extents = wanted.filter { $0 != 1 }
        var source = value
        for _ in 0..<8 {
            guard let (_, node) = maker(source), ["Reshape", "Flatten", "Squeeze"].contains(node.op),
                let next = node.input(0)
            else { break }
            source = next
            guard let found = shape(source), found.filter({ $0 != 1 }) == extents else { continue }
            guard var trace = traceHiding(source, depth: depth + 1), trace.axes.count == found.count else { return nil }
            var axes = zip(found, trace.axes).filter { $0.0 != 1 }.map(\.1)
            trace.axes = wanted.map { $0 == 1 ? MaskTrace.Axis() : axes.removeFirst() }
            return trace
        }
        return nil
    }

    /// Whether all elements of a value are true.
    func isTrue(_ value: String, depth: Int = 0) -> Bool {
        if let constant = graph.constants[value] {
            return constant.count <= 64 && (try? constant.integers())?.allSatisfy { $0 == 1 } ?? false
        }
        guard depth < 8, let (_, node) = maker(value), let first = node.input(0) else { return false }
        switch node.op {
        case "ConstantOfShape": return filling(node) == 1
        case "Cast", "Expand", "Unsqueeze", "Reshape": return isTrue(first, depth: depth + 1)
        case "And": return node.inputs.allSatisfy { isTrue($0, depth: depth + 1) }
        case "GreaterOrEqual": return node.input(1).flatMap(number) == 0 && isCount(first)
        default: return false
        }
    }

    /// Whether a value counts upwards from 0 or more.
    private func isCount(_ value: String) -> Bool {
        var value = value
        for _ in 0..<8 {
            guard let (_, node) = maker(value), let first = node.input(0) else { return false }
            if node.op == "Range" {
                return numbers(first)?.allSatisfy { $0 >= 0 } ?? false
                    && numbers(node.input(2))?.allSatisfy { $0 > 0 } ?? false
            }
            guard ["Unsqueeze", "Reshape", "Cast", "Expand"].contains(node.op) else { return false }
            value = first
        }
        return false
    }
}
