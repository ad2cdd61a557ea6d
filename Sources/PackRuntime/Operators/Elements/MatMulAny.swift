public import CPackKernels
import CPackSystem
import PackCore

/// Product of two tensors of any numeric type (ONNX `MatMul`): vectors are rows on the left and columns on the right, leading
/// axes are repeated to each other. f32 goes through the packed GEMM; other floats are added in 64 bits; integers wrap.
enum MatMulAny: Operator {
    private struct Shape {
        let m: Int
        let k: Int
        let n: Int
        /// Walks the matrices: output, left, right.
        let walk: Walk

        init(_ step: Step) throws(OperatorError) {
            let a = try step.input(0)
            let b = try step.input(1)
            let out = try step.output()
            guard a.rank >= 1, b.rank >= 1 else { throw .shape }
            m = a.rank == 1 ? 1 : a.extent(a.rank - 2)
            n = b.rank == 1 ? 1 : b.last
            k = a.last
            guard k == (b.rank == 1 ? b.last : b.extent(b.rank - 2)) else { throw .shape }
            let batch = out.rank - (a.rank == 1 ? 0 : 1) - (b.rank == 1 ? 0 : 1)
            guard batch == Swift.max(Swift.max(a.rank, b.rank) - 2, 0) else { throw .shape }
            let matrix = try product(m, n)
            guard out.product(batch..<out.rank) == matrix else { throw .shape }
            var walk = Walk()
            for axis in 0..<batch {
                let extent = out.extent(axis)
                let left = axis - (batch - Swift.max(a.rank - 2, 0))
                let right = axis - (batch - Swift.max(b.rank - 2, 0))
                for side in 0..<2 {
                    let x = side == 0 ? a : b
                    let own = side == 0 ? left : right
                    guard own >= 0 else { continue }
                    guard x.extent(own) == 1 || x.extent(own) == extent else { throw .shape }
                }
                try walk.add(
                    extent, out.stride(axis), left < 0 || a.extent(left) == 1 ? 0 : a.stride(left),
                    right < 0 || b.extent(right) == 1 ? 0 : b.stride(right))
            }
            self.walk = walk
        }
    }

    static func prepare(_ step: Step) throws(OperatorError) -> Int {
        let shape = try Shape(step)
        let a = try step.input(0)
        guard a.dtype == (try step.input(1).dtype), a.dtype == (try step.output().dtype), a.dtype != .bool else {
            throw .type
        }
        if a.dtype == .f32 {
            guard step.kernels.pointee.gemm_f32 != nil else { throw .kernel }
            let bytes = pack_panels_bytes_f32(shape.k, shape.n)
            guard bytes < 1 << 40 else { throw .shape }
            return Int(bytes)
        }
        return try product(shape.k + 2 * shape.n, 8)
    }

    static func run(_ step: Step) throws(OperatorError) {
        let shape = try Shape(step)
        let out = try step.output()
        if shape.k == 0 { return out.clear() }
        guard let scratch = step.scratch, out.count > 0 else { return }
        let run = shape.walk.run
        let steps = shape.walk.steps
        let isFloat = out.dtype.wide == .float
        var packed = -1
        try shape.walk.forEachRun { at throws(OperatorError) in
            for i in 0..<run {
                let place = (at[0] + i * steps[0], at[1] + i * steps[1], at[2] + i * steps[2])
                if out.dtype == .f32 {
                    try multiply(step, shape, place, scratch, pack: packed != place.2)
                    packed = place.2
                } else if isFloat {
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

    /// One matrix of f32, the right one in panels.
    private static func multiply(
        _ step: Step, _ shape: Shape, _ at: (Int, Int, Int), _ panels: UnsafeMutableRawPointer, pack: Bool
    ) throws(OperatorError) {
        guard let a = try step.input(0).floats.baseAddress, let b = try step.input(1).floats.baseAddress,
            let c = try step.output().floats.baseAddress
        else { return }
        if pack {
            pack_panels_f32(b + at.2, shape.n, 0, shape.k, shape.n, panels.assumingMemoryBound(to: Float.self))
        }
        var gemm = pack_gemm()
        gemm.a = UnsafeRawPointer(a + at.1)
        gemm.lda = shape.k
        gemm.panels = UnsafeRawPointer(panels)
        gemm.k = shape.k
        gemm.n = shape.n
        gemm.c = c + at.0
        gemm.ldc = shape.n
        step.kernels.pointee.gemm_f32?(&gemm, 0, shape.m, 0, (shape.n + Int(PACK_PANEL) - 1) / Int(PACK_PANEL))
    }

    /// One matrix of another type: for each row of the output, the rows of the right matrix times an element of the left.
    @inline(__always)
    private static func multiply<T>(
        _ step: Step, _ shape: Shape, _ at: (Int, Int, Int), _ rows: UnsafeMutablePointer<T>, _ zero: T,
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
