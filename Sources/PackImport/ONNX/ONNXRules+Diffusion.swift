import PackCore
import PackGraph

extension ONNXRules {
    /// Operators that onnxruntime's optimizer writes for diffusion models.
    static let diffusion: [String: ONNXRule] = [
        "GroupNorm": groupNorm, "SkipGroupNorm": groupNorm, "BiasAdd": biasAdd, "BiasSplitGelu": biasSplitGelu,
    ]

    /// Groups of channels of an image, or of its sum with skip and bias, normalized, then SiLU or nothing; the second output is
    /// the sum.
    @Sendable private static func groupNorm(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        var image = try operation.required(0)
        let shape = try importer.shape(image)
        let isLast = try operation.int("channels_last", default: 1) != 0
        guard shape.count >= 3 else {
            throw ONNXRefusal(.invalid, found: "an image \(shape)", expected: "rank 3 or more")
        }
        let channels = shape[isLast ? shape.count - 1 : 1]
        let groups = try operation.int("groups", default: 0)
        let activation = try operation.int("activation", default: 0)
        guard groups > 0, (channels.constant ?? groups) % groups == 0 else {
            throw ONNXRefusal(.invalid, found: "\(groups) groups of \(channels) channels", expected: "a divisor")
        }
        guard (0...1).contains(activation) else {
            throw ONNXRefusal(.invalid, found: "activation \(activation)", expected: "0 or 1")
        }
        if operation.op == "SkipGroupNorm" {
            image = try skipped(image, shape, isLast, &importer, operation)
            importer.give(image, as: 1, of: operation)
        }
        guard operation.output(0) != nil else { return }
        let dtype = importer.graph.types[image]?.dtype ?? .f32
        var inputs = [isLast ? try importer.channelsFirst(image, operation) : image]
        for index in 1...2 {
            let weights = try operation.required(index)
            try importer.expect(weights, [channels])
            inputs.append(importer.cast(weights, to: dtype, operation))
        }
        var result = importer.helper(
            "GroupNormalization", operation, inputs,
            ["num_groups": .int(groups), "epsilon": .float(try operation.float("epsilon") ?? 1e-5)])
        if activation == 1 { result = importer.silu(result, operation) }
        if isLast { result = try importer.channelsLast(result, operation) }
        importer.give(result, as: 0, of: operation)
    }

    /// An image with a skip, as large or a vector for each image, and a bias.
    private static func skipped(
        _ image: String, _ shape: [Dimension], _ isLast: Bool, _ importer: inout ONNXImporter,
        _ operation: ONNXOperation
    ) throws(ONNXRefusal) -> String {
        let rank = shape.count
        let space = isLast ? Array(1..<rank - 1) : Array(2..<rank)
        let narrow = shape.enumerated().map { space.contains($0.offset) ? 1 : $0.element }
        var skip = try operation.required(3)
        let own = try importer.shape(skip)
        try importer.expect(skip, shape, or: own.count == 2 ? [shape[0], shape[isLast ? rank - 1 : 1]] : narrow)
        if own.count == 2 { skip = importer.helper("Unsqueeze", operation, [skip, importer.integers(space)]) }
        var sum = importer.helper("Add", operation, [image, skip])
        if let bias = operation.input(4) {
            try importer.expect(bias, [shape[isLast ? rank - 1 : 1]])
            let row = try importer.along(isLast ? rank - 1 : 1, rank: rank, bias, operation)
            sum = importer.helper("Add", operation, [sum, row])
        }
        return sum
    }

    /// The sum of an input, a bias and a skip.
    @Sendable private static func biasAdd(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        let x = try operation.required(0)
        let (bias, skip) = (try operation.required(1), try operation.required(2))
        let shape = try importer.shape(x)
        try importer.expect(bias, Array(shape.suffix(1)))
        try importer.expect(skip, shape)
        importer.emit("Add", operation, [importer.helper("Add", operation, [x, bias]), skip])
    }

    /// The left half of x + bias, times Gelu of the right one.
    @Sendable private static func biasSplitGelu(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        let x = try operation.required(0)
        let bias = try operation.required(1)
        let shape = try importer.shape(x)
        try importer.expect(bias, Array(shape.suffix(1)))
        let sum = importer.helper("Add", operation, [x, bias])
        let halves = try importer.halves(of: sum, operation)
        let gate = importer.helper("Gelu", operation, [halves[1]])
        importer.emit("Mul", operation, [halves[0], gate])
    }
}
