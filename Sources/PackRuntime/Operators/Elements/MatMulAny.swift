public import CPackKernels
import PackCore

/// Product of two tensors of any numeric type (ONNX `MatMul`). Floats are added in 64 bits; integers wrap. For f32 there is
/// `MatMul`.
enum MatMulAny: Operator {
    static func prepare(_ step: Step) throws(OperatorError) -> Int {
        let shape = try MatrixShape(step)
        let a = try step.input(0)
        guard a.dtype == (try step.input(1).dtype), a.dtype == (try step.output().dtype), a.dtype != .bool else {
            throw .type
        }
        return try product(shape.k + 2 * shape.n, 8)
    }

    static func run(_ step: Step) throws(OperatorError) {
        let shape = try MatrixShape(step)
        let out = try step.output()
        if shape.k == 0 { return out.clear() }
        guard let scratch = step.scratch, out.count > 0 else { return }
        let run = shape.walk.run
        let steps = shape.walk.steps
        let isFloat = out.dtype.wide == .float
        try shape.walk.forEachRun { at throws(OperatorError) in
            for i in 0..<run {
                let place = (at[0] + i * steps[0], at[1] + i * steps[1], at[2] + i * steps[2])
                if isFloat {
                    let rows = scratch.assumingMemoryBound(to: Double.self)
                    try multiply(step, shape, place, rows, 0, load: { $0.load($1, $2, $3, $4) }) {
                        $0.store($1, $2, $3, $4)
                    } _: {
                        $0 + $1 * $2
                    }
                } else {
                    let rows = scratch.assumingMemoryBound(to: Int64.self)
                    try multiply(step, shape, place, rows, 0, load: { $0.load($1, $2, $3, $4) }) {
                        $0.store($1, $2, $3, $4)
                    } _: {
                        $0 &+ $1 &* $2
                    }
                }
            }
        }
    }

    /// One matrix: for each row of the output, the rows of the right matrix times an element of the left.
    @inline(__always)
    private static func multiply<T>(
        _ step: Step, _ shape: MatrixShape, _ at: (Int, Int, Int), _ rows: UnsafeMutablePointer<T>, _ zero: T,
        load: (Tensor, Int, Int, Int, UnsafeMutablePointer<T>) -> Void,
        store: (Tensor, Int, Int, Int, UnsafeMutablePointer<T>) -> Void, _ add: (T, T, T) -> T
    ) throws(OperatorError) {
        let left = rows
        let right = rows + shape.k
        let sums = right + shape.n
        for row in 0..<shape.m {
            load(try step.input(0), at.1 + row * shape.k, 1, shape.k, left)
            sums.update(repeating: zero, count: shape.n)
            for k in 0..<shape.k {
                load(try step.input(1), at.2 + k * shape.n, 1, shape.n, right)
                for column in 0..<shape.n { sums[column] = add(sums[column], left[k], right[column]) }
            }
            store(try step.output(), at.0 + row * shape.n, 1, shape.n, sums)
        }
    }
}

/// C entry of `MatMulAny`.
@c(pack_op_MatMulAny) public func packOperatorMatMulAny(_ step: UnsafePointer<pack_step>?, _ running: Int32) -> Int64 {
    perform(MatMulAny.self, step, running)
}
