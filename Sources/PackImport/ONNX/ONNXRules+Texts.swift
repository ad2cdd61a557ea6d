import PackCore
import PackFormats
import PackGraph

extension ONNXRules {
    /// Operators on texts. What they are told by texts becomes tables.
    static let texts: [String: ONNXRule] = [
        "StringSplit": stringSplit, "StringNormalizer": stringNormalizer, "RegexFullMatch": fullMatch,
        "TfIdfVectorizer": termCounts,
    ]

    @Sendable private static func stringSplit(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        let x = try operation.required(0)
        var attributes: [String: Attribute] = [:]
        if let delimiter = try operation.text(bytes: "delimiter") {
            attributes["delimiter"] = .int(try importer.code(delimiter))
        }
        attributes["maxsplit"] = .int(max(try operation.int("maxsplit", default: -1), -1))
        var outputs = operation.outputs
        if outputs.first?.isEmpty ?? true {
            outputs = [importer.uniqueValue("\(operation.name)/pieces")] + outputs.dropFirst()
        }
        importer.emit("StringSplit", operation, [x], attributes, outputs: outputs)
    }

    /// Operators on texts of com.microsoft.
    static let microsoftTexts: [String: ONNXRule] = ["Tokenizer": tokenizer]

    /// A pattern is compiled here, once.
    @Sendable private static func fullMatch(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        let x = try operation.required(0)
        guard let pattern = try operation.text("pattern") else {
            throw ONNXRefusal(.invalid, found: "no pattern", expected: "a pattern")
        }
        let inputs = [x] + (try compiled(&importer, operation, pattern))
        importer.emit("RegexFullMatch", operation, inputs)
    }

    /// Program and ranges of a pattern.
    private static func compiled(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation, _ pattern: String
    ) throws(ONNXRefusal) -> [String] {
        let program: RegexProgram
        do throws(RegexFault) { program = try RegexProgram(pattern) } catch {
            throw ONNXRefusal(
                .unsupportedUse, found: "\(error.found) in a pattern", expected: error.expected,
                hint: "write the pattern in RE2's syntax, https://github.com/google/re2/wiki/Syntax")
        }
        let steps = try importer.numbers(
            program.instructions.flatMap { $0 }.map { Int($0) }, .i32, shape: [program.instructions.count, 3],
            operation, "program")
        let ranges = try importer.numbers(
            program.ranges.flatMap { $0 }.map { Int($0) }, .i32, shape: [program.ranges.count, 2], operation, "ranges")
        return [steps, ranges]
    }

    /// Tokens are what matches tokenexp, or what stands between matches of the separators; one empty separator stands for single
    /// scalars. Marks are the control characters STX and ETX.
    @Sendable private static func tokenizer(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        let x = try operation.required(0)
        let separators = try operation.texts("separators") ?? []
        let expression = try operation.text("tokenexp") ?? ""
        guard separators.isEmpty != expression.isEmpty else {
            throw ONNXRefusal(.invalid, found: "separators and tokenexp", expected: "one of them")
        }
        let isScalars = separators == [""]
        guard isScalars || !separators.contains("") else {
            throw ONNXRefusal(.invalid, found: "an empty separator among others", expected: "it alone")
        }
        let between = separators.map { "(?:\($0))" }.joined(separator: "|")
        let pattern = isScalars ? "(?s:.)" : separators.isEmpty ? expression : between
        var attributes: [String: Attribute] = [
            "between": .int(separators.isEmpty || isScalars ? 0 : 1),
            "least": .int(try operation.int("mincharnum", default: 1)),
            "padding": .int(try importer.code(try operation.text(bytes: "pad_value") ?? [])),
        ]
        if try operation.int("mark", default: 0) != 0 {
            attributes["start"] = .int(try importer.code([2]))
            attributes["end"] = .int(try importer.code([3]))
        }
        let inputs = [x] + (try compiled(&importer, operation, pattern))
        importer.emit("TextTokens", operation, inputs, attributes)
    }

    // MARK: Numbers

