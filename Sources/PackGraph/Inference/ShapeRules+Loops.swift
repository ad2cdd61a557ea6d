import PackCore

extension ShapeRules {
    /// The ends of loops that are run turn by turn.
    static let loops: [String: ShapeRule] = [
        LoopOperator.begin.rawValue: loopBegin, LoopOperator.end.rawValue: loopEnd,
    ]

    @Sendable private static func loopBegin(_ op: Operands) throws(GraphError) -> [Inferred] {
        try op.expect(inputs: 3...Int.max, outputs: 3...Int.max)
        guard op.node.outputs.count == op.node.inputs.count else {
            throw op.fault(
                .wrongCount, found: "\(op.node.outputs.count) outputs", expected: "\(op.node.inputs.count)")
        }
        try expectOne(op, 0, .i64)
        try expectOne(op, 1, .bool)
        var results = [Inferred(.i64, []), Inferred(.bool, [])]
        for index in 2..<op.node.inputs.count { results.append(Inferred(try op.type(index))) }
        return results
    }

    @Sendable private static func loopEnd(_ op: Operands) throws(GraphError) -> [Inferred] {
        try op.expect(inputs: 6...Int.max, outputs: 1...Int.max)
        let count = op.node.outputs.count
        guard op.node.inputs.count == 4 + 2 * count else {
            throw op.fault(.wrongCount, found: "\(op.node.inputs.count) inputs", expected: "\(4 + 2 * count)")
        }
        try expectOne(op, 0, .i64)
        try op.expect(.i64, input: 1)
        try op.expect(.bool, input: 2)
        try expectOne(op, 3, .bool)
        var results: [Inferred] = []
        for index in 4..<4 + count {
            let (type, next) = (try op.type(index), try op.type(index + count))
            guard type == next else {
                throw op.fault(
                    .wrongShape, input: index + count, found: "\(next)", expected: "\(type) as before the turn")
            }
            results.append(Inferred(type))
        }
        return results
    }

    /// Checks an operand of one element that may be absent.
    private static func expectOne(_ op: Operands, _ index: Int, _ dtype: DType) throws(GraphError) {
        guard let type = op.optional(index) else { return }
        try op.expect(dtype, input: index)
        guard type.shape.allSatisfy({ $0 == 1 }) else {
            throw op.fault(.wrongShape, input: index, found: "\(type)", expected: "one element")
        }
    }
}
