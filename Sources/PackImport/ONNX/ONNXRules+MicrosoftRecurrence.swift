import PackGraph

extension ONNXRules {
    /// Layers with a state of onnxruntime that the standard has too, as far as it has them.
    static let microsoftRecurrences: [String: ONNXRule] = [
        "LinearAttention": linearAttentionAsStandard, "CausalConvWithState": causalConvAsStandard,
    ]

    @Sendable private static func linearAttentionAsStandard(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        try refuse(operation, ["state_window": 0])
        try standard["LinearAttention"]?(&importer, operation)
    }

    @Sendable private static func causalConvAsStandard(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        try refuse(
            operation,
            [
                "ndim": 1, "dilation": 1, "channels_last": 0, "state_window": 0, "state_update_capacity": 0,
                "state_channels_last": -1, "state_length": 0, "input_channel_offset": 0, "input_channels": 0,
            ])
        try standard["CausalConvWithState"]?(&importer, operation)
    }

    /// Refuses attributes of other values than these.
    private static func refuse(_ operation: ONNXOperation, _ values: [String: Int]) throws(ONNXRefusal) {
        for (name, value) in values.sorted(by: { $0.key < $1.key }) {
            let found = try operation.int(name, default: value)
            guard found == value else { throw .use("\(name) \(found)", "\(value)") }
        }
    }
}
