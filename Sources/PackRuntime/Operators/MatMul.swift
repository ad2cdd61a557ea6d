public import CPackKernels
import CPackSystem
import PackCore

/// Product of two f32 tensors that are both computed (ONNX `MatMul`). Each task packs some columns of a matrix of the right
/// operand into panels, in scratch memory of its thread, and multiplies some rows of the left one by them; for few rows it
/// reads the columns where they lie, if the kernel for that was linked.
enum MatMul: Operator {
    /// Panels that a task packs, and rows that it multiplies: packing is a small part of it, and all threads have work.
    fileprivate static let panelsPerTask = 8
    fileprivate static let rowsPerTask = 256
    /// Rows for which packing would take longer than the product.
    private static let fewRows = 8

    fileprivate struct Task {
        let kernel: pack_gemm_kernel
        let m: Int
        let k: Int
        let n: Int
        let a: UnsafePointer<Float>
        let b: UnsafePointer<Float>
        let c: UnsafeMutablePointer<Float>
        /// Elements between matrices: output, left, right.
        let steps: Walk.Four
        let columns: Int
        /// Tasks of one matrix.
        let tasks: Int
        let scratch: UnsafeMutableRawPointer
        let scratchPerWorker: Int
        /// For columns that are read where they lie: the kernel, and where each row begins.
        let rows: pack_gemm_rows_kernel?
        let offsets: UnsafePointer<Int>?
    }

    private static func scratchPerWorker(_ shape: MatrixShape) throws(OperatorError) -> Int {
        let bytes = pack_panels_bytes_f32(shape.k, Swift.min(shape.n, panelsPerTask * Int(PACK_PANEL)))
        guard bytes < 1 << 40 else { throw .shape }
        return (Int(bytes) + 63) & ~63
    }

    private static func rowsKernel(_ step: Step, _ shape: MatrixShape) -> pack_gemm_rows_kernel? {
        shape.m <= fewRows ? step.kernels.pointee.gemm_rows_f32 : nil
    }

    static func prepare(_ step: Step) throws(OperatorError) -> Int {
        let shape = try MatrixShape(step)
        try step.input(0).require(.f32)
        try step.input(1).require(.f32)
        try step.output().require(.f32)
        guard step.kernels.pointee.gemm_f32 != nil else { throw .kernel }
        let offsets = rowsKernel(step, shape) == nil ? 0 : try product(shape.k, MemoryLayout<Int>.stride)
        let (bytes, overflow) = offsets.addingReportingOverflow(try product(try scratchPerWorker(shape), step.threads))
        guard !overflow else { throw .shape }
        return bytes
    }

    static func run(_ step: Step) throws(OperatorError) {
        let shape = try MatrixShape(step)
        let out = try step.output()
        if shape.k == 0 { return out.clear() }
        guard out.count > 0, let a = try step.input(0).floats.baseAddress, let b = try step.input(1).floats.baseAddress,
            let c = out.floats.baseAddress, let scratch = step.scratch, let kernel = step.kernels.pointee.gemm_f32
        else { return }
        let width = panelsPerTask * Int(PACK_PANEL)
        let columns = (shape.n + width - 1) / width
        let tasks = columns * ((shape.m + rowsPerTask - 1) / rowsPerTask)
        let run = shape.walk.run
        let steps = shape.walk.steps
        let bytes = try scratchPerWorker(shape)
        let rows = rowsKernel(step, shape)
        let offsets = (scratch + bytes * step.threads).assumingMemoryBound(to: Int.self)
        if rows != nil {
            for row in 0..<shape.k { offsets[row] = row * shape.n }
        }
        try shape.walk.forEachRun { at throws(OperatorError) in
            let task = Task(
                kernel: kernel, m: shape.m, k: shape.k, n: shape.n, a: a + at[1], b: b + at[2], c: c + at[0],
                steps: steps, columns: columns, tasks: tasks, scratch: scratch, scratchPerWorker: bytes,
                rows: rows, offsets: UnsafePointer(offsets))
            step.parallel(tasks * run, task) { context, index, worker in
                context?.assumingMemoryBound(to: Task.self).pointee.perform(index, worker)
            }
        }
    }
}

extension MatMul.Task {
    /// Multiplies the rows of a task by its columns.
    fileprivate func perform(_ index: Int, _ worker: UInt32) {
        let matrix = index / tasks
        let width = MatMul.panelsPerTask * Int(PACK_PANEL)
        var column = index % tasks % columns * width
        let row = index % tasks / columns * MatMul.rowsPerTask
        let end = Swift.min(column + width, n)
        var gemm = pack_gemm()
        gemm.a = UnsafeRawPointer(a + matrix * steps[1])
        gemm.lda = k
        gemm.k = k
        gemm.ldc = n
        if let rows, let offsets {
            // Not beyond the last column: of fewer than a panel all would be read.
            let last = end / Int(PACK_PANEL)
            gemm.panels = UnsafeRawPointer(b + matrix * steps[2])
            gemm.n = n
            gemm.c = c + matrix * steps[0]
            rows(&gemm, offsets, 0, m, column / Int(PACK_PANEL), last)
            column = last * Int(PACK_PANEL)
            if column == end { return }
        }
        let count = end - column
        let panels = scratch + Int(worker) * scratchPerWorker
        pack_panels_f32(
            b + matrix * steps[2] + column, n, 0, k, count, panels.assumingMemoryBound(to: Float.self))
        gemm.panels = UnsafeRawPointer(panels)
        gemm.n = count
        gemm.c = c + matrix * steps[0] + column
        kernel(
            &gemm, row, Swift.min(row + MatMul.rowsPerTask, m), 0, (count + Int(PACK_PANEL) - 1) / Int(PACK_PANEL))
    }
}

/// C entry of `MatMul`.
@c(pack_op_MatMul) public func packOperatorMatMul(_ step: UnsafePointer<pack_step>?, _ running: Int32) -> Int64 {
    perform(MatMul.self, step, running)
}
