import PackGraph

extension ONNXRules {
    /// Linear models: one product.
    static let learningLinear: [String: ONNXRule] = [
        "LinearRegressor": linearRegressor, "LinearClassifier": linearClassifier,
    ]

    /// x·coefficientsᵀ + intercepts.
    private static func product(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation, count: Int
    ) throws(ONNXRefusal) -> String {
        let x = try importer.rows(try importer.float(try operation.required(0), operation), operation)
        let coefficients = try operation.floats("coefficients") ?? []
        guard count > 0, !coefficients.isEmpty, coefficients.count % count == 0 else {
            throw ONNXRefusal(
                .invalid, found: "\(coefficients.count) coefficients for \(count) scores",
                expected: "a whole number of coefficients a score")
        }
        let weights = try importer.constant(
            coefficients, [count, coefficients.count / count], operation, "coefficients")
        var inputs = [x, weights]
        let intercepts = try operation.floats("intercepts") ?? []
        if !intercepts.isEmpty {
            guard intercepts.count == count else {
                throw ONNXRefusal(.invalid, found: "\(intercepts.count) intercepts", expected: "\(count)")
            }
            inputs.append(try importer.constant(intercepts, [count], operation, "intercepts"))
        }
        return importer.helper("Gemm", operation, inputs, ["transB": .int(1)])
    }

    @Sendable private static func linearRegressor(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        let targets = try operation.int("targets", default: 1)
        let transform = try ONNXPostTransform(operation)
        let scores = try product(&importer, operation, count: targets)
        importer.finish("Identity", operation, [importer.regressed(scores, transform, targets: targets, operation)])
    }

    @Sendable private static func linearClassifier(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        let classes = try ONNXClasses(operation, numbers: "classlabels_ints")
        let transform = try ONNXPostTransform(operation)
        let intercepts = try operation.floats("intercepts") ?? []
        let count = intercepts.isEmpty ? classes.count : intercepts.count
        guard count == classes.count || count == 1 && classes.count == 2 else {
            throw ONNXRefusal(.invalid, found: "\(count) scores for \(classes.count) classes", expected: "one a class")
        }
        var scores = try product(&importer, operation, count: count)
        guard count == 1, classes.count == 2 else {
            try importer.answer(importer.largest(scores, operation), classes, operation)
            scores = importer.transformed(scores, transform, operation)
            return importer.finish("Identity", operation, [scores], output: 1)
        }
        try importer.answer(importer.positive(scores, above: 0, operation), classes, operation)
        guard transform != .probit else { throw .use("PROBIT of one score for two classes", "another transform") }
        let columns = importer.pair(scores, transform, isPart: true, operation)
        importer.finish("Identity", operation, [columns], output: 1)
    }
}
