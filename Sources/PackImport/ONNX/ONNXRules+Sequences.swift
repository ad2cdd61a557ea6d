import PackCore
import PackGraph

extension ONNXRules {
    /// Lists of tensors whose lengths are known: they are taken apart here, and are no values of the graph.
    static let sequences: [String: ONNXRule] = [
        "SequenceConstruct": { (importer, operation) throws(ONNXRefusal) in
            set(operation.inputs, &importer, operation)
        },
        "SequenceEmpty": { (importer, operation) throws(ONNXRefusal) in set([], &importer, operation) },
        "SequenceInsert": { (importer, operation) throws(ONNXRefusal) in
            var list = try list(importer, operation)
            let place = try position(importer, operation, 2, count: list.count, isEndAllowed: true) ?? list.count
            list.insert(try operation.required(1), at: place)
            set(list, &importer, operation)
        },
        "SequenceErase": { (importer, operation) throws(ONNXRefusal) in
            var list = try list(importer, operation)
            guard !list.isEmpty else { throw ONNXRefusal(.invalid, found: "an empty list", expected: "an entry") }
            list.remove(at: try position(importer, operation, 1, count: list.count) ?? list.count - 1)
            set(list, &importer, operation)
        },
        "SequenceAt": { (importer, operation) throws(ONNXRefusal) in
            let list = try list(importer, operation)
            guard let place = try position(importer, operation, 1, count: list.count) else {
                throw ONNXRefusal(.invalid, found: "no position", expected: "a position")
            }
            importer.pass(list[place], as: 0, of: operation)
        },
        "SequenceLength": { (importer, operation) throws(ONNXRefusal) in
            let count = try list(importer, operation).count
            importer.give(importer.integers([count], shape: []), as: 0, of: operation)
        },
        "ConcatFromSequence": join, "SplitToSequence": split, "Identity": identity,
        "Optional": { (importer, operation) throws(ONNXRefusal) in
            guard let value = operation.input(0) else { throw .use("an empty optional", "a value") }
            importer.pass(value, as: 0, of: operation)
        },
        "OptionalGetElement": { (importer, operation) throws(ONNXRefusal) in
            importer.pass(try operation.required(0), as: 0, of: operation)
        },
    ]

    private static func set(
        _ list: [String], _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) {
        if let output = operation.output(0) { importer.sequences[output] = list }
    }

    private static func list(
        _ importer: ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) -> [String] {
        let name = try operation.required(0)
        guard let list = importer.sequences[name] else {
            throw ONNXRefusal(
                .unsupportedType, found: "a list '\(name)' whose length only running tells",
                expected: "a list that is made of known tensors")
        }
        return list
    }

    /// A position in a list, from the end if negative; nil if the input is absent.
    private static func position(
        _ importer: ONNXImporter, _ operation: ONNXOperation, _ index: Int, count: Int,
        isEndAllowed: Bool = false
    ) throws(ONNXRefusal) -> Int? {
        guard let name = operation.input(index) else { return nil }
        guard let given = importer.number(name) else { throw .use("a position that only running tells", "a constant") }
        let (place, overflow) = given.addingReportingOverflow(given < 0 ? count : 0)
        guard !overflow, (0..<count + (isEndAllowed ? 1 : 0)).contains(place) else {
            throw ONNXRefusal(.invalid, found: "position \(given)", expected: "one of \(count)")
        }
        return place
    }

    @Sendable private static func identity(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        if let list = importer.sequences[try operation.required(0)] { return set(list, &importer, operation) }
        try same(&importer, operation)
    }

    @Sendable private static func join(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        var list = try list(importer, operation)
        let axis = try operation.int("axis", default: 0)
        if try operation.int("new_axis", default: 0) != 0 {
            list = list.map { importer.helper("Unsqueeze", operation, [$0, importer.integers([axis])]) }
        }
        importer.emit("Concat", operation, list, ["axis": .int(axis)])
    }

    @Sendable private static func split(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        let input = try operation.required(0)
        let rank = try importer.shape(input).count
        let given = try operation.int("axis", default: 0)
        let axis = given < 0 ? given + rank : given
        let whole = try importer.known(input, axis: axis)
        var sizes = [Int](repeating: 1, count: min(whole, ONNXImporter.turnLimit + 1))
        if let name = operation.input(1) {
            guard let constant = importer.graph.constants[name], let values = try? constant.integers() else {
                throw .use("sizes that only running tells", "constants")
            }
            if constant.shape.isEmpty, let size = values.first {
                guard size > 0 else { throw ONNXRefusal(.invalid, found: "size \(size)", expected: "at least 1") }
                sizes = stride(from: 0, to: whole, by: size).map { min(size, whole - $0) }
            } else {
                sizes = values
            }
        }
        guard sizes.count <= ONNXImporter.turnLimit else {
            throw .use("\(sizes.count) parts", "at most \(ONNXImporter.turnLimit)")
        }
        var parts = sizes.map { _ in importer.uniqueValue("\(operation.name)/part") }
        importer.emit(
            "Split", operation, [input, importer.integers(sizes)], ["axis": .int(axis)], outputs: parts)
        if operation.input(1) == nil, try operation.int("keepdims", default: 1) == 0 {
            parts = parts.map { importer.helper("Squeeze", operation, [$0, importer.integers([axis])]) }
        }
        set(parts, &importer, operation)
    }
}
