import PackGraph
import PackPlanner

/// The error that storing a weight brings to the weight itself.
public enum WeightError {
    /// The root of the mean squared error over the root of the mean square: 0 for f32.
    ///
    /// - Parameters:
    ///   - constant: The weight; [outputs, inputs] for a transposed matrix or a table's rows.
    ///   - kind: How it is stored.
    ///   - adjusted: What is stored in its place, if that is something else.
    ///   - rowsAreScaled: Whether codes have scales by rows (a transposed matrix, a table) or by columns.
    ///   - isTable: Whether it is a table.
    public static func relative(
        _ constant: Constant, as kind: WeightKind, adjusted: Constant? = nil, rowsAreScaled: Bool, isTable: Bool
    ) -> Double {
        guard kind != .f32, let weights = try? constant.floats(), constant.shape.count == 2, !weights.isEmpty else {
            return 0
        }
        let (height, width) = (constant.shape[0], constant.shape[1])
        let rows = rowsAreScaled ? weights : turned(weights, rows: height, columns: width)
        let other = adjusted.flatMap { try? $0.floats() }.map {
            rowsAreScaled ? $0 : turned($0, rows: height, columns: width)
        }
        let stored = kind.restored(
            other ?? rows, rows: rowsAreScaled ? height : width, columns: rowsAreScaled ? width : height,
            isTable: isTable)
        var error = 0.0
        var total = 0.0
        for (weight, value) in zip(rows, stored) {
            error += Double(weight - value) * Double(weight - value)
            total += Double(weight) * Double(weight)
        }
        return total == 0 ? 0 : (error / total).squareRoot()
    }
}
