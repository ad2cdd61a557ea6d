public import CPackKernels
import PackCore

/// The inverse of each square matrix of the last two axes (onnxruntime's `Inverse`), floating-point. That of a singular matrix has
/// elements that are no finite numbers.
enum Inverse: Operator {
    static func prepare(_ step: Step) throws(OperatorError) -> Int {
        let x = try step.input(0)
        let out = try step.output()
        guard x.dtype == out.dtype, x.dtype.wide == .float else { throw .type }
        guard x.rank >= 2, x.extent(x.rank - 2) == x.last, out.hasShape(of: x) else { throw .shape }
        return try product(try product(x.last, x.last), 16)
    }

    static func run(_ step: Step) throws(OperatorError) {
        let x = try step.input(0)
        let out = try step.output()
        let n = x.last
        guard n > 0, let matrix = step.scratch?.assumingMemoryBound(to: Double.self) else { return }
        for index in 0..<x.count / (n * n) {
            x.load(index * n * n, 1, n * n, matrix)
            invert(matrix, n, matrix + n * n)
            out.store(index * n * n, 1, n * n, matrix + n * n)
        }
    }

    /// Gauss-Jordan elimination with the largest pivot of each column; `a` is used up.
    private static func invert(_ a: UnsafeMutablePointer<Double>, _ n: Int, _ result: UnsafeMutablePointer<Double>) {
        for index in 0..<n * n { result[index] = index % (n + 1) == 0 ? 1 : 0 }
        for column in 0..<n {
            var pivot = column
            for row in column..<n where a[row * n + column].magnitude > a[pivot * n + column].magnitude { pivot = row }
            if pivot != column {
                for i in 0..<n {
                    (a[pivot * n + i], a[column * n + i]) = (a[column * n + i], a[pivot * n + i])
                    (result[pivot * n + i], result[column * n + i]) = (result[column * n + i], result[pivot * n + i])
                }
            }
            let value = a[column * n + column]
            for i in 0..<n {
                a[column * n + i] /= value
                result[column * n + i] /= value
            }
            for row in 0..<n where row != column {
                let factor = a[row * n + column]
                for i in 0..<n {
                    a[row * n + i] -= factor * a[column * n + i]
                    result[row * n + i] -= factor * result[column * n + i]
                }
            }
        }
    }
}

/// C entry of `Inverse`.
@c(pack_op_Inverse) public func packOperatorInverse(_ step: UnsafePointer<pack_step>?, _ running: Int32) -> Int64 {
    perform(Inverse.self, step, running)
}
