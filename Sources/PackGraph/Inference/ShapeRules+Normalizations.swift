import PackCore

extension ShapeRules {
    /// Normalizations with learned scale.
    static let normalizations: [String: ShapeRule] = [
        "LayerNormalization": layerNormalization, "RMSNormalization": layerNormalization,
        "BatchNormalization": batchNormalization,
    ]

    @Sendable private static func layerNormalization(_ op: Operands) throws(GraphError) -> [Inferred] {
        try op.expect(inputs: 2...3, outputs: 1...3)
        let type = try op.float(0)
        let axis = try op.axis(default: -1, rank: type.shape.count)
        for index in 1..<op.node.inputs.count {
            guard op.optional(index) != nil else { continue }
            let scale = try op.float(index)
            guard try op.broadcast(scale.shape, Array(type.shape[axis...])).count == type.shape.count - axis else {
                throw op.fault(.wrongShape, input: index, found: "\(scale)", expected: "at most \(type.shape[axis...])")
            }
        }
        let statistics = Inferred(.f32, Array(type.shape[..<axis]) + type.shape[axis...].map { _ in 1 })
        return [Inferred(type), statistics, statistics]
    }

    @Sendable private static func batchNormalization(_ op: Operands) throws(GraphError) -> [Inferred] {
        try op.expect(inputs: 5...5)
        let type = try op.float(0)
        guard type.shape.count >= 2 else {
            throw op.fault(.wrongShape, input: 0, found: "\(type)", expected: "rank 2 or more")
        }
        for index in 1..<5 {
            let statistic = try op.float(index)
            guard statistic.shape.count == 1 else {
                throw op.fault(.wrongShape, input: index, found: "\(statistic)", expected: "a list")
            }
            _ = try op.same(statistic.shape[0], type.shape[1], "channels")
        }
        return [Inferred(type)]
    }
}
