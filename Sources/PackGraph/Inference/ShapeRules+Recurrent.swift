import PackCore

extension ShapeRules {
    /// Recurrent layers.
    static let recurrent = rules(["LSTM", "GRU", "RNN"], layer)

    @Sendable private static func layer(_ op: Operands) throws(GraphError) -> [Inferred] {
        let isLong = op.node.op == "LSTM"
        try op.expect(inputs: 3...(isLong ? 8 : 6), outputs: 0...(isLong ? 3 : 2))
        let x = try op.float(0)
        let weights = try op.float(1)
        let recurrence = try op.float(2)
        guard x.shape.count == 3, weights.shape.count == 3, recurrence.shape.count == 3 else {
            throw op.fault(
                .wrongShape, found: "\(x), \(weights) and \(recurrence)", expected: "three tensors of rank 3")
        }
        let gates = isLong ? 4 : op.node.op == "GRU" ? 3 : 1
        let hidden = recurrence.shape[2]
        if let wanted = try op.node.attributes["hidden_size"] == nil ? nil : op.node.int("hidden_size", default: 0) {
            _ = try op.same(hidden, .constant(wanted), "hidden sizes")
        }
        let ways =
            try op.node.choice("direction", ["forward", "reverse", "bidirectional"], default: "forward") == 2 ? 2 : 1
        let byBatch = try op.node.int("layout", default: 0) != 0
        let (sequence, batch) = byBatch ? (x.shape[1], x.shape[0]) : (x.shape[0], x.shape[1])
        try expect(op, 1, [.constant(ways), hidden * .constant(gates), x.shape[2]])
        try expect(op, 2, [.constant(ways), hidden * .constant(gates), hidden])
        try expect(op, 3, [.constant(ways), hidden * .constant(2 * gates)])
        try expect(op, 4, [batch])
        let state: [Dimension] = byBatch ? [batch, .constant(ways), hidden] : [.constant(ways), batch, hidden]
        try expect(op, 5, state)
        try expect(op, 6, state)
        try expect(op, 7, [.constant(ways), hidden * 3])
        let all: [Dimension] =
            byBatch ? [batch, sequence, .constant(ways), hidden] : [sequence, .constant(ways), batch, hidden]
        return [Inferred(x.dtype, all), Inferred(x.dtype, state), Inferred(x.dtype, state)]
    }

    private static func expect(_ op: Operands, _ index: Int, _ shape: [Dimension]) throws(GraphError) {
        guard let type = op.optional(index) else { return }
        guard type.shape.count == shape.count else {
            throw op.fault(.wrongShape, input: index, found: "\(type)", expected: "\(shape)")
        }
        for axis in shape.indices { _ = try op.same(type.shape[axis], shape[axis], "extents on axis \(axis)") }
    }
}
