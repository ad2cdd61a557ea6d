import PackCore

extension ShapeRules {
    /// Operators on texts. Importers give those that are made of texts, such as patterns, as constants.
    static let texts: [String: ShapeRule] = [
        "StringConcat": stringConcat, "StringSplit": stringSplit, "StringNormalizer": stringNormalizer,
        "RegexFullMatch": fullMatch, "TermCounts": termCounts, "TextTokens": tokens,
        "TextNumbers": numbers,
    ]

    @Sendable private static func stringConcat(_ op: Operands) throws(GraphError) -> [Inferred] {
        try op.expect(inputs: 2...2)
        for index in 0...1 { try op.expect(.string, input: index) }
        return [Inferred(.string, try op.broadcastAll())]
    }

    @Sendable private static func stringSplit(_ op: Operands) throws(GraphError) -> [Inferred] {
        try op.expect(inputs: 1...1, outputs: 1...2)
        try op.expect(.string, input: 0)
        let shape = try op.type(0).shape
        return [Inferred(.string, shape + [op.unknown(axis: shape.count)]), Inferred(.i64, shape)]
    }

    /// Texts, those to drop, and what scalars become.
    @Sendable private static func stringNormalizer(_ op: Operands) throws(GraphError) -> [Inferred] {
        try op.expect(inputs: 1...3)
        try op.expect(.string, input: 0)
        let type = try op.type(0)
        guard type.shape.count == 1 || type.shape.count == 2 && type.shape[0].constant ?? 1 == 1 else {
            throw op.fault(.wrongShape, input: 0, found: "\(type)", expected: "a list, or a matrix of one row")
        }
        let count = op.unknown(axis: type.shape.count - 1)
        return [Inferred(.string, type.shape.count == 1 ? [count] : [1, count])]
    }

    /// Texts, a program, and ranges of scalars.
    @Sendable private static func fullMatch(_ op: Operands) throws(GraphError) -> [Inferred] {
        try op.expect(inputs: 3...3)
        try op.expect(.string, input: 0)
        for index in 1...2 { try op.expect(.i32, input: index) }
        return [Inferred(.bool, try op.type(0).shape)]
    }

    /// Texts, a program, and ranges of scalars.
    @Sendable private static func tokens(_ op: Operands) throws(GraphError) -> [Inferred] {
        let shape = try fullMatch(op)[0].type?.shape ?? []
        return [Inferred(.string, shape + [op.unknown(axis: shape.count)])]
    }

    /// Texts to f64 or i64, as attribute `to` says, or i64 or u64 to texts.
    @Sendable private static func numbers(_ op: Operands) throws(GraphError) -> [Inferred] {
        try op.expect(inputs: 1...1)
        let type = try op.type(0)
        let dtype = DType(onnxCode: try op.node.int("to", default: DType.string.onnxCode))
        let known: [DType] = type.dtype == .string ? [.f64, .i64] : [.string]
        guard let dtype, known.contains(dtype), [.string, .i64, .u64].contains(type.dtype) else {
            throw op.fault(.wrongType, input: 0, found: "\(type)", expected: "texts, i64 or u64")
        }
        return [Inferred(dtype, type.shape)]
    }

    /// Terms (texts or i64), the nodes and edges of a tree, and weights.
    @Sendable private static func termCounts(_ op: Operands) throws(GraphError) -> [Inferred] {
        try op.expect(inputs: 3...4)
        let type = try op.type(0)
        guard type.dtype == .string || type.dtype == .i64, type.shape.count <= 2 else {
            throw op.fault(.wrongType, input: 0, found: "\(type)", expected: "one row or rows of texts or i64")
        }
        let outputs = try op.node.int("outputs", default: 0)
        guard outputs > 0 else {
            throw op.fault(.wrongAttribute, found: "\(outputs) outputs", expected: "1 or more")
        }
        return [Inferred(.f32, type.shape.count == 2 ? [type.shape[0], .constant(outputs)] : [.constant(outputs)])]
    }
}

extension Operands {
    /// Operators that move, compare or count elements of any type.
    private static let anyElements: Set<String> = [
        "Identity", "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Transpose", "Concat", "Split", "Slice", "Gather",
        "GatherElements", "GatherND", "Expand", "Tile", "Where", "Compress", "Equal", "Shape", "Size",
        "ReverseSequence",
        "OneHot",
    ]

    /// Refuses texts for operators that do not take them.
    func checkTexts() throws(GraphError) {
        guard let index = types.firstIndex(where: { $0?.dtype == .string }),
            ShapeRules.texts[node.op] == nil, !Self.anyElements.contains(node.op)
        else { return }
        switch node.op {
        // Codes are in no order that means something.
        case "Unique" where try node.int("sorted", default: 1) == 0: return
        case "Unique": throw fault(.unsupported, input: index, found: "texts to sort", expected: "sorted = 0")
        case "Scatter", "ScatterElements", "ScatterND":
            guard try node.string("reduction", default: "none") != "none" else { return }
        default: break
        }
        throw fault(.wrongType, input: index, found: "texts", expected: "numbers")
    }
}
