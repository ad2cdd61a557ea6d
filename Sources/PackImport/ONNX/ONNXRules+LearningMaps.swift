import PackCore
import PackFormats
import PackGraph

extension ONNXRules {
    /// What makes features of maps. A map is a list of its keys [n] and a list of its values [n].
    static let learningMaps: [String: ONNXRule] = ["DictVectorizer": dictVectorizer, "CastMap": castMap]

    /// The values of the keys of a vocabulary, one row; 0 or an empty text for keys that are missing.
    @Sendable private static func dictVectorizer(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        let map = try ONNXMap(importer, operation)
        let texts = try operation.bytes("string_vocabulary") ?? []
        let numbers = try operation.ints("int64_vocabulary") ?? []
        guard texts.isEmpty != numbers.isEmpty, map.keyType == (texts.isEmpty ? .i64 : .string) else {
            throw ONNXRefusal(
                .invalid, found: "\(texts.count) texts and \(numbers.count) numbers for keys of \(map.keyType.name)",
                expected: "a vocabulary of the keys' type")
        }
        let wanted = texts.isEmpty ? importer.integers(numbers) : try importer.texts(texts, operation)
        importer.finish("Identity", operation, [try map.row(of: wanted, &importer, operation)])
    }

    /// The values of a map in the order of their keys, one row; those of keys 0, 1, … up to `max_map` for a sparse map.
    @Sendable private static func castMap(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        let map = try ONNXMap(importer, operation)
        let target = try operation.text("cast_to") ?? "TO_FLOAT"
        guard let dtype = ["TO_FLOAT": DType.f32, "TO_INT64": .i64, "TO_STRING": .string][target] else {
            throw ONNXRefusal(.invalid, found: "cast_to \(target)", expected: "TO_FLOAT, TO_INT64 or TO_STRING")
        }
        guard map.keyType == .i64 else {
            throw ONNXRefusal(.invalid, found: "keys of \(map.keyType.name)", expected: "keys of i64")
        }
        guard dtype == map.valueType || dtype != .string && map.valueType != .string else {
            throw .use("values of \(map.valueType.name) as \(dtype.name)", "numbers as numbers, or texts as texts")
        }
        let form = try operation.text("map_form") ?? "DENSE"
        let row: String
        switch form {
        case "DENSE": row = try map.sortedRow(&importer, operation)
        case "SPARSE":
            let count = try operation.int("max_map", default: 1)
            guard (1...1 << 20).contains(count) else {
                throw ONNXRefusal(.invalid, found: "max_map \(count)", expected: "1 to \(1 << 20)")
            }
            row = try map.row(of: importer.integers(Array(0..<count)), &importer, operation)
        default: throw ONNXRefusal(.invalid, found: "map_form \(form)", expected: "DENSE or SPARSE")
        }
        importer.finish("Identity", operation, [importer.cast(row, to: dtype, operation)])
    }
}

/// A map that an operation takes, as its keys and values.
private struct ONNXMap {
    private let keys: String
    private let values: String
    let keyType: DType
    let valueType: DType

    init(_ importer: ONNXImporter, _ operation: ONNXOperation) throws(ONNXRefusal) {
        let name = try operation.required(0)
        guard let parts = importer.sequences[name], parts.count == 2, let keys = importer.graph.types[parts[0]],
            let values = importer.graph.types[parts[1]], keys.shape.count == 1, values.shape == keys.shape
        else { throw .use("'\(name)', which is no map", "a map that is an input of the model") }
        (self.keys, self.values) = (parts[0], parts[1])
        (keyType, valueType) = (keys.dtype, values.dtype)
    }

    /// The values of wanted keys [C] as [1, C].
    func row(
        of wanted: String, _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) -> String {
        let column = importer.helper("Unsqueeze", operation, [wanted, importer.integers([1])])
        let isEqual = importer.helper("Equal", operation, [column, keys])
        let match = importer.cast(isEqual, to: .i32, operation)
        // What stands behind the last entry is found where nothing else is.
        let one = importer.cast(importer.integers([1], shape: [1, 1]), to: .i32, operation)
        let count = try importer.extent(of: wanted, axis: 0, operation)
        let height = importer.helper("Reshape", operation, [count, importer.integers([1])])
        let shape = importer.helper("Concat", operation, [height, importer.integers([1])], ["axis": .int(0)])
        let end = importer.helper("Expand", operation, [one, shape])
        let matches = importer.helper("Concat", operation, [match, end], ["axis": .int(1)])
        let index = importer.helper("ArgMax", operation, [matches], ["axis": .int(1), "keepdims": .int(0)])
        let missing =
            valueType == .string
            ? try importer.texts([[]], operation)
            : importer.cast(importer.integers([0]), to: valueType, operation)
        let all = importer.helper("Concat", operation, [values, missing], ["axis": .int(0)])
        let found = importer.helper("Gather", operation, [all, index], ["axis": .int(0)])
        return importer.helper("Unsqueeze", operation, [found, importer.integers([0])])
    }

    /// All values by their keys as [1, n].
    func sortedRow(_ importer: inout ONNXImporter, _ operation: ONNXOperation) throws(ONNXRefusal) -> String {
        let count = try importer.extent(of: keys, axis: 0, operation)
        let length = importer.helper("Reshape", operation, [count, importer.integers([1])])
        let outputs = ["least", "order"].map { importer.uniqueValue("\(operation.name)/\($0)") }
        importer.emit(
            "TopK", operation, [keys, length], ["axis": .int(0), "largest": .int(0)], outputs: outputs,
            name: importer.uniqueNode("\(operation.name)/TopK"))
        let found = importer.helper("Gather", operation, [values, outputs[1]], ["axis": .int(0)])
        return importer.helper("Unsqueeze", operation, [found, importer.integers([0])])
    }
}
