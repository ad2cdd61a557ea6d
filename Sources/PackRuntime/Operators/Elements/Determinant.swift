public import CPackKernels
import PackCore

/// The determinant of each square matrix of the last two axes (ONNX `Det`), floating-point.
enum Determinant: Operator {
    static func prepare(_ step: Step) throws(OperatorError) -> Int {
        let x = try step.input(0)
        let out = try step.output()
        guard x.dtype == out.dtype, x.dtype.wide == .float else { throw .type }
        guard x.rank >= 2, x.extent(x.rank - 2) == x.last, out.count == x.product(0..<x.rank - 2) else { throw .shape }
        return try product(try product(x.last, x.last), 8)
    }

    static func run(_ step: Step) throws(OperatorError) {
        let x = try step.input(0)
        let out = try step.output()
        let n = x.last
        guard let matrix = step.scratch?.assumingMemoryBound(to: Double.self) else { throw .attribute }
        for index in 0..<out.count {
            x.load(index * n * n, 1, n * n, matrix)
            var result = eliminate(matrix, n)
            out.store(index, 1, 1, &result)
        }
    }

    /// Gaussian elimination with the largest pivot of each column.
    private static func eliminate(_ a: UnsafeMutablePointer<Double>, _ n: Int) -> Double {
        var result = 1.0
        for column in 0..<n {
            var pivot = column
            for row in column..<n where a[row * n + column].magnitude > a[pivot * n + column].magnitude { pivot = row }
            let value = a[pivot * n + column]
            if value == 0 { return 0 }
            if pivot != column {
                result = -result
                for i in column..<n { (a[pivot * n + i], a[column * n + i]) = (a[column * n + i], a[pivot * n + i]) }
            }
            result *= value
            for row in column + 1..<Swift.max(n, column + 1) {
                let factor = a[row * n + column] / value
                for i in column..<n { a[row * n + i] -= factor * a[column * n + i] }
            }
        }
        return result
    }
}

/// C entry of `Determinant`.
@c(pack_op_Determinant) public func packOperatorDeterminant(
    _ step: UnsafePointer<pack_step>?, _ running: Int32
) -> Int64 { perform(Determinant.self, step, running) }
