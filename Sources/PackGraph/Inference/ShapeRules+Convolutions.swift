import PackCore

extension ShapeRules {
    /// Convolutions, pooling and what belongs to images.
    static let convolutions = merge([
        ["Conv": convolution, "ConvTranspose": transposedConvolution, "Col2Im": columnsToImage],
        ["DeformConv": shiftedConvolution, "CausalConvWithState": causalConvolution], pooling, images,
        channelNormalizations, recurrent,
    ])

    /// Extents of a window that weights [.., .., kernel…] give.
    private static func kernel(_ op: Operands, _ weights: TensorType) throws(GraphError) -> [Int] {
        let extents = weights.shape.dropFirst(2).compactMap(\.constant)
        guard extents.count == weights.shape.count - 2 else {
            throw op.fault(.unsupported, input: 1, found: "\(weights)", expected: "a kernel of known extents")
        }
        return extents
    }

    /// Images [N, C, axes…] and weights of the same rank.
    private static func operands(_ op: Operands) throws(GraphError) -> (TensorType, TensorType, group: Int) {
        try op.expect(inputs: 2...3)
        let x = try op.float(0)
        let weights = try op.float(1)
        guard x.shape.count >= 3, weights.shape.count == x.shape.count else {
            throw op.fault(
                .wrongShape, found: "\(x) and weights \(weights)", expected: "two tensors of one rank, 3 at least")
        }
        let group = try op.node.int("group", default: 1)
        guard group >= 1, group < WindowAttributes.limit else {
            throw op.fault(.wrongAttribute, found: "group \(group)", expected: "1 or more")
        }
        return (x, weights, group)
    }

    private static func checkBias(_ op: Operands, _ outputs: Dimension) throws(GraphError) {
        guard op.optional(2) != nil else { return }
        let bias = try op.float(2)
        guard bias.shape.count == 1 else { throw op.fault(.wrongShape, input: 2, found: "\(bias)", expected: "a list") }
        _ = try op.same(bias.shape[0], outputs, "outputs")
    }

    @Sendable private static func convolution(_ op: Operands) throws(GraphError) -> [Inferred] {
        let (x, weights, group) = try operands(op)
        let window = try WindowAttributes(op.node, kernel: try kernel(op, weights), rank: x.shape.count - 2)
        _ = try op.same(x.shape[1], weights.shape[1] * .constant(group), "channels")
        if let outputs = weights.shape[0].constant, outputs % group != 0 {
            throw op.fault(.wrongAttribute, found: "group \(group)", expected: "a divisor of \(outputs) outputs")
        }
        try checkBias(op, weights.shape[0])
        var shape = [x.shape[0], weights.shape[0]]
        for axis in 0..<x.shape.count - 2 { shape.append(try window.output(axis, of: x.shape[axis + 2], op.node)) }
        if let pool = try WindowAttributes.pool(op.node) {
            guard shape.count == 4, window.padding == .given else {
                throw op.fault(.unsupported, found: "pooled results \(shape)", expected: "images padded by numbers")
            }
            for axis in 0..<2 { shape[axis + 2] = try pool.output(axis, of: shape[axis + 2], op.node) }
        }
        return [Inferred(x.dtype, shape)]
    }

    @Sendable private static func transposedConvolution(_ op: Operands) throws(GraphError) -> [Inferred] {
        let (x, weights, group) = try operands(op)
        let attributes = try TransposedWindow(op.node, kernel: try kernel(op, weights), rank: x.shape.count - 2)
        let channels = try op.same(x.shape[1], weights.shape[0], "channels")
        if let channels = channels.constant, channels % group != 0 {
            throw op.fault(.wrongAttribute, found: "group \(group)", expected: "a divisor of \(channels) channels")
        }
        let outputs = weights.shape[1] * .constant(group)
        try checkBias(op, outputs)
        var shape = [x.shape[0], outputs]
        for axis in 0..<x.shape.count - 2 { shape.append(try attributes.output(axis, of: x.shape[axis + 2], op.node)) }
        return [Inferred(x.dtype, shape)]
    }

    @Sendable private static func shiftedConvolution(_ op: Operands) throws(GraphError) -> [Inferred] {
        try op.expect(inputs: 3...5)
        let (x, weights, offset) = (try op.float(0), try op.float(1), try op.float(2))
        guard x.shape.count == 4, weights.shape.count == 4, offset.shape.count == 4 else {
            throw op.fault(.unsupported, found: "\(x), \(weights) and \(offset)", expected: "three tensors of rank 4")
        }
        let group = try op.node.int("group", default: 1)
        let shifts = try op.node.int("offset_group", default: 1)
        guard (1..<WindowAttributes.limit).contains(group), (1..<WindowAttributes.limit).contains(shifts),
            (x.shape[1].constant ?? 0) % shifts == 0, (weights.shape[0].constant ?? 0) % group == 0
        else {
            throw op.fault(
                .wrongAttribute, found: "group \(group), offset_group \(shifts)", expected: "divisors of the channels")
        }
        let extents = try kernel(op, weights)
        let window = try WindowAttributes(op.node, kernel: extents, rank: 2)
        _ = try op.same(x.shape[1], weights.shape[1] * .constant(group), "channels")
        if op.optional(3) != nil {
            let bias = try op.float(3)
            guard bias.shape.count == 1 else {
                throw op.fault(.wrongShape, input: 3, found: "\(bias)", expected: "a list")
            }
            _ = try op.same(bias.shape[0], weights.shape[0], "outputs")
        }
        var shape = [x.shape[0], weights.shape[0]]
        for axis in 0..<2 {
            let extent = try window.output(axis, of: x.shape[axis + 2], op.node)
            shape.append(try op.same(extent, offset.shape[axis + 2], "extents of output and shifts"))
        }
        return [Inferred(x.dtype, shape)]
    }

