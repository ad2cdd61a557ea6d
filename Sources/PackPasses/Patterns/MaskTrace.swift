import PackCore
import PackGraph

/// A value that follows from a mask of zeros and ones alone.
struct MaskTrace {
    /// The i64 input [batch, sequence] that it comes from.
    var mask: String
    var kind: Kind
    /// For each axis of the value, the axis of the mask that it runs along; `nil` where it is the same all along.
    var layout: [Int?]

    enum Kind: Equatable {
        /// The mask, as number or truth.
        case kept
        /// Its opposite.
        case dropped
        /// 0 where the mask is 1, hugely negative elsewhere.
        case additive
    }

    /// The least negative number that is taken for minus infinity.
    static let floor: Float = -1e4

    /// The same for a value that is true where this is not; `nil` for additive masks.
    fileprivate var opposite: MaskTrace? {
        guard kind != .additive else { return nil }
        var result = self
        result.kind = kind == .kept ? .dropped : .kept
        return result
    }

    /// The layout in front of which axes are added up to a rank.
    func aligned(rank: Int) -> [Int?] {
        Array(repeating: nil, count: max(0, rank - layout.count)) + layout
    }
}

extension Rewriter {
    /// Follows a value back to the mask that it is made of, through casts, added axes, comparisons and the usual spellings
    /// of an additive mask.
    func traceMask(_ value: String, depth: Int = 0) -> MaskTrace? {
        if inputs.contains(value) {
            guard let type = graph.types[value], type.dtype == .i64, type.shape.count == 2 else { return nil }
            return MaskTrace(mask: value, kind: .kept, layout: [0, 1])
        }
        guard depth < 16, let (_, node) = maker(value), let first = node.input(0) else { return nil }
        switch node.op {
        case "Cast", "Identity": return traceMask(first, depth: depth + 1)
        case "Not": return traceMask(first, depth: depth + 1)?.opposite
        case "Unsqueeze": return unsqueezed(node, first, depth)
        case "Expand":
            guard var trace = traceMask(first, depth: depth + 1), let rank = shape(value)?.count else { return nil }
            trace.layout = trace.aligned(rank: rank)
            return trace
        case "And":
            for (always, other) in orders(node) where isTrue(always) {
                guard var trace = indicator(other, depth), let rank = shape(value)?.count else { continue }
                trace.layout = trace.aligned(rank: rank)
                return trace
            }
            return nil
        case "Reshape", "Flatten", "Squeeze": return reshaped(value, depth)
        case "Gather": return gathered(node, depth)
        case "Equal": return compared(node, depth)
        case "Greater":
            guard let bound = node.input(1), number(bound) == 0 else { return nil }
            return indicator(first, depth)
        case "Sub":
            guard scalar(first) == 1, isNarrow(first), let second = node.input(1) else { return nil }
            return traceMask(second, depth: depth + 1)?.opposite
        case "Mul": return multiplied(node, depth)
        case "Where": return chosen(node, depth)
        default: return nil
        }
    }

    /// A constant with one element as a number, whatever its type.
    private func number(_ value: String) -> Float? {
        scalar(value) ?? graph.constants[value]?.scalarInteger.map { Float($0) }
    }

    /// Whether a constant adds no axes of its own.
    private func isNarrow(_ value: String) -> Bool { (graph.constants[value]?.shape.count ?? 2) <= 1 }

    private func indicator(_ value: String, _ depth: Int) -> MaskTrace? {
        guard let trace = traceMask(value, depth: depth + 1), trace.kind != .additive else { return nil }
        return trace
    }

    private func unsqueezed(_ node: Node, _ value: String, _ depth: Int) -> MaskTrace? {
        let given = node.input(1) != nil ? numbers(node.input(1)) : (try? node.ints("axes")) ?? nil
        guard var trace = traceMask(value, depth: depth + 1), let given else { return nil }
        let rank = trace.layout.count + given.count
        for axis in given.map({ $0 < 0 ? $0 + rank : $0 }).sorted() {
            guard (0...trace.layout.count).contains(axis) else { return nil }
            trace.layout.insert(nil, at: axis)
        }
        return trace
    }

