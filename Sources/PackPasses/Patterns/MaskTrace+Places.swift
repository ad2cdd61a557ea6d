import PackCore
import PackGraph

extension MaskTrace {
    /// A constant over queries and keys, its last axes, that differs beyond the queries' places only: 1 or true for keys to be
    /// seen, or for others, or 0 and hugely negative.
    init?(_ constant: Constant) {
        let shape = constant.shape
        guard shape.count >= 2, shape.dropLast(2).allSatisfy({ $0 == 1 }), constant.count > 0, constant.count <= 1 << 24
        else { return nil }
        let values: [Float]
        if constant.dtype.isFloat {
            guard let floats = try? constant.floats() else { return nil }
            values = floats
        } else {
            guard let integers = try? constant.integers() else { return nil }
            values = integers.map { Float($0) }
        }
        let columns = shape[shape.count - 1]
        guard let least = values.min(), let most = values.max(), least != most else { return nil }
        let seen: Float = least == 0 && most == 1 && values[0] == 1 ? 1 : 0
        let isAdditive = most == 0 && least <= MaskTrace.floor
        guard isAdditive || least == 0 && most == 1 else { return nil }
        let first = values.prefix(columns).prefix { $0 == seen }.count - 1
        let other = least + most - seen
        for (index, value) in values.enumerated() {
            let (row, column) = index.quotientAndRemainder(dividingBy: columns)
            guard value == (column <= row + first ? seen : other) else { return nil }
        }
        kind = isAdditive ? .additive : seen == 1 ? .kept : .dropped
        start = .constant(first)
        axes = Self.places(rank: shape.count)
        if isAdditive { addends = [0, 0, least, least] }
    }

    /// Queries and keys along the last axes.
    fileprivate static func places(rank: Int) -> [Axis] {
        Array(repeating: Axis(), count: rank - 2) + [Axis(place: 0), Axis(place: 1)]
    }
}

/// A value that counts upwards by 1 along one axis and has no other.
private struct Counting {
    var axis: Int
    var rank: Int
    /// Its first entry.
    var start: Dimension
}

extension Rewriter {
    /// A comparison of the places of queries with those of keys; keys lie along the later axis.
    func comparedPlaces(_ node: Node) -> MaskTrace? {
        guard node.inputs.count == 2 else { return nil }
        var (left, right): (Counting, Counting)
        if let number = number(node.inputs[1]), let bound = Int(exactly: number), abs(bound) < 1 << 30,
            let (_, sub) = maker(node.inputs[0], "Sub"), let a = sub.input(0).flatMap(places),
            let b = sub.input(1).flatMap(places)
        {
            (left, right) = (a, b)
            right.start = right.start + .constant(bound)
        } else if let a = places(node.inputs[0]), let b = places(node.inputs[1]) {
            (left, right) = (a, b)
        } else {
            return nil
        }
        let rank = max(left.rank, right.rank)
        left.axis += rank - left.rank
        right.axis += rank - right.rank
        guard left.axis != right.axis else { return nil }
        let keyFirst = left.axis > right.axis
        let (query, key) = keyFirst ? (right, left) : (left, right)
        // Whether a key that is less than the query, and one that is equal to it, gives true.
        let isLess = node.op.hasPrefix("Less") == keyFirst
        let isEqual = node.op.hasSuffix("OrEqual")
        var trace = MaskTrace(kind: isLess ? .kept : .dropped, axes: Array(repeating: MaskTrace.Axis(), count: rank))
        trace.axes[query.axis].place = 0
        trace.axes[key.axis].place = 1
        trace.start = query.start - key.start - .constant(isLess == isEqual ? 0 : 1)
        return trace
    }

    /// Along which axis a value counts by 1, having no other axis.
    private func places(_ value: String) -> Counting? {
        guard let shape = shape(value) else { return nil }
        let long = shape.indices.filter { shape[$0] != 1 }
        guard long.count == 1, let start = counted(value, depth: 0) else { return nil }
        return Counting(axis: long[0], rank: shape.count, start: start)
    }

