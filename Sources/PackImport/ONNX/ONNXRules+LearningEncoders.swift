import PackCore
import PackFormats
import PackGraph

extension ONNXRules {
    /// Codes for categories.
    static let learningEncoders: [String: ONNXRule] = [
        "OneHotEncoder": oneHot, "LabelEncoder": labelEncoder, "CategoryMapper": mapper,
        "DictVectorizer": dictionary, "ZipMap": zipMap,
    ]

    private static let encodeBefore = "leave the texts' encoder out of the export, and feed the numbers that it gives"

    /// One column a category.
    @Sendable private static func oneHot(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        guard operation.attributes["cats_strings"] == nil else {
            throw operation.texts("categories that are texts", encodeBefore)
        }
        let categories = try operation.ints("cats_int64s") ?? []
        guard !categories.isEmpty else { throw ONNXRefusal(.invalid, found: "no categories", expected: "cats_int64s") }
        let isEqual = matches(&importer, operation, try integer(&importer, operation), importer.integers(categories))
        importer.finish("Cast", operation, [isEqual], ["to": .dtype(.f32)])
    }

    private static func integer(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) -> String {
        let x = try operation.required(0)
        guard importer.graph.types[x]?.dtype != .i64 else { return x }
        return importer.helper("Cast", operation, [x], ["to": .dtype(.i64)])
    }

    /// Whether x [...] is each of the keys [K]: [..., K].
    private static func matches(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation, _ x: String, _ keys: String
    ) -> String {
        let column = importer.helper("Unsqueeze", operation, [x, importer.integers([-1])])
        return importer.helper("Equal", operation, [column, keys])
    }

    // MARK: Tables

    /// Numbers for numbers. Numbers for texts cannot be told; texts for numbers are indices whose names the plan has.
    @Sendable private static func labelEncoder(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        let x = try operation.required(0)
        guard let keys = try list(&importer, operation, "keys"), let dtype = importer.graph.types[x]?.dtype else {
            throw operation.texts("keys that are texts", encodeBefore)
        }
        var key = keys.name
        if keys.dtype != dtype { key = importer.helper("Cast", operation, [key], ["to": .dtype(dtype)]) }
        let isEqual = matches(&importer, operation, x, key)
        guard let values = try list(&importer, operation, "values") else {
            let names = try operation.texts("values_strings") ?? []
            guard names.count == keys.count else { throw uneven(keys.count, names.count) }
            importer.labels = names
            return select(
                &importer, operation, isEqual, importer.integers(Array(names.indices)),
                importer.integers([-1], shape: []))
        }
        guard values.count == keys.count else { throw uneven(keys.count, values.count) }
        select(&importer, operation, isEqual, values.name, try standard(&importer, operation, values.dtype))
    }

    private static func uneven(_ keys: Int, _ values: Int) -> ONNXRefusal {
        ONNXRefusal(.invalid, found: "\(keys) keys and \(values) values", expected: "as many of both, at least one")
    }

    /// The value of the first match, or the other one.
    private static func select(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation, _ isEqual: String, _ values: String,
        _ otherwise: String
    ) {
        let match = importer.helper("Cast", operation, [isEqual], ["to": .dtype(.i32)], "match")
        let index = importer.helper("ArgMax", operation, [match], ["axis": .int(-1), "keepdims": .int(0)])
        let any = importer.helper(
            "ReduceMax", operation, [match, importer.integers([-1])], ["keepdims": .int(0)])
        let isKnown = importer.helper("Cast", operation, [any], ["to": .dtype(.bool)], "known")
        let found = importer.helper("Gather", operation, [values, index], ["axis": .int(0)])
        importer.finish("Where", operation, [isKnown, found, otherwise])
    }

    /// Keys or values that are numbers; nil for texts.
    private static func list(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation, _ name: String
    ) throws(ONNXRefusal) -> (name: String, dtype: DType, count: Int)? {
        if let values = try operation.ints(name + "_int64s"), !values.isEmpty {
            return (importer.integers(values), .i64, values.count)
        }
        if let values = try operation.floats(name + "_floats"), !values.isEmpty {
            return (importer.floats(values, operation), .f32, values.count)
        }
        guard case .tensor(let tensor)? = operation.attributes[name + "_tensor"] else { return nil }
        guard tensor.type.dtype != nil else { return nil }
        let constant = try importer.constant(tensor)
        guard constant.shape.count == 1, constant.count > 0 else {
            throw ONNXRefusal(.invalid, found: "\(name) of shape \(constant.shape)", expected: "a list")
        }
        let value = importer.uniqueValue("\(operation.name)/\(name)")
        importer.add(value, constant)
        return (value, constant.dtype, constant.count)
    }

    /// What unknown keys become.
    private static func standard(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation, _ dtype: DType
    ) throws(ONNXRefusal) -> String {
        if case .tensor(let tensor)? = operation.attributes["default_tensor"] {
            let constant = try importer.constant(tensor)
            guard constant.count == 1, constant.dtype == dtype else {
                throw ONNXRefusal(.invalid, found: "another default_tensor", expected: "one element like the values")
            }
            let value = importer.uniqueValue("\(operation.name)/default")
            importer.add(value, constant)
            return importer.helper("Reshape", operation, [value, importer.integers([1])])
        }
        if dtype == .i64 { return importer.integers([try operation.int("default_int64", default: -1)], shape: []) }
        let value = importer.scalar(try operation.float("default_float") ?? -0.0, like: nil, operation)
        return dtype == .f32 ? value : importer.helper("Cast", operation, [value], ["to": .dtype(dtype)])
    }

    // MARK: Texts

    /// Texts for numbers are indices whose names the plan has.
    @Sendable private static func mapper(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        let names = try operation.texts("cats_strings") ?? []
        let keys = try operation.ints("cats_int64s") ?? []
        guard keys.count == names.count, !keys.isEmpty else { throw uneven(keys.count, names.count) }
        guard importer.graph.types[try operation.required(0)]?.dtype == .i64 else {
            throw operation.texts("texts to map to numbers", encodeBefore)
        }
        importer.labels = names
        let isEqual = matches(&importer, operation, try operation.required(0), importer.integers(keys))
        select(
            &importer, operation, isEqual, importer.integers(Array(keys.indices)), importer.integers([-1], shape: []))
    }

    @Sendable private static func dictionary(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        throw ONNXRefusal(
            .unsupportedType, found: "a map as input", expected: "a tensor of features",
            hint: "leave the DictVectorizer out of the export, and feed the features that it gives in its order")
    }

    /// Scores stay one tensor, columns in the order of the classes.
    @Sendable private static func zipMap(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        if let names = try operation.texts("classlabels_strings"), !names.isEmpty { importer.labels = names }
        importer.finish("Identity", operation, [try operation.required(0)])
    }
}
