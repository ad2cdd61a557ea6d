import PackCore
import PackFormats
import PackGraph

extension ONNXRules {
    /// Operators of onnxruntime that the standard has too, most of them since.
    static let microsoftBasic: [String: ONNXRule] = merge([
        rules(["Trilu", "Pad", "GatherND"], same),
        [
            "Range": range, "ExpandDims": expandDims, "Unique": unique, "GridSample": gridSample,
            "UnfoldTensor": unfold, "ScaledSiLU": scaledSiLU, "GatedAdd": gatedAdd, "GatedRMSNorm": gatedRMSNorm,
            "BiasSoftmax": biasSoftmax, "CropAndResize": cropAndResize, "Inverse": same,
        ],
    ])

    /// Numbers from a start up to a limit; each a scalar or a list of one, the step 1 where there is none.
    @Sendable private static func range(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        var bounds: [String] = []
        for index in 0..<2 {
            bounds.append(
                importer.helper(
                    "Reshape", operation, [try operation.required(index), importer.integers([], shape: [0])]))
        }
        if let step = operation.input(2) {
            bounds.append(importer.helper("Reshape", operation, [step, importer.integers([], shape: [0])]))
        } else {
            let dtype = importer.graph.types[bounds[0]]?.dtype ?? .f32
            bounds.append(importer.cast(importer.integers([1], shape: []), to: dtype, operation))
        }
        importer.emit("Range", operation, bounds)
    }

    @Sendable private static func expandDims(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        let axis = importer.cast(try operation.required(1), to: .i64, operation)
        let list = importer.helper("Reshape", operation, [axis, importer.integers([1])])
        importer.emit("Unsqueeze", operation, [try operation.required(0), list])
    }

    /// Values of a list in the order of their first places; outputs the values, the index of each place's value, and counts.
    @Sendable private static func unique(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        let outputs = [operation.output(0) ?? "", "", operation.output(1) ?? "", operation.output(2) ?? ""]
        importer.emit(
            "Unique", operation, [try operation.required(0)], ["sorted": .int(0)],
            outputs: Array(outputs.prefix((outputs.lastIndex { !$0.isEmpty } ?? 0) + 1)))
    }

    /// The modes have the names that the standard gave them first.
    @Sendable private static func gridSample(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        var attributes = importer.plain(operation)
        let names = ["bilinear": "linear", "bicubic": "cubic"]
        let mode = try operation.text("mode") ?? "bilinear"
        attributes["mode"] = .string(names[mode] ?? mode)
        importer.emit("GridSample", operation, operation.inputs, attributes)
    }

    /// Windows of an axis: their places on that axis, what is in them on a last one.
    @Sendable private static func unfold(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        let x = try operation.required(0)
        let rank = try importer.shape(x).count
        let given = try operation.int("dim", default: -1)
        let axis = given < 0 ? given + rank : given
        let (size, step) = (try operation.int("size", default: 0), try operation.int("step", default: 1))
        let extent = try importer.known(x, axis: axis)
        guard size > 0, step > 0, size <= extent, size <= 1 << 16 else {
            throw ONNXRefusal(
                .invalid, found: "size \(size), step \(step) of \(extent)", expected: "windows inside of the axis")
        }
        let count = (extent - size) / step + 1
        guard count <= 1 << 20 / size else { throw .use("\(count) windows of \(size)", "fewer") }
        let places = (0..<count).flatMap { start in (0..<size).map { start * step + $0 } }
        let rows = importer.helper(
            "Gather", operation, [x, importer.integers(places, shape: [count, size])], ["axis": .int(axis)])
        let order = Array(0...axis) + Array(axis + 2..<rank + 1) + [axis + 1]
        importer.emit("Transpose", operation, [rows], ["perm": .ints(order)])
    }

    /// Softmax of x + bias over all axes from the given one on; the bias is stretched over axes of one element.
    @Sendable private static func biasSoftmax(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        let (x, bias) = (try operation.required(0), try operation.required(1))
        let (shape, own) = (try importer.shape(x), try importer.shape(bias))
        guard own.count <= shape.count else {
            throw ONNXRefusal(.invalid, found: "a bias \(own) for \(shape)", expected: "no more axes")
        }
        let sum = importer.helper("Add", operation, [x, bias])
        try importer.expect(sum, shape)
        try standard["Softmax"]?(
            &importer,
            ONNXOperation(
                op: "Softmax", domain: ONNXOperatorSet.standard, name: operation.name, version: 11, inputs: [sum],
                outputs: operation.outputs, attributes: ["axis": .int(try operation.int("axis", default: 1))],
                isInner: operation.isInner))
    }

    /// s·x · sigmoid(s·x).
    @Sendable private static func scaledSiLU(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        let x = try operation.required(0)
        let scale =
            if let scale = operation.input(1) {
                importer.cast(scale, to: importer.graph.types[x]?.dtype ?? .f32, operation)
            } else { importer.scalar(try operation.float("alpha") ?? 1, like: x, operation) }
        let scaled = importer.helper("Mul", operation, [x, scale])
        let gate = importer.helper("Sigmoid", operation, [scaled])
        importer.emit("Mul", operation, [scaled, gate])
    }

    /// x + y·gate, a gate a row.
    @Sendable private static func gatedAdd(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        guard operation.input(3) == nil else { throw .use("a gate that is projected", "the gate itself") }
        let product = importer.helper("Mul", operation, [try operation.required(1), try operation.required(2)])
        importer.emit("Add", operation, [try operation.required(0), product])
    }

    /// Groups of the last axis, as many elements as the scale has, divided by their root mean square; times scale and gate.
    @Sendable private static func gatedRMSNorm(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        let x = try operation.required(0)
        let scale = try operation.required(1)
        let gate = try operation.required(2)
        let dtype = importer.graph.types[x]?.dtype ?? .f32
        let width = try importer.known(scale, axis: 0)
        let rank = try importer.shape(x).count
        guard rank > 0 else { throw ONNXRefusal(.invalid, found: "a scalar", expected: "at least one axis") }
        let apart = importer.integers(Array(repeating: 0, count: rank - 1) + [-1, width])
        let groups = importer.helper("Reshape", operation, [importer.cast(x, to: .f32, operation), apart])
        let epsilon: [String: Attribute] = ["epsilon": .float(try operation.float("epsilon") ?? 1e-5)]
        let normal = importer.helper(
            "RMSNormalization", operation, [groups, importer.cast(scale, to: .f32, operation)], epsilon)
        let flat = importer.helper("Reshape", operation, [normal, importer.helper("Shape", operation, [x])])
        let wide = importer.cast(gate, to: .f32, operation)
        var factor = importer.helper("Sigmoid", operation, [wide])
        switch try operation.text("activation") ?? "silu" {
        case "silu", "swish": factor = importer.helper("Mul", operation, [wide, factor])
        case "sigmoid": break
        case let other: throw ONNXRefusal(.invalid, found: "activation \(other)", expected: "silu, swish or sigmoid")
        }
        let result = importer.helper("Mul", operation, [flat, factor])
        importer.emit("Cast", operation, [result], ["to": .dtype(dtype)])
    }
}