    @Sendable private static func causalConvolution(_ op: Operands) throws(GraphError) -> [Inferred] {
        try op.expect(inputs: 2...4, outputs: 1...2)
        let (x, weights) = (try op.float(0), try op.float(1))
        guard x.shape.count == 3, weights.shape.count == 3 else {
            throw op.fault(.wrongShape, found: "\(x) and \(weights)", expected: "two tensors of rank 3")
        }
        _ = try op.same(x.shape[1], weights.shape[0], "channels")
        _ = try op.same(weights.shape[1], 1, "channels of a group")
        _ = try op.node.choice("activation", ["none", "silu", "swish"], default: "none")
        try checkBias(op, x.shape[1])
        let state = [x.shape[0], x.shape[1], weights.shape[2] - 1]
        if op.optional(3) != nil {
            let past = try op.float(3)
            guard past.shape.count == 3 else {
                throw op.fault(.wrongShape, input: 3, found: "\(past)", expected: "\(state)")
            }
            for axis in 0..<3 { _ = try op.same(past.shape[axis], state[axis], "extents on axis \(axis)") }
        }
        return [Inferred(x), Inferred(x.dtype, state)]
    }

    @Sendable private static func columnsToImage(_ op: Operands) throws(GraphError) -> [Inferred] {
        try op.expect(inputs: 3...3)
        let type = try op.float(0)
        guard type.shape.count == 3 else {
            throw op.fault(.wrongShape, input: 0, found: "\(type)", expected: "rank 3")
        }
        guard let rank = try op.integer(1).shape.first?.constant, let same = try op.integer(2).shape.first?.constant,
            rank == same
        else {
            throw op.fault(.unsupported, found: "shapes of free rank", expected: "image and block shape of one rank")
        }
        guard let image = op.content(1), let block = op.numbers(2) else {
            _ = try WindowAttributes(op.node, kernel: Array(repeating: 1, count: rank), rank: rank)
            let extents = op.content(1) ?? (0..<rank).map { op.unknown(axis: $0 + 2) }
            return [Inferred(type.dtype, [type.shape[0], op.unknown(axis: 1)] + extents)]
        }
        let window = try WindowAttributes(op.node, kernel: block, rank: block.count)
        var taps = 1
        for extent in block {
            let (product, overflow) = taps.multipliedReportingOverflow(by: extent)
            guard !overflow else { throw op.fault(.overflow, found: "block \(block)", expected: "less than 2^63") }
            taps = product
        }
        var windows: Dimension = 1
        for (axis, extent) in image.enumerated() { windows = windows * (try window.output(axis, of: extent, op.node)) }
        _ = try op.same(windows, type.shape[2], "windows")
        if let rows = type.shape[1].constant, rows % taps != 0 {
            throw op.fault(.wrongShape, input: 0, found: "\(type)", expected: "a multiple of \(taps) rows")
        }
        return [Inferred(type.dtype, [type.shape[0], type.shape[1] / .constant(taps)] + image)]
    }
}

/// The attributes of a transposed convolution: those of a window, and output_padding and output_shape.
package struct TransposedWindow: Sendable {
    package let window: WindowAttributes
    private let extra: [Int]
    private let wanted: [Int]?

    /// Reads and checks the attributes. Throws as `WindowAttributes` does.
    package init(_ node: Node, kernel: [Int], rank: Int) throws(GraphError) {
        window = try WindowAttributes(node, kernel: kernel, rank: rank)
        extra = try node.ints("output_padding") ?? Array(repeating: 0, count: rank)
        let shape = try node.ints("output_shape")
        wanted = shape.map { Array($0.suffix(rank)) }
        for list in [extra, wanted ?? extra] {
            guard list.count == rank, list.allSatisfy({ $0 >= 0 && $0 < WindowAttributes.limit }) else {
                throw GraphError(
                    .wrongAttribute, node, found: "output_padding \(extra), output_shape \(wanted ?? [])",
                    expected: "\(rank) numbers")
            }
        }
    }

    /// The extent of an axis of the output.
    package func output(_ axis: Int, of extent: Dimension, _ node: Node) throws(GraphError) -> Dimension {
        if let wanted { return .constant(wanted[axis]) }
        let stride = window.strides[axis]
        if window.padding != .given { return extent * .constant(stride) }
        let rest = extra[axis] + window.span(axis) - stride - window.before[axis] - window.after[axis]
        let result = extent * .constant(stride) + .constant(rest)
        if let count = result.constant, count < 0 {
            throw GraphError(.wrongShape, node, found: "an output of \(count)", expected: "less padding")
        }
        return result
    }

    /// Padding before each axis; nil where it depends on an extent that is not known.
    package func before(_ axis: Int, input: Dimension, output: Dimension) -> Int? {
        if wanted == nil, window.padding == .given { return window.before[axis] }
        let stride = window.strides[axis]
        let whole = (input - 1) * .constant(stride) + .constant(extra[axis] + window.span(axis))
        guard let total = (whole - output).constant else { return nil }
        return window.padding == .upper ? max(total / 2, 0) : max(total - total / 2, 0)
    }
}
