public import CPackKernels
import CPackSystem
import PackCore

/// activation(x·w + bias) + residual, w in panels of 16 columns (`pack_kernels.h`).
///
/// Inputs: x f32 [.., K]; panels (f32, f16, i8, or u8 for two 4-bit codes a byte, as many as K×N takes); bias f32 [N] or absent;
/// residual f32 like the output or absent; for i8 and u8 the scale f32 [N] and the sum of codes i32 [N] of each column.
/// Weights of i8 are bounded, as said there.
/// Attributes: K, N, `pack_activation`. For i8 and u8, rows of x are quantized as they come, and sums are exact.
enum Linear: Operator {
    /// Columns that one task computes at least, in panels: two vectors of the widest kernel, twice.
    private static let panelsPerTask = 4

    private struct Shape {
        let k: Int
        let n: Int
        let rows: Int
        let codesPerRow: Int
        var panels: Int { (n + Int(PACK_PANEL) - 1) / Int(PACK_PANEL) }
        var scaleOffset: Int { (rows * codesPerRow + 63) & ~63 }
        var zeroOffset: Int { scaleOffset + ((rows * 4 + 63) & ~63) }
        var scratchBytes: Int { zeroOffset + rows * 4 }

        init(_ step: Step) throws(OperatorError) {
            k = try step.attribute(0)
            n = try step.attribute(1)
            guard k > 0, n > 0, k < 1 << 31, n < 1 << 31 else { throw .attribute }
            rows = try step.input(0).count / k
            // 4-bit weights come in whole groups.
            let step = try step.input(1).dtype == .u8 ? Int(PACK_GROUP) : 4
            codesPerRow = (k + step - 1) & ~(step - 1)
        }
    }

    static func prepare(_ step: Step) throws(OperatorError) -> Int {
        let shape = try Shape(step)
        let x = try step.input(0)
        let panels = try step.input(1)
        let out = try step.output()
        try x.require(.f32)
        try out.require(.f32)
        guard x.last == shape.k, out.last == shape.n, out.count / shape.n == shape.rows else { throw .shape }
        guard (0...Int(PACK_ACTIVATION_TANH.rawValue)).contains(try step.attribute(2)) else { throw .attribute }
        try checkVector(step.optional(2), .f32, shape.n)
        if let residual = step.optional(3) {
            try residual.require(.f32)
            guard residual.count == out.count else { throw .shape }
        }
        let kernels = step.kernels.pointee
        switch panels.dtype {
        case .f32:
            guard kernels.gemm_f32 != nil else { throw .kernel }
            guard panels.bytes == pack_panels_bytes_f32(shape.k, shape.n) else { throw .shape }
            return 0
        case .f16, .bf16:
            let kernel = panels.dtype == .f16 ? kernels.gemm_f16 : kernels.gemm_bf16
            guard kernel != nil else { throw .kernel }
            guard panels.bytes == pack_panels_bytes_f16(shape.k, shape.n) else { throw .shape }
            return 0
        case .i8:
            guard kernels.gemm_s8 != nil, kernels.quantize_rows != nil else { throw .kernel }
            guard panels.bytes == pack_panels_bytes_s8(shape.k, shape.n), shape.k <= PACK_MAX_K_S8 else {
                throw .shape
            }
            return try checkCodes(step, shape)
        case .u8:
            guard kernels.gemm_s4 != nil, kernels.quantize_rows != nil else { throw .kernel }
            guard panels.bytes == pack_panels_bytes_s4(shape.k, shape.n), shape.k <= PACK_MAX_K_S4 else {
                throw .shape
            }
            return try checkCodes(step, shape)
        default: throw .type
        }
    }

    private static func checkCodes(_ step: Step, _ shape: Shape) throws(OperatorError) -> Int {
        guard let scale = step.optional(4), let sum = step.optional(5) else { throw .attribute }
        try checkVector(scale, .f32, shape.n)
        try checkVector(sum, .i32, shape.n)
        return shape.scratchBytes
    }

    private static func checkVector(_ vector: Tensor?, _ dtype: DType, _ count: Int) throws(OperatorError) {
        guard let vector else { return }
        try vector.require(dtype)
        guard vector.count == count else { throw .shape }
    }

    private struct Task {
        var gemm: pack_gemm
        let kernel: pack_gemm_kernel
        let rows: Int
        let panels: Int
        let rowsPerTask: Int
        let panelsPerTask: Int
        var columns: Int { (panels + panelsPerTask - 1) / panelsPerTask }
    }

