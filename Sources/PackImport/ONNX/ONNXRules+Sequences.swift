import PackCore
import PackGraph

extension ONNXRules {
    /// Lists of tensors whose lengths are known, and optional values: they are taken apart here, and are no values of the
    /// graph.
    static let sequences: [String: ONNXRule] = [
        "SequenceConstruct": { (importer, operation) throws(ONNXRefusal) in
            try set(operation.inputs, &importer, operation)
        },
        "SequenceEmpty": { (importer, operation) throws(ONNXRefusal) in try set([], &importer, operation) },
        "SequenceInsert": { (importer, operation) throws(ONNXRefusal) in
            var list = try importer.list(operation, 0)
            let place = try position(importer, operation, 2, count: list.count, isEndAllowed: true) ?? list.count
            list.insert(try operation.required(1), at: place)
            try set(list, &importer, operation)
        },
        "SequenceErase": { (importer, operation) throws(ONNXRefusal) in
            var list = try importer.list(operation, 0)
            guard !list.isEmpty else { throw ONNXRefusal(.invalid, found: "an empty list", expected: "an entry") }
            list.remove(at: try position(importer, operation, 1, count: list.count) ?? list.count - 1)
            try set(list, &importer, operation)
        },
        "SequenceAt": { (importer, operation) throws(ONNXRefusal) in
            let list = try importer.list(operation, 0)
            guard let place = try position(importer, operation, 1, count: list.count) else {
                throw ONNXRefusal(.invalid, found: "no position", expected: "a position")
            }
            importer.pass(list[place], as: 0, of: operation)
        },
        "SequenceLength": { (importer, operation) throws(ONNXRefusal) in
            let count = importer.integers([try importer.list(operation, 0).count], shape: [])
            importer.settled.insert(count)
            importer.give(count, as: 0, of: operation)
        },
        "ConcatFromSequence": join, "SplitToSequence": split, "Identity": identity, "Optional": optional,
        "OptionalHasElement": hasElement, "OptionalGetElement": element,
    ]

    private static func set(
        _ list: [String], _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        if let output = operation.output(0) { try importer.setList(list, as: output) }
    }

    /// A position in a list, from the end if negative; nil if the input is absent.
    private static func position(
        _ importer: ONNXImporter, _ operation: ONNXOperation, _ index: Int, count: Int,
        isEndAllowed: Bool = false
    ) throws(ONNXRefusal) -> Int? {
        guard let name = operation.input(index) else { return nil }
        guard let given = importer.number(name) else { throw .unknown("a position", name) }
        let (place, overflow) = given.addingReportingOverflow(given < 0 ? count : 0)
        guard !overflow, (0..<count + (isEndAllowed ? 1 : 0)).contains(place) else {
            throw ONNXRefusal(.invalid, found: "position \(given)", expected: "one of \(count)")
        }
        return place
    }

    @Sendable private static func identity(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        let input = try operation.required(0)
        if importer.sequences[input] != nil || importer.absent.contains(input) {
            return importer.pass(input, as: 0, of: operation)
        }
        try same(&importer, operation)
    }

    // MARK: Optionals

    /// Without a value, the optional is empty.
    @Sendable private static func optional(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        importer.pass(operation.input(0) ?? "", as: 0, of: operation)
    }

    @Sendable private static func hasElement(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        let isThere = operation.input(0).map { !importer.absent.contains($0) } ?? false
        let name = importer.uniqueValue("\(operation.name)/known")
        if let constant = try? Constant(.bool, [], bytes: [isThere ? 1 : 0]) { importer.add(name, constant) }
        importer.settled.insert(name)
        importer.give(name, as: 0, of: operation)
    }

    @Sendable private static func element(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        let input = try operation.required(0)
        guard !importer.absent.contains(input) else {
            throw ONNXRefusal(.invalid, found: "an optional without a value", expected: "a value")
        }
        importer.pass(input, as: 0, of: operation)
    }

    // MARK: Lists and tensors

    @Sendable private static func join(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        var list = try importer.list(operation, 0)
        guard !list.isEmpty else { throw ONNXRefusal(.invalid, found: "an empty list", expected: "an entry") }
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
        let (axis, overflow) = given.addingReportingOverflow(given < 0 ? rank : 0)
        guard !overflow, (0..<rank).contains(axis) else {
            throw ONNXRefusal(.invalid, found: "axis \(given) of rank \(rank)", expected: "an axis")
        }
        let sizes = try sizes(importer, operation, whole: importer.known(input, axis: axis))
        guard sizes.count <= ONNXImporter.turnLimit else {
            throw .use("\(sizes.count) parts", "at most \(ONNXImporter.turnLimit)")
        }
        var parts = sizes.map { _ in importer.uniqueValue("\(operation.name)/part") }
        if parts.count == 1 {
            parts = [input]
        } else if !parts.isEmpty {
            importer.emit(
                "Split", operation, [input, importer.integers(sizes)], ["axis": .int(axis)], outputs: parts)
        }
        if operation.input(1) == nil, try operation.int("keepdims", default: 1) == 0 {
            parts = parts.map { importer.helper("Squeeze", operation, [$0, importer.integers([axis])]) }
        }
        try set(parts, &importer, operation)
    }

    /// The extents of the parts that an axis is split into: one each, so many each, or a list.
    private static func sizes(
        _ importer: ONNXImporter, _ operation: ONNXOperation, whole: Int
    ) throws(ONNXRefusal) -> [Int] {
        let most = ONNXImporter.turnLimit
        guard let name = operation.input(1) else {
            guard whole <= most else { throw .use("\(whole) parts", "at most \(most)") }
            return Array(repeating: 1, count: whole)
        }
        guard let values = importer.numbers(name) else { throw .unknown("sizes", name, "constants") }
        let isList = try importer.shape(name).count == 1
        guard !isList, let size = values.first else {
            let isWhole = values.reduce((0, true)) { sum, value in
                let (next, overflow) = sum.0.addingReportingOverflow(value)
                return (next, sum.1 && !overflow && value >= 0)
            }
            guard isWhole.1, isWhole.0 == whole else {
                throw ONNXRefusal(.invalid, found: "sizes \(values)", expected: "parts of \(whole)")
            }
            return values
        }
        guard size > 0 else { throw ONNXRefusal(.invalid, found: "size \(size)", expected: "at least 1") }
        guard whole / size < most else { throw .use("\(whole / size) parts", "at most \(most)") }
        return stride(from: 0, to: whole, by: size).map { min(size, whole - $0) }
    }
}

extension ONNXImporter {
    /// The entries of the list that an input is.
    func list(_ operation: ONNXOperation, _ index: Int) throws(ONNXRefusal) -> [String] {
        let name = try operation.required(index)
        if let list = sequences[name] { return list }
        if graph.types[name] != nil || absent.contains(name) {
            throw ONNXRefusal(.invalid, found: "'\(name)', which is no list", expected: "a list")
        }
        throw ONNXRefusal(
            .unsupportedType, found: "a list '\(name)' whose length only running tells",
            expected: "a list that is made of known tensors", unknown: needed[name] ?? [])
    }

    /// Lets a name stand for a list of tensors.
    mutating func setList(_ list: [String], as name: String) throws(ONNXRefusal) {
        guard list.count <= Self.turnLimit else {
            throw .use("a list of \(list.count) entries", "at most \(Self.turnLimit)")
        }
        for entry in list where entry.isEmpty || sequences[entry] != nil || absent.contains(entry) {
            throw .use("a list of lists, or of optional values", "a list of tensors")
        }
        sequences[name] = list
    }
}
