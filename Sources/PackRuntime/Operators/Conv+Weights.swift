import CPackKernels
import CPackSystem
import PackCore

/// The weights of a convolution [M, K], as f32 in place, or stored in fewer bits and restored into scratch memory before the
/// product: each is used for many elements of the image, so that restoring it costs little beside.
///
/// In a step's inputs: second the weights, as f32, or rows of f16, of int8 codes, or of int4 codes in groups; fourth, for codes, the
/// scale of each row.
struct ConvWeights {
    private let outputs: Int
    /// The rows to restore; nil for f32.
    private let stored: StoredRows?
    /// Values from one output's weights to the next.
    let row: Int
    /// Bytes of scratch memory that the restored weights need.
    let scratchBytes: Int

    private static let rowsPerTask = 16

    init(_ step: Step, outputs: Int, k: Int) throws(OperatorError) {
        let tensor = try step.input(1)
        self.outputs = outputs
        guard tensor.rank >= 2, tensor.extent(0) == outputs else { throw .shape }
        if tensor.dtype == .f32 {
            (row, scratchBytes, stored) = (tensor.rank == 2 ? tensor.extent(1) : k, 0, nil)
            guard row >= k else { throw .shape }
            return
        }
        stored = try StoredRows(tensor, step.optional(3), columns: k)
        // Rows a multiple of a page apart would compete for the same few lines of the cache.
        row = k % 1024 == 0 ? k + Int(PACK_PANEL) : k
        scratchBytes = (try bytes(outputs, row, 4) + 63) & ~63
    }

    /// Checks that the kernel that restores them is there.
    func require(_ kernels: UnsafePointer<pack_kernels>) throws(OperatorError) {
        if let stored { try stored.require(kernels) }
    }

    /// The weights as f32; restored ones lie at the start of the step's scratch memory.
    func floats(_ step: Step) throws(OperatorError) -> UnsafePointer<Float> {
        guard let stored else {
            guard let floats = try step.input(1).floats.baseAddress else { throw .kernel }
            return UnsafePointer(floats)
        }
        guard let scratch = step.scratch else { throw .kernel }
        let task = Task(
            rows: stored, kernels: step.kernels, to: scratch.assumingMemoryBound(to: Float.self), stride: row)
        step.parallel((outputs + ConvWeights.rowsPerTask - 1) / ConvWeights.rowsPerTask, task) { context, index, _ in
            context?.assumingMemoryBound(to: Task.self).pointee.restore(index * ConvWeights.rowsPerTask)
        }
        return UnsafePointer(task.to)
    }

    private struct Task {
        let rows: StoredRows
        let kernels: UnsafePointer<pack_kernels>
        let to: UnsafeMutablePointer<Float>
        let stride: Int

        func restore(_ first: Int) {
            for row in first..<Swift.min(first + ConvWeights.rowsPerTask, rows.rows) {
                _ = rows.restore(row, kernels, to: to + row * stride)
            }
        }
    }
}
