import PackGraph

extension ONNXRules {
    /// Operators whose lists of axes, sizes or limits were attributes before they were inputs.
    static let axes: [String: ONNXRule] = merge([
        rules(["Unsqueeze"]) { (importer, operation) throws(ONNXRefusal) in
            try listed(&importer, operation, ["axes"])
        },
        rules(["Squeeze"]) { (importer, operation) throws(ONNXRefusal) in try squeeze(&importer, operation) },
        rules([
            "ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL1", "ReduceL2",
            "ReduceSumSquare", "ReduceLogSum", "ReduceLogSumExp",
        ]) { (importer, operation) throws(ONNXRefusal) in try listed(&importer, operation, ["axes"]) },
        [
            "Split": { (importer, operation) throws(ONNXRefusal) in try listed(&importer, operation, ["split"]) },
            "Slice": { (importer, operation) throws(ONNXRefusal) in
                try listed(&importer, operation, ["starts", "ends", "axes"])
            },
            "Reshape": { (importer, operation) throws(ONNXRefusal) in try listed(&importer, operation, ["shape"]) },
            "Clip": clip, "Pad": pad, "TopK": topK, "Softmax": flatSoftmax, "LogSoftmax": flatSoftmax,
            "Hardmax": flatSoftmax, "CumSum": cumulative, "Concat": concat,
        ],
    ])

    /// Without axes all go that have extent 1: how many are left must not depend on an extent that running tells.
    private static func squeeze(_ importer: inout ONNXImporter, _ operation: ONNXOperation) throws(ONNXRefusal) {
        let input = try operation.required(0)
        if try operation.ints("axes") == nil, operation.input(1) == nil {
            let shape = try importer.shape(input)
            guard shape.allSatisfy({ $0.constant != nil }) else {
                throw ONNXRefusal(
                    .unsupportedUse, found: "no axes, and the shape \(shape)",
                    expected: "axes, or extents that are known",
                    unknown: [.shape(input)])
            }
        }
        try listed(&importer, operation, ["axes"])
    }

    /// Attributes become the inputs behind the first.
    private static func listed(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation, _ names: [String]
    ) throws(ONNXRefusal) {
        var inputs = [try operation.required(0)]
        let given = operation.inputs.dropFirst()
        if given.isEmpty {
            for name in names {
                if let values = try operation.ints(name) {
                    inputs.append(importer.integers(values))
                } else {
                    inputs.append("")
                }
            }
        } else {
            inputs += given
        }
        let attributes = importer.plain(operation, without: Set(names + ["consumed_inputs"]))
        importer.emit(operation.op, operation, inputs, attributes)
    }

    /// Before version 11, limits are attributes.
    @Sendable private static func clip(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        guard operation.version < 11 else { return try same(&importer, operation) }
        let input = try operation.required(0)
        var inputs = [input]
        for name in ["min", "max"] {
            if let limit = try operation.float(name) {
                inputs.append(importer.scalar(limit, like: input, operation))
            } else {
                inputs.append("")
            }
        }
        importer.emit("Clip", operation, inputs)
    }

    /// Before version 11, sizes and the value are attributes.
    @Sendable private static func pad(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        guard isInferredOperator("Pad") else { throw ONNXUnsupported.refusal("Pad", domain: operation.domain) }
        guard operation.version < 11 else { return try same(&importer, operation) }
        let input = try operation.required(0)
        var sizes = try operation.ints("pads")
        if sizes == nil { sizes = try operation.ints("paddings") }
        guard let pads = sizes else {
            throw ONNXRefusal(.invalid, found: "no pads", expected: "pads")
        }
        let value = importer.scalar(try operation.float("value") ?? 0, like: input, operation)
        let attributes = importer.plain(operation, without: ["pads", "paddings", "value"])
        importer.emit("Pad", operation, [input, importer.integers(pads), value], attributes)
    }

    /// Before version 10, how many is an attribute.
    @Sendable private static func topK(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        guard operation.version < 10 else { return try same(&importer, operation) }
        let count = importer.integers([try operation.int("k", default: 1)])
        importer.emit(
            "TopK", operation, [try operation.required(0), count], importer.plain(operation, without: ["k"]))
    }

    /// Before version 13, all axes from the given one on are one, which is the second where none is given.
    @Sendable private static func flatSoftmax(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        guard operation.version < 13 else { return try same(&importer, operation) }
        let input = try operation.required(0)
        let rank = try importer.shape(input).count
        let axis = try operation.int("axis", default: 1)
        guard axis != rank - 1, axis != -1 else {
            return importer.emit(operation.op, operation, [input], ["axis": .int(-1)])
        }
        let flat = importer.helper("Flatten", operation, [input], ["axis": .int(axis)])
        let soft = importer.helper(operation.op, operation, [flat], ["axis": .int(-1)])
        let shape = importer.helper("Shape", operation, [input])
        importer.emit("Reshape", operation, [soft, shape])
    }

    /// Attributes that say what is so anyway are left out.
    @Sendable private static func cumulative(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        let attributes = importer.plain(operation).filter { $0.value != .int(0) }
        importer.emit(operation.op, operation, operation.inputs, attributes)
    }

    /// Before version 4, the axis may be absent and is the second then.
    @Sendable private static func concat(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        let axis = try operation.int("axis", default: 1)
        importer.emit("Concat", operation, operation.inputs, ["axis": .int(axis)])
    }

    static func isInferredOperator(_ op: String) -> Bool { inferredOperators.contains(op) }
}
