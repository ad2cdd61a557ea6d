import PackGraph

/// The ways in which exporters count the positions of tokens.
extension Rewriter {
    /// Whether a value counts 0, 1, 2 … along its last axis up to a length, and is the same along all others.
    func isCounting(_ value: String, to length: Dimension, depth: Int = 0) -> Bool {
        guard depth < 8, shape(value)?.last == length || isClipped(shape(value)?.last, to: length) else { return false }
        if let constant = graph.constants[value] { return isCounting(constant) }
        guard let (_, node) = maker(value), let first = node.input(0) else { return false }
        switch node.op {
        case "Range":
            return numbers(first) == [0] && numbers(node.input(2)) == [1] && node.input(1).flatMap(content) == length
        case "Expand", "Cast", "Unsqueeze", "Reshape":
            // The last axis stays the last, so what is counted along it stays too.
            return shape(first)?.last == shape(value)?.last && isCounting(first, to: length, depth: depth + 1)
        case "Slice":
            guard let rank = shape(value)?.count, let constant = graph.constants[first] else { return false }
            return isCounting(constant) && isPrefix(node, axis: rank - 1, of: length)
        default: return false
        }
    }

    /// A table cut to a length has `min(length, rows)` entries.
    private func isClipped(_ found: Dimension?, to length: Dimension) -> Bool {
        guard case .minimum(let a, let b) = found else { return false }
        return a == length && b.constant != nil || b == length && a.constant != nil
    }

    private func content(_ value: String) -> Dimension? {
        guard let contents = graph.contents[value], contents.count == 1 else { return nil }
        return contents[0]
    }

    /// Whether each line of a constant counts from 0.
    private func isCounting(_ constant: Constant) -> Bool {
        guard let width = constant.shape.last, width > 0, let values = try? constant.integers() else { return false }
        return values.enumerated().allSatisfy { $0.offset % width == $0.element }
    }

    /// Whether a Slice takes the first `length` entries along one axis.
    func isPrefix(_ node: Node, axis: Int, of length: Dimension) -> Bool {
        guard let data = node.input(0), let rank = shape(data)?.count, numbers(node.input(1)) == [0],
            node.input(2).flatMap(content) == length
        else { return false }
        let axes = node.input(3) == nil ? [0] : numbers(node.input(3))
        let steps = node.input(4) == nil ? [1] : numbers(node.input(4))
        return axes?.map { $0 < 0 ? $0 + rank : $0 } == [axis] && steps == [1]
    }

    /// Whether a value counts the tokens other than padding from behind the padding's id, as RoBERTa does: that id.
    func countedTokens(_ value: String, ids: String) -> Int? {
        guard let (_, sum) = maker(skippingCasts(value), "Add") else { return nil }
        for (counted, constant) in orders(sum) {
            guard let padding = graph.constants[constant]?.scalarInteger, padding >= 0,
                let (_, product) = maker(skippingCasts(counted), "Mul")
            else { continue }
            for (sums, mask) in orders(product) {
                guard let (_, running) = maker(skippingCasts(sums), "CumSum"),
                    numbers(running.input(1)) == [1] || numbers(running.input(1)) == [-1],
                    running.attributes.values.allSatisfy({ $0 == .int(0) }), let summed = running.input(0),
                    isToken(mask, ids, padding), isToken(summed, ids, padding)
                else { continue }
                return padding
            }
        }
        return nil
    }

    /// Whether a value is 1 for tokens other than padding.
    private func isToken(_ value: String, _ ids: String, _ padding: Int) -> Bool {
        guard let (_, not) = maker(skippingCasts(value), "Not"),
            let (_, equal) = not.input(0).flatMap({ maker($0, "Equal") })
        else { return false }
        return orders(equal).contains { $0 == ids && graph.constants[$1]?.scalarInteger == padding }
    }

    private func skippingCasts(_ value: String) -> String {
        var value = value
        while let (_, node) = maker(value, "Cast"), let source = node.input(0) { value = source }
        return value
    }

    /// Whether all elements of a value are 0.
    func isZero(_ value: String, depth: Int = 0) -> Bool {
        if let list = numbers(value) { return list.allSatisfy { $0 == 0 } }
        if let values = try? graph.constants[value]?.integers() { return values.allSatisfy { $0 == 0 } }
        guard depth < 8, let (_, node) = maker(value) else { return false }
        switch node.op {
        case "ConstantOfShape": return node.attributes["value"] ?? .float(0) == .int(0)
        case "Expand", "Slice", "Unsqueeze", "Reshape", "Cast":
            return node.input(0).map { isZero($0, depth: depth + 1) } ?? false
        default: return false
        }
    }
}
