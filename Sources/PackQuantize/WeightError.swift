import CPackKernels
import PackGraph
import PackPlanner

/// The error that storing a weight brings to the weight itself.
public enum WeightError {
    /// The root of the mean squared error over the root of the mean square: 0 for f32.
    ///
    /// - Parameters:
    ///   - constant: The weight; [outputs, inputs] for a transposed matrix or a table's rows.
    ///   - kind: How it is stored.
    ///   - rowsAreScaled: Whether int8 has a scale a row (a transposed matrix, a table) or a column.
    public static func relative(_ constant: Constant, as kind: WeightKind, rowsAreScaled: Bool) -> Double {
        guard kind != .f32, let weights = try? constant.floats(), constant.shape.count == 2, !weights.isEmpty else {
            return 0
        }
        let stored = kind == .f16 ? halved(weights) : coded(weights, constant.shape, rowsAreScaled)
        var error = 0.0
        var total = 0.0
        for (weight, value) in zip(weights, stored) {
            error += Double(weight - value) * Double(weight - value)
            total += Double(weight) * Double(weight)
        }
        return total == 0 ? 0 : (error / total).squareRoot()
    }

    private static func halved(_ weights: [Float]) -> [Float] { weights.map { Float(Float16($0)) } }

    private static func coded(_ weights: [Float], _ shape: [Int], _ rowsAreScaled: Bool) -> [Float] {
        let n = rowsAreScaled ? shape[0] : shape[1]
        let k = rowsAreScaled ? shape[1] : shape[0]
        var codes = [Int8](repeating: 0, count: weights.count)
        var scales = [Float](repeating: 0, count: n)
        var sums = [Int32](repeating: 0, count: n)
        pack_quantize_columns_s8(weights, shape[1], rowsAreScaled ? 1 : 0, k, n, &codes, &scales, &sums)
        // Codes are [n, k], whatever the order of the weights.
        return weights.indices.map { index in
            let (column, row) =
                rowsAreScaled ? (index / k, index % k) : (index % n, index / n)
            return Float(codes[column * k + row]) * scales[column]
        }
    }
}