    static func run(_ step: Step) throws(OperatorError) {
        let shape = try Shape(step)
        guard shape.rows > 0 else { return }
        let x = try step.input(0)
        let panels = try step.input(1)
        let out = try step.output()
        let kernels = step.kernels.pointee
        var gemm = pack_gemm()
        gemm.a = UnsafeRawPointer(x.raw)
        gemm.lda = shape.k
        gemm.panels = UnsafeRawPointer(panels.raw)
        gemm.k = shape.k
        gemm.n = shape.n
        gemm.c = out.floats.baseAddress
        gemm.ldc = shape.n
        gemm.bias = UnsafePointer(step.optional(2)?.floats.baseAddress)
        gemm.residual = UnsafePointer(step.optional(3)?.floats.baseAddress)
        gemm.ldr = shape.n
        gemm.activation = UInt32(try step.attribute(2))
        gemm.bounded = 1
        let kernel: pack_gemm_kernel?
        switch panels.dtype {
        case .f32: kernel = kernels.gemm_f32
        case .f16: kernel = kernels.gemm_f16
        case .bf16: kernel = kernels.gemm_bf16
        default:
            kernel = panels.dtype == .u8 ? kernels.gemm_s4 : kernels.gemm_s8
            try quantize(step, shape, &gemm)
        }
        guard let kernel else { throw .kernel }
        if step.threads == 1 {
            withUnsafePointer(to: gemm) { kernel($0, 0, shape.rows, 0, shape.panels) }
            return
        }
        // Tall products are also cut by rows, so that a task's part of x stays in a core's second-level cache.
        let task = Task(
            gemm: gemm, kernel: kernel, rows: shape.rows, panels: shape.panels, rowsPerTask: 192,
            panelsPerTask: panelsPerTask)
        step.parallel((shape.rows + 191) / 192 * task.columns, task) { context, index, _ in
            guard let task = context?.assumingMemoryBound(to: Task.self) else { return }
            let row = index / task.pointee.columns * task.pointee.rowsPerTask
            let panel = index % task.pointee.columns * task.pointee.panelsPerTask
            task.pointee.kernel(
                &task.pointee.gemm, row, Swift.min(row + task.pointee.rowsPerTask, task.pointee.rows), panel,
                Swift.min(panel + task.pointee.panelsPerTask, task.pointee.panels))
        }
    }

    private struct Quantization {
        let kernel: pack_quantize_rows_kernel
        let x: UnsafePointer<Float>?
        let shape: Shape
        let codes: UnsafeMutablePointer<UInt8>
        let scale: UnsafeMutablePointer<Float>
        let zero: UnsafeMutablePointer<Int32>
    }

    private static func quantize(_ step: Step, _ shape: Shape, _ gemm: inout pack_gemm) throws(OperatorError) {
        guard let scratch = step.scratch, let kernel = step.kernels.pointee.quantize_rows else { throw .kernel }
        let work = Quantization(
            kernel: kernel, x: UnsafePointer(try step.input(0).floats.baseAddress), shape: shape,
            codes: scratch.assumingMemoryBound(to: UInt8.self),
            scale: (scratch + shape.scaleOffset).assumingMemoryBound(to: Float.self),
            zero: (scratch + shape.zeroOffset).assumingMemoryBound(to: Int32.self))
        step.parallel((shape.rows + 15) / 16, work) { context, index, _ in
            guard let work = context?.assumingMemoryBound(to: Quantization.self).pointee, let x = work.x else { return }
            let row = index * 16
            let rows = Swift.min(16, work.shape.rows - row)
            let codes = work.codes + row * work.shape.codesPerRow
            // The kernel writes zeros up to a multiple of 4.
            let written = (work.shape.k + 3) & ~3
            if written < work.shape.codesPerRow {
                for row in 0..<rows {
                    for at in written..<work.shape.codesPerRow { codes[row * work.shape.codesPerRow + at] = 0 }
                }
            }
            work.kernel(
                x + row * work.shape.k, work.shape.k, rows, work.shape.k, codes, work.shape.codesPerRow,
                work.scale + row, work.zero + row)
        }
        gemm.a = UnsafeRawPointer(work.codes)
        gemm.lda = shape.codesPerRow
        gemm.row_scale = UnsafePointer(work.scale)
        gemm.row_zero = UnsafePointer(work.zero)
        gemm.column_scale = UnsafePointer(step.optional(4)?.floats.baseAddress)
        gemm.column_sum = UnsafePointer(step.optional(5)?.elements(Int32.self).baseAddress)
    }
}

/// C entry of `Linear`.
@c(pack_op_Linear) public func packOperatorLinear(_ step: UnsafePointer<pack_step>?, _ running: Int32) -> Int64 {
    perform(Linear.self, step, running)
}
