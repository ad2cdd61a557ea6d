import PackCore
import PackFormats
import PackGraph

extension ONNXRules {
    /// What prepares features.
    static let learningFeatures: [String: ONNXRule] = [
        "Scaler": scaler, "Normalizer": normalizer, "Binarizer": binarizer, "Imputer": imputer,
        "FeatureVectorizer": vectorizer, "ArrayFeatureExtractor": extractor,
    ]

    /// (x − offset) · scale; both have one entry, or one a feature.
    @Sendable private static func scaler(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        var x = try importer.float(try operation.required(0), operation)
        if let offset = try operation.floats("offset"), !offset.isEmpty {
            x = importer.helper("Sub", operation, [x, importer.floats(offset, operation)])
        }
        let scale = try operation.floats("scale") ?? []
        guard !scale.isEmpty else { return importer.finish("Identity", operation, [x]) }
        importer.finish("Mul", operation, [x, importer.floats(scale, operation)])
    }

    /// Rows divided by their largest element, the sum of their sizes, or their length; rows of zeros stay.
    @Sendable private static func normalizer(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        let x = try importer.float(try operation.required(0), operation)
        let norm = try operation.text("norm") ?? "MAX"
        guard let reduction = ["MAX": "ReduceMax", "L1": "ReduceL1", "L2": "ReduceL2"][norm] else {
            throw ONNXRefusal(.invalid, found: "norm \(norm)", expected: "MAX, L1 or L2")
        }
        let size = importer.helper(reduction, operation, [x, importer.integers([-1])], ["keepdims": .int(1)])
        let isZero = importer.helper("Equal", operation, [size, importer.scalar(0, like: nil, operation)])
        let safe = importer.helper("Where", operation, [isZero, importer.scalar(1, like: nil, operation), size])
        importer.finish("Div", operation, [x, safe])
    }

    @Sendable private static func binarizer(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        let x = try operation.required(0)
        let threshold = importer.scalar(try operation.float("threshold") ?? 0, like: x, operation)
        let isMore = importer.helper("Greater", operation, [x, threshold])
        importer.finish("Cast", operation, [isMore], ["to": .dtype(importer.graph.types[x]?.dtype ?? .f32)])
    }

    /// Other values for those that are missing: one, or one a feature.
    @Sendable private static func imputer(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        let x = try operation.required(0)
        if let values = try operation.ints("imputed_value_int64s"), !values.isEmpty {
            guard importer.graph.types[x]?.dtype == .i64 else {
                throw .use("integers for values that are none", "imputed_value_floats")
            }
            let missing = try operation.int("replaced_value_int64", default: 0)
            let isMissing = importer.helper("Equal", operation, [x, importer.integers([missing], shape: [])])
            return importer.finish("Where", operation, [isMissing, importer.integers(values), x])
        }
        let values = try operation.floats("imputed_value_floats") ?? []
        guard !values.isEmpty else {
            throw ONNXRefusal(.invalid, found: "no values for missing ones", expected: "imputed_value_floats")
        }
        guard let dtype = importer.graph.types[x]?.dtype, dtype.isFloat else {
            throw .use("floats for values that are none", "imputed_value_int64s")
        }
        let missing = try operation.float("replaced_value_float") ?? 0
        let isMissing =
            missing.isNaN
            ? importer.helper("IsNaN", operation, [x])
            : importer.helper("Equal", operation, [x, importer.scalar(missing, like: x, operation)])
        var imputed = importer.floats(values, operation)
        if dtype != .f32 { imputed = importer.helper("Cast", operation, [imputed], ["to": .dtype(dtype)]) }
        importer.finish("Where", operation, [isMissing, imputed, x])
    }

    /// Features side by side, as f32.
    @Sendable private static func vectorizer(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        let widths = try operation.ints("inputdimensions") ?? []
        guard widths.isEmpty || widths.count == operation.inputs.count else {
            throw ONNXRefusal(
                .invalid, found: "\(widths.count) inputdimensions", expected: "\(operation.inputs.count), one an input")
        }
        var parts: [String] = []
        for index in operation.inputs.indices {
            let part = try importer.float(try operation.required(index), operation)
            let shape = try importer.shape(part)
            if let width = shape.last?.constant, widths.indices.contains(index), width != widths[index] {
                throw .use("an input of \(width) features for \(widths[index])", "inputs of inputdimensions features")
            }
            // One feature a row may stand without an axis for it.
            let isFlat = shape.count == 1 && widths.indices.contains(index) && widths[index] == 1
            parts.append(
                isFlat
                    ? importer.helper("Unsqueeze", operation, [part, importer.integers([1])])
                    : try importer.rows(part, operation))
        }
        importer.finish("Concat", operation, parts, ["axis": .int(1)])
    }

    /// Features by their places on the last axis.
    @Sendable private static func extractor(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        let x = try operation.required(0)
        let flat = importer.helper("Reshape", operation, [try operation.required(1), importer.integers([-1])])
        let isRow = try importer.shape(x).count == 1
        guard isRow else { return importer.finish("Gather", operation, [x, flat], ["axis": .int(-1)]) }
        let found = importer.helper("Gather", operation, [x, flat], ["axis": .int(0)])
        importer.finish("Unsqueeze", operation, [found, importer.integers([0])])
    }

    /// Distances of all rows of a [M, K] from all rows of b [N, K]: [M, N].
    @Sendable static func distances(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        let metric = try operation.text("metric") ?? "sqeuclidean"
        guard ["euclidean", "sqeuclidean"].contains(metric) else {
            throw .use("metric \(metric)", "euclidean or sqeuclidean")
        }
        let a = importer.helper("Unsqueeze", operation, [try operation.required(0), importer.integers([1])], [:], "a")
        let b = importer.helper("Unsqueeze", operation, [try operation.required(1), importer.integers([0])], [:], "b")
        let difference = importer.helper("Sub", operation, [a, b])
        let square = importer.helper(
            "ReduceSumSquare", operation, [difference, importer.integers([2])], ["keepdims": .int(0)])
        importer.finish(metric == "euclidean" ? "Sqrt" : "Identity", operation, [square])
    }
}
