import PackCore

extension ShapeRules {
    /// Operators that pass elements on as they are, or change only their type.
    static let casts: [String: ShapeRule] = [
        "Identity": identity, "Dropout": dropout, "Cast": cast, "CastLike": castLike,
    ]

    @Sendable private static func identity(_ op: Operands) throws(GraphError) -> [Inferred] {
        try op.expect(inputs: 1...1)
        return [Inferred(try op.type(0), contents: op.content(0))]
    }

    @Sendable private static func dropout(_ op: Operands) throws(GraphError) -> [Inferred] {
        try op.expect(inputs: 1...3, outputs: 1...2)
        let type = try op.float(0)
        return [Inferred(type), Inferred(.bool, type.shape)]
    }

    @Sendable private static func cast(_ op: Operands) throws(GraphError) -> [Inferred] {
        try op.expect(inputs: 1...1)
        let code = try op.node.int("to", default: 0)
        guard let dtype = DType(onnxCode: code) else {
            throw op.fault(.wrongAttribute, found: "to = \(code)", expected: "the code of an element type")
        }
        return [converted(op, to: dtype)]
    }

    @Sendable private static func castLike(_ op: Operands) throws(GraphError) -> [Inferred] {
        try op.expect(inputs: 2...2)
        return [converted(op, to: try op.type(1).dtype)]
    }

    /// Contents survive between the integer types that hold every count.
    private static func converted(_ op: Operands, to dtype: DType) -> Inferred {
        guard let type = op.optional(0) else { return Inferred(nil) }
        let wide: [DType] = [.i64, .i32]
        let contents: [Dimension]? =
            if wide.contains(dtype) {
                op.content(0)
            } else if dtype == .bool {
                op.numbers(0).map { $0.map { $0 == 0 ? 0 : 1 } }
            } else { nil }
        return Inferred(dtype, type.shape, contents: contents)
    }
}
