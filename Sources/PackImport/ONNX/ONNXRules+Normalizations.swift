import PackGraph

extension ONNXRules {
    /// Normalizations, which have parts for training or meant something else in older versions.
    static let normalizations: [String: ONNXRule] = [
        "BatchNormalization": batch, "GroupNormalization": group,
    ]

    @Sendable private static func batch(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        guard try operation.int("training_mode", default: 0) == 0 else {
            return try ownStatistics(&importer, operation)
        }
        guard try operation.int("spatial", default: 1) == 1 else {
            throw .use("spatial 0", "statistics a channel")
        }
        guard let output = operation.output(0) else { return }
        for index in operation.outputs.indices.dropFirst() {
            guard let extra = operation.output(index), importer.used.contains(extra) else { continue }
            throw ONNXRefusal(.training, found: "use of statistics", expected: "one output")
        }
        let attributes = importer.plain(
            operation, without: ["training_mode", "spatial", "momentum", "is_test", "consumed_inputs"])
        importer.emit("BatchNormalization", operation, operation.inputs, attributes, outputs: [output])
    }

    /// Normalized by the batch's own mean and variance, which are mixed into the running ones (second and third output).
    private static func ownStatistics(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        let input = try operation.required(0)
        let rank = try importer.shape(input).count
        guard rank >= 2 else { throw ONNXRefusal(.invalid, found: "rank \(rank)", expected: "2 or more") }
        let axes = importer.integers([0] + Array(2..<rank))
        let mean = importer.helper("ReduceMean", operation, [input, axes], ["keepdims": .int(1)])
        let rest = importer.helper("Sub", operation, [input, mean])
        let squares = importer.helper("Mul", operation, [rest, rest])
        let own = [
            importer.helper("Squeeze", operation, [mean, axes]),
            importer.helper("ReduceMean", operation, [squares, axes], ["keepdims": .int(0)]),
        ]
        let momentum = try operation.float("momentum") ?? 0.9
        for (index, value) in own.enumerated() where operation.output(index + 1) != nil {
            let running = try operation.required(index + 3)
            let fresh = importer.cast(value, to: importer.graph.types[running]?.dtype ?? .f32, operation)
            let kept = importer.helper(
                "Mul", operation, [running, importer.scalar(momentum, like: running, operation)])
            let added = importer.helper(
                "Mul", operation, [fresh, importer.scalar(1 - momentum, like: running, operation)])
            importer.give(importer.helper("Add", operation, [kept, added]), as: index + 1, of: operation)
        }
        let epsilon: [String: Attribute] = ["epsilon": .float(try operation.float("epsilon") ?? 1e-5)]
        let inputs = [input, try operation.required(1), try operation.required(2)] + own
        importer.give(importer.helper("BatchNormalization", operation, inputs, epsilon), as: 0, of: operation)
    }

    /// Before version 21, scale and bias are given a group instead of a channel.
    @Sendable private static func group(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        guard isInferredOperator("GroupNormalization") else {
            throw ONNXUnsupported.refusal("GroupNormalization", domain: operation.domain)
        }
        guard operation.version < 21 else { return try same(&importer, operation) }
        let input = try operation.required(0)
        let groups = try operation.int("num_groups", default: 0)
        let shape = try importer.shape(input)
        guard groups > 0, shape.count > 1, let channels = shape[1].constant, channels % groups == 0 else {
            throw .use("\(shape) in \(groups) groups", "a known number of channels, a multiple of the groups")
        }
        var inputs = [input]
        for index in 1...2 {
            let column = importer.helper(
                "Reshape", operation, [try operation.required(index), importer.integers([groups, 1])])
            let wide = importer.helper(
                "Expand", operation, [column, importer.integers([groups, channels / groups])])
            inputs.append(importer.helper("Reshape", operation, [wide, importer.integers([channels])]))
        }
        importer.emit("GroupNormalization", operation, inputs, importer.plain(operation))
    }
}