    private func compared(_ node: Node, _ depth: Int) -> MaskTrace? {
        for (a, b) in orders(node) {
            guard let number = number(b), isNarrow(b), let trace = indicator(a, depth) else { continue }
            if number == 0 { return trace.opposite }
            if number == 1 { return trace }
        }
        return nil
    }

    private func multiplied(_ node: Node, _ depth: Int) -> MaskTrace? {
        for (a, b) in orders(node) {
            guard let factor = scalar(b), factor <= MaskTrace.floor, isNarrow(b),
                var trace = traceMask(a, depth: depth + 1),
                trace.kind == .dropped
            else { continue }
            trace.kind = .additive
            return trace
        }
        return nil
    }

    private func chosen(_ node: Node, _ depth: Int) -> MaskTrace? {
        guard node.inputs.count == 3, var trace = indicator(node.inputs[0], depth) else { return nil }
        let (low, zero) = trace.kind == .dropped ? (node.inputs[1], node.inputs[2]) : (node.inputs[2], node.inputs[1])
        guard let bottom = scalar(low), bottom <= MaskTrace.floor, isNarrow(low) else { return nil }
        if scalar(zero) != 0 || !isNarrow(zero) {
            // The float mask itself, which is 0 wherever it is chosen.
            guard let other = indicator(zero, depth), other.kind == .dropped, other.mask == trace.mask,
                other.layout == trace.layout
            else { return nil }
        }
        trace.kind = .additive
        return trace
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
            guard var trace = traceMask(source, depth: depth + 1), trace.layout.count == found.count else { return nil }
            var axes = zip(found, trace.layout).filter { $0.0 != 1 }.map(\.1)
            trace.layout = wanted.map { $0 == 1 ? nil : axes.removeFirst() }
            return trace
        }
        return nil
    }

    /// A mask [batch, sequence] in one line, of which the place batch · length + position is taken, as torch exports
    /// `mask[batch, position]`.
    private func gathered(_ node: Node, _ depth: Int) -> MaskTrace? {
        guard (try? node.int("axis", default: 0)) == 0, node.inputs.count == 2, let data = maker(node.inputs[0])?.node,
            ["Flatten", "Reshape"].contains(data.op), let source = data.input(0), let mask = shape(source),
            mask.count == 2, let flat = shape(node.inputs[0]), flat.first == mask[0] * mask[1],
            flat.dropFirst().allSatisfy({ $0 == 1 }), let places = shape(node.inputs[1]),
            let (_, sum) = maker(node.inputs[1], "Add"), let trace = traceMask(source, depth: depth + 1),
            trace.layout == [0, 1]
        else { return nil }
        for (position, offset) in orders(sum) {
            guard let column = countingAxis(position, length: mask[1]), let (_, product) = maker(offset, "Mul") else {
                continue
            }
            for (batch, length) in orders(product) where graph.contents[length] == [mask[1]] {
                guard let row = countingAxis(batch, length: mask[0]), row.fromEnd > column.fromEnd else { continue }
                var result = trace
                result.layout = Array(repeating: nil, count: places.count + flat.count - 1)
                result.layout[places.count - row.fromEnd] = 0
                result.layout[places.count - column.fromEnd] = 1
                return result
            }
        }
        return nil
    }

    /// Along which axis, counted from the end, a value counts 0, 1, 2 … up to a length, having no other axis.
    private func countingAxis(_ value: String, length: Dimension) -> (fromEnd: Int, slots: Int)? {
        guard let shape = shape(value), shape.filter({ $0 != 1 }) == [length],
            let axis = shape.firstIndex(of: length)
        else { return nil }
        var source = value
        for step in 0..<8 {
            if self.shape(source)?.count == 1, isCounting(source, to: length) { return (shape.count - axis, step) }
            guard let (_, node) = maker(source), ["Unsqueeze", "Reshape", "Cast"].contains(node.op),
                let next = node.input(0)
            else { return nil }
            source = next
        }
        return nil
    }

    /// Whether all elements of a value are true.
    private func isTrue(_ value: String, depth: Int = 0) -> Bool {
        if let constant = graph.constants[value] {
            return constant.count <= 64 && (try? constant.integers())?.allSatisfy { $0 != 0 } ?? false
        }
        guard depth < 8, let (_, node) = maker(value), let first = node.input(0) else { return false }
        switch node.op {
        case "ConstantOfShape": return (try? node.tensor("value"))??.scalarInteger == 1
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
