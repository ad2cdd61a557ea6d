import PackGraph

extension ONNXRules {
    /// Operators that were called otherwise, or meant otherwise, in older versions.
    static let older: [String: ONNXRule] = merge([
        rules(
            ["Add", "Sub", "Mul", "Div", "Pow", "And", "Or", "Xor", "Equal", "Less", "Greater"],
            broadcast),
        ["PRelu": slopes, "Upsample": upsample, "Resize": resize, "Scatter": scatter, "Gemm": gemm],
    ])

    /// Before version 7, the second operand is stretched only if it is said, and from a given axis on.
    @Sendable private static func broadcast(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        let attributes = importer.plain(operation, without: ["axis", "broadcast", "consumed_inputs"])
        guard operation.version < 7, operation.attributes["axis"] != nil,
            try operation.int("broadcast", default: 0) == 1
        else { return importer.emit(operation.op, operation, operation.inputs, attributes) }
        let left = try operation.required(0)
        var right = try operation.required(1)
        let rank = try importer.shape(left).count
        let own = try importer.shape(right).count
        let axis = try operation.int("axis", default: 0)
        let start = axis < 0 ? axis + rank : axis
        guard start >= 0, own <= rank, start <= rank - own else {
            throw ONNXRefusal(.invalid, found: "axis \(axis)", expected: "an axis that leaves room for \(own)")
        }
        right = extended(right, from: own, by: rank - own - start, &importer, operation)
        importer.emit(operation.op, operation, [left, right], attributes)
    }

    /// A tensor with axes of one element added behind its own.
    private static func extended(
        _ value: String, from rank: Int, by count: Int, _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) -> String {
        guard count > 0 else { return value }
        return importer.helper("Unsqueeze", operation, [value, importer.integers(Array(rank..<rank + count))])
    }

    /// Before version 7, a list of slopes has one for each channel, which are on axis 1.
    @Sendable private static func slopes(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        let attributes = importer.plain(operation, without: ["consumed_inputs"])
        guard operation.version < 7 else {
            return importer.emit("PRelu", operation, operation.inputs, attributes)
        }
        let left = try operation.required(0)
        var right = try operation.required(1)
        let (rank, own) = (try importer.shape(left).count, try importer.shape(right))
        if own.count == 1, own[0] != 1 {
            right = extended(right, from: 1, by: rank - 2, &importer, operation)
        }
        importer.emit("PRelu", operation, [left, right], attributes)
    }

    private static let nearestFloor: [String: Attribute] = [
        "coordinate_transformation_mode": .string("asymmetric"), "nearest_mode": .string("floor"),
    ]

    @Sendable private static func upsample(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        let input = try operation.required(0)
        var scales = operation.input(1)
        if let values = try operation.floats("scales") {
            scales = importer.floats(values, operation)
        } else if let height = try operation.float("height_scale"), let width = try operation.float("width_scale") {
            scales = importer.floats([1, 1, height, width], operation)
        }
        guard let scales else { throw ONNXRefusal(.invalid, found: "no scales", expected: "scales") }
        try emitResize(&importer, operation, [input, "", scales])
    }

    @Sendable private static func resize(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        guard operation.version < 11 else {
            guard isInferredOperator("Resize") else {
                throw ONNXUnsupported.refusal("Resize", domain: operation.domain)
            }
            return try same(&importer, operation)
        }
        try emitResize(&importer, operation, [try operation.required(0), "", try operation.required(1)])
    }

    /// Version 10 of Resize, and Upsample, map positions without any shift.
    private static func emitResize(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation, _ inputs: [String]
    ) throws(ONNXRefusal) {
        guard isInferredOperator("Resize") else {
            throw ONNXUnsupported.refusal(operation.op, domain: operation.domain)
        }
        var mode = try operation.text("mode") ?? "nearest"
        // The first version says which kind of linear.
        if mode == "bilinear" { mode = "linear" }
        importer.emit("Resize", operation, inputs, nearestFloor.merging(["mode": .string(mode)]) { $1 })
    }

    @Sendable private static func scatter(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        guard isInferredOperator("ScatterElements") else {
            throw ONNXUnsupported.refusal("Scatter", domain: operation.domain)
        }
        importer.emit("ScatterElements", operation, operation.inputs, importer.plain(operation))
    }

    @Sendable private static func gemm(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        importer.emit("Gemm", operation, operation.inputs, importer.plain(operation, without: ["broadcast"]))
    }
}