    /// The first of numbers that count by 1.
    private func counted(_ value: String, depth: Int) -> Dimension? {
        if let constant = graph.constants[value] {
            guard constant.count > 0, constant.count <= 1 << 20, let values = try? constant.integers(),
                values.indices.allSatisfy({ values[$0] == values[0] &+ $0 })
            else { return nil }
            return .constant(values[0])
        }
        guard depth < 12, let (_, node) = maker(value), let first = node.input(0) else { return nil }
        switch node.op {
        case "Unsqueeze", "Reshape", "Squeeze", "Flatten", "Cast", "Identity", "Expand":
            guard let before = shape(first), before.filter({ $0 != 1 }) == shape(value)?.filter({ $0 != 1 }),
                graph.types[value]?.dtype.isInteger ?? false
            else { return nil }
            return counted(first, depth: depth + 1)
        case "Range":
            guard numbers(node.input(2)) == [1], let start = graph.contents[first], start.count == 1 else { return nil }
            return start[0]
        case "Add", "Sub":
            for (a, b) in node.op == "Add" ? orders(node) : [(first, node.inputs[1])] {
                guard let offset = graph.contents[b], offset.count == 1, shape(a) == shape(value),
                    let start = counted(a, depth: depth + 1)
                else { continue }
                return node.op == "Add" ? start + offset[0] : start - offset[0]
            }
            return nil
        case "Slice":
            guard let cuts = cuts(node), cuts.count == 1, let rank = shape(first)?.count,
                shape(first)?.indices.allSatisfy({ $0 == cuts[0].axis || shape(first)?[$0] == 1 }) ?? false, rank > 0,
                let start = counted(first, depth: depth + 1)
            else { return nil }
            return start + cuts[0].start
        default: return nil
        }
    }

    /// A triangle of ones, or of huge negative numbers.
    func triangle(_ node: Node) -> MaskTrace? {
        guard let first = node.input(0), let rank = shape(first)?.count, rank >= 2, let value = uniform(first),
            let isUpper = try? node.int("upper", default: 1)
        else { return nil }
        var diagonal = 0
        if let given = node.input(1) {
            guard let number = graph.constants[given]?.scalarInteger, abs(number) < 1 << 30 else { return nil }
            diagonal = number
        }
        var trace = MaskTrace(kind: .kept, axes: MaskTrace.places(rank: rank))
        trace.start = .constant(isUpper == 0 ? diagonal : diagonal - 1)
        if value == 1 {
            trace.kind = isUpper == 0 ? .kept : .dropped
        } else if isUpper != 0, value <= MaskTrace.floor {
            trace.kind = .additive
            trace.addends = [0, 0, value, value]
        } else {
            return nil
        }
        return trace
    }

    /// What all elements of a value are.
    private func uniform(_ value: String, depth: Int = 0) -> Float? {
        if let number = number(value) { return number }
        if let constant = graph.constants[value] {
            guard constant.count > 0, constant.count <= 1 << 24 else { return nil }
            let values = (try? constant.floats()) ?? (try? constant.integers())?.map { Float($0) } ?? []
            return values.first.flatMap { first in values.allSatisfy { $0 == first } ? first : nil }
        }
        guard depth < 8, let (_, node) = maker(value), let first = node.input(0) else { return nil }
        switch node.op {
        case "ConstantOfShape":
            return filling(node)
        case "Expand", "Unsqueeze", "Reshape", "Identity": return uniform(first, depth: depth + 1)
        case "Cast":
            guard let dtype = graph.types[value]?.dtype, dtype == .bool || dtype == .f32 else { return nil }
            return uniform(first, depth: depth + 1)
        default: return nil
        }
    }

    /// What a ConstantOfShape puts everywhere.
    func filling(_ node: Node) -> Float? {
        switch node.attributes["value"] {
        case nil: return 0
        case .float(let value)?: return value
        case .int(let value)?: return Float(value)
        case .tensor(let constant)?: return constant.scalarFloat ?? constant.scalarInteger.map { Float($0) }
        default: return nil
        }
    }

    /// Where a Slice with steps of 1 begins along each axis that it cuts.
    private func cuts(_ node: Node) -> [(axis: Int, start: Dimension)]? {
        guard let first = node.input(0), let rank = shape(first)?.count,
            let starts = node.input(1).flatMap({ graph.contents[$0] })
        else { return nil }
        let steps = node.input(4) == nil ? Array(repeating: 1, count: starts.count) : numbers(node.input(4))
        let axes = node.input(3) == nil ? Array(starts.indices) : numbers(node.input(3))
        guard let axes, axes.count == starts.count, steps?.allSatisfy({ $0 == 1 }) ?? false,
            starts.allSatisfy({ $0.isAtLeast(0) })
        else { return nil }
        return zip(axes, starts).map { ($0 < 0 ? $0 + rank : $0, $1) }
    }

