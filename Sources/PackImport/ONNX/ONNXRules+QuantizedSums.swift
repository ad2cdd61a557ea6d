import PackCore
import PackFormats
import PackGraph

extension ONNXRules {
    /// Means and sums of codes, and products of them.
    static let quantizedSums: [String: ONNXRule] = [
        "QLinearReduceMean": quantizedMean, "ReduceSumInteger": integerSum, "MulInteger": integerProduct,
    ]

    /// Inputs: codes, their scale and zero point, those of the result.
    @Sendable private static func quantizedMean(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        let numbers = importer.helper(
            "DequantizeLinear", operation,
            [try operation.required(0), try operation.required(1), operation.input(2) ?? ""])
        let mean = try reduced("ReduceMean", numbers, &importer, operation)
        importer.emit(
            "QuantizeLinear", operation, [mean, try operation.required(3), operation.input(4) ?? ""])
    }

    /// Sums of i32, or of what type the file states.
    @Sendable private static func integerSum(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        let wide = importer.cast(try operation.required(0), to: .i32, operation)
        let sum = try reduced("ReduceSum", wide, &importer, operation)
        let stated = operation.output(0).flatMap { importer.stated[$0]?.dtype }
        importer.emit("Cast", operation, [sum], ["to": .dtype(stated == .u32 ? .u32 : .i32)])
    }

    private static func reduced(
        _ op: String, _ value: String, _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) -> String {
        let axes = try operation.ints("axes") ?? []
        let kept: [String: Attribute] = ["keepdims": .int(try operation.int("keepdims", default: 1))]
        return importer.helper(op, operation, axes.isEmpty ? [value] : [value, importer.integers(axes)], kept)
    }

    /// (a − zero point) · (b − zero point) in i32.
    @Sendable private static func integerProduct(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        var sides: [String] = []
        for first in [0, 2] {
            var wide = importer.cast(try operation.required(first), to: .i32, operation)
            if let zero = operation.input(first + 1) {
                wide = importer.helper("Sub", operation, [wide, importer.cast(zero, to: .i32, operation)])
            }
            sides.append(wide)
        }
        importer.emit("Mul", operation, sides)
    }
}
