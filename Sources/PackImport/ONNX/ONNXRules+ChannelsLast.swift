import PackGraph

extension ONNXRules {
    /// Operators of onnxruntime over images of codes with the channels on the last axis.
    static let channelsLast: [String: ONNXRule] = ["NhwcMaxPool": lastMaxPool]

    @Sendable private static func lastMaxPool(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        let image = try importer.channelsFirst(try operation.required(0), operation)
        let result = importer.helper("MaxPool", operation, [image], importer.plain(operation))
        try importer.emitChannelsLast(result, operation)
    }
}

extension ONNXImporter {
    /// `[N, axes…, C]` as `[N, C, axes…]`.
    mutating func channelsFirst(_ image: String, _ operation: ONNXOperation) throws(ONNXRefusal) -> String {
        let rank = try shape(image).count
        guard rank >= 3 else { throw ONNXRefusal(.invalid, found: "rank \(rank)", expected: "rank 3 or more") }
        return helper("Transpose", operation, [image], ["perm": .ints([0, rank - 1] + Array(1..<rank - 1))])
    }

    /// Gives `[N, C, axes…]` as the operation's output `[N, axes…, C]`.
    mutating func emitChannelsLast(_ image: String, _ operation: ONNXOperation) throws(ONNXRefusal) {
        let rank = try shape(image).count
        guard rank >= 3 else { throw ONNXRefusal(.invalid, found: "rank \(rank)", expected: "rank 3 or more") }
        emit("Transpose", operation, [image], ["perm": .ints([0] + Array(2..<rank) + [1])])
    }
}
