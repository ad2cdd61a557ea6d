public import CPackKernels
import CPackSystem
import PackCore

/// Product of two f32 tensors that are both computed (ONNX `MatMul` for ranks of at least 2, leading axes equal, or the second
/// a matrix). The second operand is packed into panels in scratch memory, one matrix at a time.
enum MatMul: Operator {
    private struct Shape {
        let batch: Int
        let m: Int
        let k: Int
        let n: Int
        /// Elements between the second operand's matrices; 0 where one matrix serves all.
        let stride: Int

        init(_ step: Step) throws(OperatorError) {
            let a = try step.input(0)
            let b = try step.input(1)
            guard a.rank >= 2, b.rank >= 2 else { throw .shape }
            k = b.extent(b.rank - 2)
            n = b.last
            guard a.last == k else { throw .shape }
            if b.rank == 2 {
                batch = 1
                m = a.rows
                stride = 0
            } else {
                guard a.rank == b.rank else { throw .shape }
                for axis in 0..<a.rank - 2 where a.extent(axis) != b.extent(axis) { throw .shape }
                batch = a.product(0..<a.rank - 2)
                m = a.extent(a.rank - 2)
                stride = k * n
            }
        }
    }

    static func prepare(_ step: Step) throws(OperatorError) -> Int {
        let shape = try Shape(step)
        try step.input(0).require(.f32)
        try step.input(1).require(.f32)
        let out = try step.output()
        try out.require(.f32)
        guard out.count == shape.batch * shape.m * shape.n else { throw .shape }
        guard step.kernels.pointee.gemm_f32 != nil else { throw .kernel }
        let bytes = pack_panels_bytes_f32(shape.k, shape.n)
        guard bytes < 1 << 40 else { throw .shape }
        return Int(bytes)
    }

    static func run(_ step: Step) throws(OperatorError) {
        let shape = try Shape(step)
        guard let a = try step.input(0).floats.baseAddress, let b = try step.input(1).floats.baseAddress,
            let c = try step.output().floats.baseAddress, let panels = step.scratch, shape.n > 0
        else { return }
        if shape.k == 0 {
            try step.output().floats.update(repeating: 0)
            return
        }
        for index in 0..<shape.batch {
            if index == 0 || shape.stride > 0 {
                pack_panels_f32(
                    b + index * shape.stride, shape.n, 0, shape.k, shape.n, panels.assumingMemoryBound(to: Float.self))
            }
            var gemm = pack_gemm()
            gemm.a = UnsafeRawPointer(a + index * shape.m * shape.k)
            gemm.lda = shape.k
            gemm.panels = UnsafeRawPointer(panels)
            gemm.k = shape.k
            gemm.n = shape.n
            gemm.c = c + index * shape.m * shape.n
            gemm.ldc = shape.n
            step.kernels.pointee.gemm_f32?(&gemm, 0, shape.m, 0, (shape.n + Int(PACK_PANEL) - 1) / Int(PACK_PANEL))
        }
    }
}

/// C entry of `MatMul`.
@c(pack_op_MatMul) public func packOperatorMatMul(_ step: UnsafePointer<pack_step>?, _ running: Int32) -> Int64 {
    perform(MatMul.self, step, running)
}