    /// A stretch of what hides keys.
    func sliced(_ node: Node, _ value: String, _ depth: Int) -> MaskTrace? {
        guard let first = node.input(0), var trace = traceHiding(first, depth: depth + 1), let cuts = cuts(node),
            let before = shape(first), let after = shape(value), before.count == trace.axes.count,
            after.count == before.count
        else { return nil }
        for (axis, start) in cuts {
            guard trace.axes.indices.contains(axis) else { return nil }
            if trace.axes[axis].mask != nil, before[axis] != after[axis] { return nil }
            switch trace.axes[axis].place {
            case 0?: trace.start = trace.start.map { $0 + start }
            case 1?: trace.start = trace.start.map { $0 - start }
            default: break
            }
        }
        return trace
    }

    /// A mask [batch, sequence] in one line, of which the place batch · length + position is taken, as torch exports
    /// `mask[batch, position]`.
    func gathered(_ node: Node, _ depth: Int) -> MaskTrace? {
        guard (try? node.int("axis", default: 0)) == 0, node.inputs.count == 2, let data = maker(node.inputs[0])?.node,
            ["Flatten", "Reshape"].contains(data.op), let source = data.input(0), let mask = shape(source),
            mask.count == 2, let flat = shape(node.inputs[0]), flat.first == mask[0] * mask[1],
            flat.dropFirst().allSatisfy({ $0 == 1 }), let count = shape(node.inputs[1])?.count,
            let (_, sum) = maker(node.inputs[1], "Add")
        else { return nil }
        for (position, offset) in orders(sum) {
            guard let column = countingAxis(position, length: mask[1]), let (_, product) = maker(offset, "Mul") else {
                continue
            }
            for (batch, length) in orders(product) where graph.contents[length] == [mask[1]] {
                guard let row = countingAxis(batch, length: mask[0]), row > column else { continue }
                return picked(source, depth, rank: count + flat.count - 1, row: count - row, column: count - column)
            }
        }
        return nil
    }

    /// A mask [batch, sequence], of which pairs of batch and position are taken, as torch exports `mask[batch, position]` too.
    func gatheredPairs(_ node: Node, _ depth: Int) -> MaskTrace? {
        guard (try? node.int("batch_dims", default: 0)) == 0, node.inputs.count == 2, let mask = shape(node.inputs[0]),
            mask.count == 2, let rank = shape(node.inputs[1])?.count, let (_, pairs) = maker(node.inputs[1], "Concat"),
            axis(pairs, default: 0) == rank - 1, pairs.inputs.count == 2,
            let row = spreadAxis(pairs.inputs[0], length: mask[0]),
            let column = spreadAxis(pairs.inputs[1], length: mask[1]), row > column
        else { return nil }
        return picked(node.inputs[0], depth, rank: rank - 1, row: rank - 1 - row, column: rank - 1 - column)
    }

    /// A mask whose axes lie along others.
    private func picked(_ source: String, _ depth: Int, rank: Int, row: Int, column: Int) -> MaskTrace? {
        guard var trace = traceHiding(source, depth: depth + 1), trace.isMask, trace.layout == [0, 1], row >= 0,
            column < rank
        else { return nil }
        trace.axes = Array(repeating: MaskTrace.Axis(), count: rank)
        trace.axes[row].mask = 0
        trace.axes[column].mask = 1
        return trace
    }

    /// The axis, counted from the end, along which a value counts that was repeated along others and got a last axis of one.
    private func spreadAxis(_ value: String, length: Dimension) -> Int? {
        guard let (_, column) = maker(value, "Unsqueeze"), let inner = column.input(0), let extents = shape(inner),
            shape(value) == extents + [1]
        else { return nil }
        guard let (_, node) = maker(inner, "Expand"), let source = node.input(0) else {
            return countingAxis(inner, length: length)
        }
        return countingAxis(source, length: length)
    }

    /// Along which axis, counted from the end, a value counts 0, 1, 2 … up to a length, having no other axis.
    private func countingAxis(_ value: String, length: Dimension) -> Int? {
        guard let shape = shape(value), shape.filter({ $0 != 1 }) == [length],
            let axis = shape.firstIndex(of: length)
        else { return nil }
        var source = value
        for _ in 0..<8 {
            if self.shape(source)?.count == 1, isCounting(source, to: length) { return shape.count - axis }
            guard let (_, node) = maker(source), ["Unsqueeze", "Reshape", "Cast"].contains(node.op),
                let next = node.input(0)
            else { return nil }
            source = next
        }
        return nil
    }
}
