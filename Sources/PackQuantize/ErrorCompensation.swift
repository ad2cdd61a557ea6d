import CPackKernels

/// Rounds a matrix to 4-bit codes in groups so that later weights make up for what rounding earlier ones does to the outputs.
package enum ErrorCompensation {
    private static let group = Int(PACK_GROUP)

    /// What a matrix is best rounded to, for storage in groups of 4-bit codes: each value is a code times its group's scale, so that
    /// storing them loses nothing more.
    ///
    /// - Parameters:
    ///   - weights: [rows, columns], a row for each output; columns are a multiple of `PACK_GROUP`.
    ///   - moments: Of the inputs, as many as there are columns.
    ///   - product: Multiplies.
    package static func rounded(_ weights: [Float], _ moments: SecondMoments, _ product: FloatProduct) -> [Float] {
        let columns = moments.size
        let rows = columns == 0 ? 0 : weights.count / columns
        var scales = GroupScales(weights, rows: rows, columns: columns)
        var errors = [Float](repeating: 0, count: weights.count)
        var result = weights
        var wanted = [Float](repeating: 0, count: rows * group)
        for first in stride(from: 0, to: columns, by: group) {
            for row in 0..<rows {
                for column in 0..<group { wanted[row * group + column] = weights[row * columns + first + column] }
            }
            moments.factor.withUnsafeBufferPointer { factor in
                guard let factor = factor.baseAddress else { return }
                product.add(
                    errors, lda: columns, factor + first, ldb: columns, transposed: false, to: &wanted, ldc: group,
                    m: rows, k: first, n: group)
            }
            let steps = scales.steps(wanted, group: first / group)
            for row in 0..<rows {
                var coder = GroupCoder()
                for column in 0..<group {
                    let place = row * columns + first + column
                    var value = wanted[row * group + column]
                    for before in 0..<column {
                        value +=
                            errors[row * columns + first + before]
                            * moments.factor[(first + before) * columns + first + column]
                    }
                    result[place] = coder.code(value, steps[row].inverse) * steps[row].size
                    errors[place] = weights[place] - result[place]
                }
            }
        }
        return result
    }
}

/// Scales of groups in units of a scale a row, as they are stored.
private struct GroupScales {
    private let rows: Int
    private let groups: Int
    /// The unit of each row.
    private var units: [Float]
    /// Scales in units, as rounding without compensation has them; the largest of a row is ±127 and remains so.
    private var codes: [Int8]

    struct Step {
        let size: Float
        let inverse: Float
    }

    init(_ weights: [Float], rows: Int, columns: Int) {
        self.rows = rows
        groups = columns / Int(PACK_GROUP)
        units = Array(repeating: 0, count: rows)
        codes = Array(repeating: 0, count: rows * groups)
        var unused = [Int8](repeating: 0, count: weights.count)
        pack_quantize_groups_s4(weights, columns, 1, columns, rows, &unused, &codes, &units, nil)
    }

    /// The steps between the codes of one group of every row.
    ///
    /// - Parameter wanted: [rows, PACK_GROUP], the values to be coded.
    mutating func steps(_ wanted: [Float], group: Int) -> [Step] {
        let width = Int(PACK_GROUP)
        var unused = [Int8](repeating: 0, count: wanted.count)
        var signs = [Int8](repeating: 0, count: rows)
        var best = [Float](repeating: 0, count: rows)
        pack_quantize_groups_s4(wanted, width, 1, width, rows, &unused, &signs, &best, nil)
        return (0..<rows).map { row in
            let scale = best[row] * Float(signs[row])
            var code = units[row] > 0 ? min(127, max(-127, (scale / units[row]).rounded(.toNearestOrEven))) : 0
            if abs(Int(codes[row * groups + group])) == 127 { code = scale < 0 ? -127 : 127 }
            if code == 0, scale != 0 { code = scale < 0 ? -1 : 1 }
            let size = code * units[row]
            return Step(size: size, inverse: size == 0 ? 0 : 1 / size)
        }
    }
}

/// Codes of a group one after the other, codes of one sign within the sum that kernels take.
private struct GroupCoder {
    private var left: (positive: Float, negative: Float) = (Float(PACK_GROUP_SUM), Float(PACK_GROUP_SUM))

    mutating func code(_ value: Float, _ inverse: Float) -> Float {
        let code = min(7, max(-8, (value * inverse).rounded(.toNearestOrEven)))
        if code > 0 {
            let taken = min(code, left.positive)
            left.positive -= taken
            return taken
        }
        let taken = min(-code, left.negative)
        left.negative -= taken
        return -taken
    }
}
