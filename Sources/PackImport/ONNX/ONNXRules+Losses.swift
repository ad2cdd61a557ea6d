import PackGraph

extension ONNXRules {
    /// Losses, which are ordinary functions of scores and classes.
    static let losses: [String: ONNXRule] = [
        "NegativeLogLikelihoodLoss": { (importer, operation) throws(ONNXRefusal) in
            try likelihood(&importer, operation, try operation.required(0))
        },
        "SoftmaxCrossEntropyLoss": { (importer, operation) throws(ONNXRefusal) in
            let scores = importer.helper("LogSoftmax", operation, [try operation.required(0)], ["axis": .int(1)])
            importer.give(scores, as: 1, of: operation)
            try likelihood(&importer, operation, scores)
        },
    ]

    /// The negated score `[N, C, …]` of each class `[N, …]`, weighted by class, added up or averaged.
    private static func likelihood(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation, _ scores: String
    ) throws(ONNXRefusal) {
        guard let output = operation.output(0) else { return }
        var classes = importer.cast(try operation.required(1), to: .i64, operation)
        var ignored: String?
        if operation.attributes["ignore_index"] != nil {
            let index = importer.integers([try operation.int("ignore_index", default: 0)], shape: [])
            let isIgnored = importer.helper("Equal", operation, [classes, index])
            classes = importer.helper("Where", operation, [isIgnored, importer.integers([0], shape: []), classes])
            ignored = isIgnored
        }
        let column = importer.helper("Unsqueeze", operation, [classes, importer.integers([1])])
        let taken = importer.helper("GatherElements", operation, [scores, column], ["axis": .int(1)])
        let flat = importer.helper("Squeeze", operation, [taken, importer.integers([1])])
        var loss = importer.helper("Neg", operation, [flat])
        var weights = operation.input(2).map { importer.helper("Gather", operation, [$0, classes]) }
        if let ignored {
            let zero = importer.scalar(0, like: scores, operation)
            weights = importer.helper(
                "Where", operation, [ignored, zero, weights ?? importer.scalar(1, like: scores, operation)])
        }
        if let weights { loss = importer.helper("Mul", operation, [loss, weights]) }
        switch try operation.text("reduction") ?? "mean" {
        case "none": importer.emit("Identity", operation, [loss], outputs: [output])
        case "sum": importer.emit("ReduceSum", operation, [loss], ["keepdims": .int(0)], outputs: [output])
        case "mean":
            guard let weights else {
                return importer.emit("ReduceMean", operation, [loss], ["keepdims": .int(0)], outputs: [output])
            }
            let sums = [loss, weights].map { importer.helper("ReduceSum", operation, [$0], ["keepdims": .int(0)]) }
            importer.emit("Div", operation, sums, outputs: [output])
        case let other: throw ONNXRefusal(.invalid, found: "reduction \(other)", expected: "none, sum or mean")
        }
    }
}
