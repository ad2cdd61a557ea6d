import PackCore
import PackFormats
import PackGraph

extension ONNXRules {
    /// Codes for categories.
    static let learningEncoders: [String: ONNXRule] = [
        "OneHotEncoder": oneHot, "LabelEncoder": labelEncoder, "CategoryMapper": mapper,
        "ZipMap": zipMap,
    ]

    /// One column a category.
    @Sendable private static func oneHot(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        let x = try operation.required(0)
        let texts = try operation.bytes("cats_strings") ?? []
        let isEqual: String
        if !texts.isEmpty {
            try check(importer, x, isText: true)
            isEqual = matches(&importer, operation, x, try importer.texts(texts, operation))
        } else {
            let categories = try operation.ints("cats_int64s") ?? []
            guard !categories.isEmpty else {
                throw ONNXRefusal(.invalid, found: "no categories", expected: "cats_int64s or cats_strings")
            }
            try check(importer, x, isText: false)
            isEqual = matches(
                &importer, operation, try integer(&importer, operation), importer.integers(categories))
        }
        importer.finish("Cast", operation, [isEqual], ["to": .dtype(.f32)])
    }

    /// Refuses numbers for texts and texts for numbers.
    private static func check(_ importer: ONNXImporter, _ x: String, isText: Bool) throws(ONNXRefusal) {
        guard let type = importer.graph.types[x] else {
            throw .use("value '\(x)' of unknown type", "a type that can be told before running")
        }
        guard (type.dtype == .string) == isText else {
            throw ONNXRefusal(
                .invalid, found: "an input of \(type.dtype.name)", expected: isText ? "texts" : "numbers")
        }
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

    /// Values for keys; before version 2, texts for their places in a list or places for texts.
    @Sendable private static func labelEncoder(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        let x = try operation.required(0)
        if let classes = try operation.bytes("classes_strings"), !classes.isEmpty {
            let places = importer.integers(Array(classes.indices))
            return try translate(&importer, operation, try importer.texts(classes, operation), places)
        }
        guard let keys = try list(&importer, operation, "keys") else {
            throw ONNXRefusal(
                .invalid, found: "no keys", expected: "keys_strings, keys_int64s, keys_floats or keys_tensor")
        }
        guard let values = try list(&importer, operation, "values") else {
            throw ONNXRefusal(.invalid, found: "no values", expected: "as many as keys")
        }
        guard values.count == keys.count else { throw uneven(keys.count, values.count) }
        try check(importer, x, isText: keys.dtype == .string)
        var key = keys.name
        if let dtype = importer.graph.types[x]?.dtype, keys.dtype != dtype {
            key = importer.helper("Cast", operation, [key], ["to": .dtype(dtype)])
        }
        var isEqual = matches(&importer, operation, x, key)
        // Before version 4, "not a number" is no key that is found.
        if operation.version >= 4, keys.dtype.isFloat {
            let column = importer.helper("Unsqueeze", operation, [x, importer.integers([-1])])
            let sides = [column, key].map { importer.helper("IsNaN", operation, [$0]) }
            let both = importer.helper("And", operation, sides)
            isEqual = importer.helper("Or", operation, [isEqual, both])
        }
        select(&importer, operation, isEqual, values.name, try standard(&importer, operation, values.dtype))
    }

    /// Texts for numbers, or numbers for texts, as the input is.
    private static func translate(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation, _ texts: String, _ numbers: String
    ) throws(ONNXRefusal) {
        let x = try operation.required(0)
        guard let dtype = importer.graph.types[x]?.dtype, dtype == .string || dtype == .i64 else {
            throw ONNXRefusal(.invalid, found: "an input of another type", expected: "texts or i64")
        }
        let isText = dtype == .string
        let isEqual = matches(&importer, operation, x, isText ? texts : numbers)
        select(
            &importer, operation, isEqual, isText ? numbers : texts,
            try standard(&importer, operation, isText ? .i64 : .string))
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

    /// Keys or values; nil where there are none.
    private static func list(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation, _ name: String
    ) throws(ONNXRefusal) -> (name: String, dtype: DType, count: Int)? {
        if let values = try operation.ints(name + "_int64s"), !values.isEmpty {
            return (importer.integers(values), .i64, values.count)
        }
        if let values = try operation.floats(name + "_floats"), !values.isEmpty {
            return (importer.floats(values, operation), .f32, values.count)
        }
        if let values = try operation.bytes(name + "_strings"), !values.isEmpty {
            return (try importer.texts(values, operation), .string, values.count)
        }
        guard case .tensor(let tensor)? = operation.attributes[name + "_tensor"] else { return nil }
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
        if dtype == .string {
            return try importer.texts([try operation.text(bytes: "default_string") ?? Array("_Unused".utf8)], operation)
        }
        let value = importer.scalar(try operation.float("default_float") ?? -0.0, like: nil, operation)
        return dtype == .f32 ? value : importer.helper("Cast", operation, [value], ["to": .dtype(dtype)])
    }

    // MARK: Maps

    /// Texts for numbers or numbers for texts.
    @Sendable private static func mapper(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        let names = try operation.bytes("cats_strings") ?? []
        let keys = try operation.ints("cats_int64s") ?? []
        guard keys.count == names.count, !keys.isEmpty else { throw uneven(keys.count, names.count) }
        try translate(&importer, operation, try importer.texts(names, operation), importer.integers(keys))
    }

    /// Scores stay one tensor, columns in the order of the classes.
    @Sendable private static func zipMap(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        if let names = try operation.texts("classlabels_strings"), !names.isEmpty { importer.labels = names }
        importer.finish("Identity", operation, [try operation.required(0)])
    }
}