    /// Emits a cast from texts or to them; false if it is neither.
    static func castTexts(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation, _ target: DType
    ) throws(ONNXRefusal) -> Bool {
        let x = try operation.required(0)
        guard let source = importer.graph.types[x]?.dtype, source == .string || target == .string else { return false }
        let whole: [DType] = [.i64, .i32, .i16, .i8, .u32, .u16, .u8]
        func to(_ dtype: DType) -> [String: Attribute] { ["to": .dtype(dtype)] }
        switch (source, target) {
        case (.string, .string): importer.emit("Identity", operation, [x], outputs: operation.outputs)
        case (.string, .f64), (.string, .i64): importer.emit("TextNumbers", operation, [x], to(target))
        case (.string, .f32), (.string, .f16), (.string, .bf16):
            importer.emit("Cast", operation, [importer.helper("TextNumbers", operation, [x], to(.f64))], to(target))
        case (.string, _) where whole.contains(target):
            importer.emit("Cast", operation, [importer.helper("TextNumbers", operation, [x], to(.i64))], to(target))
        case (.u64, .string): importer.emit("TextNumbers", operation, [x], to(.string))
        case (_, .string) where whole.contains(source):
            importer.emit("TextNumbers", operation, [importer.cast(x, to: .i64, operation)], to(.string))
        default:
            throw ONNXRefusal(
                .unsupportedType, found: "a cast of \(source.name) to \(target.name)",
                expected: "texts to numbers, or integers to texts",
                hint: "how floats are written differs from runtime to runtime: write them before, as texts")
        }
        return true
    }

    // MARK: Case

    /// The locale is not looked at: Unicode's case mappings are the same in all but a few.
    @Sendable private static func stringNormalizer(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        let x = try operation.required(0)
        let action = try operation.text("case_change_action") ?? "NONE"
        guard ["NONE", "LOWER", "UPPER"].contains(action) else {
            throw ONNXRefusal(.invalid, found: "case_change_action \(action)", expected: "NONE, LOWER or UPPER")
        }
        let isSensitive = try operation.int("is_case_sensitive", default: 0) != 0
        let isUpper = action == "UPPER"
        var dropped = try operation.bytes("stopwords") ?? []
        let compares = !isSensitive && !dropped.isEmpty
        if compares { dropped = dropped.map { Array(CaseMapping.map($0, upper: isUpper)) } }
        var inputs = [x, "", ""]
        if !dropped.isEmpty {
            var codes = Set<Int>()
            for text in dropped { codes.insert(try importer.code(text)) }
            let name = importer.uniqueValue("\(operation.name)/stopwords")
            do throws(GraphError) {
                importer.add(name, try Constant(codes: codes.sorted(), shape: [codes.count]))
            } catch { throw ONNXRefusal(.invalid, found: error.found, expected: error.expected) }
            inputs[1] = name
        }
        if compares || action != "NONE" {
            let table = CaseMapping.table(upper: isUpper)
            inputs[2] = try importer.numbers(
                table.flatMap { $0 }, .i32, shape: [table.count, 4], operation, isUpper ? "upper" : "lower")
        }
        importer.emit(
            "StringNormalizer", operation, inputs,
            ["compares": .int(compares ? 1 : 0), "gives": .int(action == "NONE" ? 0 : 1)])
    }

    // MARK: Terms

    @Sendable private static func termCounts(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        var x = try operation.required(0)
        let terms = try ONNXTerms(operation, importer)
        guard let type = importer.graph.types[x] else {
            throw .use("value '\(x)' of unknown type", "a type that can be told before running")
        }
        guard (type.dtype == .string) == terms.isTexts else {
            throw ONNXRefusal(
                .invalid, found: "terms of \(type.dtype.name)",
                expected: terms.isTexts ? "texts, as in pool_strings" : "integers, as in pool_int64s")
        }
        if !terms.isTexts { x = importer.cast(x, to: .i64, operation) }
        let tree = try terms.tree()
        var inputs = [
            x,
            try importer.numbers(
                tree.nodes.flatMap { $0 }, .i64, shape: [tree.nodes.count, 3], operation, "nodes"),
            try importer.numbers(
                tree.edges.flatMap { $0 }, .i64, shape: [tree.edges.count, 2], operation, "edges"),
        ]
        if let weights = terms.weights {
            inputs.append(try importer.constant(weights, [weights.count], operation, "weights"))
        }
        importer.emit(
            "TermCounts", operation, inputs,
            [
                "least": .int(terms.least), "most": .int(terms.most), "skips": .int(terms.skips),
                "mode": .int(terms.mode), "outputs": .int(terms.outputs),
            ])
    }
}
