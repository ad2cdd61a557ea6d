import PackGraph

extension ONNXRules {
    /// Operators of onnxruntime over images with the channels on the last axis.
    static let channelsLast: [String: ONNXRule] = [
        "NhwcMaxPool": lastMaxPool, "NhwcConv": lastConv, "NhwcFusedConv": lastConv,
    ]

    @Sendable private static func lastMaxPool(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        let image = try importer.channelsFirst(try operation.required(0), operation)
        let result = importer.helper("MaxPool", operation, [image], importer.plain(operation))
        try importer.emitChannelsLast(result, operation)
    }

    /// A convolution of `[N, axes…, C]`: NhwcConv with weights `[M, axes…, C / group]`, NhwcFusedConv, which may have an addend
    /// and an activation, with the usual ones.
    @Sendable private static func lastConv(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        var inputs = [try importer.channelsFirst(try operation.required(0), operation)]
        let rank = try importer.shape(inputs[0]).count
        let weights = try operation.required(1)
        let shape = try importer.shape(weights)
        guard shape.count == rank else {
            throw ONNXRefusal(.invalid, found: "weights \(shape)", expected: "rank \(rank)")
        }
        inputs.append(operation.op == "NhwcConv" ? try importer.channelsFirst(weights, operation) : weights)
        inputs.append(operation.input(2) ?? "")
        if let addend = operation.input(3) { inputs.append(try importer.channelsFirst(addend, operation)) }
        let result = importer.uniqueValue("\(operation.name)/image")
        try fusedConv(
            &importer,
            operation.calling(
                "FusedConv", inputs, outputs: [result], name: importer.uniqueNode("\(operation.name)/Conv")))
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

    /// `[N, C, axes…]` as `[N, axes…, C]`.
    mutating func channelsLast(_ image: String, _ operation: ONNXOperation) throws(ONNXRefusal) -> String {
        helper("Transpose", operation, [image], try channelsLast(image))
    }

    /// Gives `[N, C, axes…]` as the operation's output `[N, axes…, C]`.
    mutating func emitChannelsLast(_ image: String, _ operation: ONNXOperation) throws(ONNXRefusal) {
        emit("Transpose", operation, [image], try channelsLast(image))
    }

    private func channelsLast(_ image: String) throws(ONNXRefusal) -> [String: Attribute] {
        let rank = try shape(image).count
        guard rank >= 3 else { throw ONNXRefusal(.invalid, found: "rank \(rank)", expected: "rank 3 or more") }
        return ["perm": .ints([0] + Array(2..<rank) + [1])]
    }
}
