import CPackKernels
import CPackSystem
import PackCore

/// The weights of a convolution [M, K], as f32 in place, or stored in fewer bits and restored into scratch memory before the
/// product: each is used for many elements of the image, so that restoring it costs little beside.
///
/// In a step's inputs: second the weights, as f32, or rows of f16, of int8 codes, or of int4 codes in groups; fourth, for codes, the
/// scale of each row.
struct ConvWeights {
    private let dtype: DType
    private let outputs: Int
    private let k: Int
    /// Values from one output's weights to the next.
    let row: Int
    /// Bytes of scratch memory that the restored weights need.
    let scratchBytes: Int

    private static let rowsPerTask = 16

    init(_ step: Step, outputs: Int, k: Int) throws(OperatorError) {
        let tensor = try step.input(1)
        (dtype, self.outputs, self.k) = (tensor.dtype, outputs, k)
        guard tensor.rank >= 2, tensor.extent(0) == outputs else { throw .shape }
        if dtype == .f32 {
            (row, scratchBytes) = (tensor.rank == 2 ? tensor.extent(1) : k, 0)
            guard row >= k else { throw .shape }
            return
        }
        let length =
            switch dtype {
            case .f16, .i8: k
            case .u8: pack_row_bytes_s4(k)
            default: throw .type
            }
        guard tensor.rank == 2, tensor.extent(1) == length else { throw .shape }
        if dtype != .f16 {
            guard let scales = step.optional(3), scales.count == outputs else { throw .shape }
            try scales.require(.f32)
        }
        // Rows a multiple of a page apart would compete for the same few lines of the cache.
        row = k % 1024 == 0 ? k + Int(PACK_PANEL) : k
        scratchBytes = (try bytes(outputs, row, 4) + 63) & ~63
    }

    /// Checks that the kernel that restores them is there.
    func require(_ kernels: UnsafePointer<pack_kernels>) throws(OperatorError) {
        let isThere =
            switch dtype {
            case .f16: kernels.pointee.f16_to_f32 != nil
            case .i8: kernels.pointee.dequantize_s8 != nil
            case .u8: kernels.pointee.dequantize_s4 != nil
            default: true
            }
        guard isThere else { throw .kernel }
    }

    /// The weights as f32; restored ones lie at the start of the step's scratch memory.
    func floats(_ step: Step) throws(OperatorError) -> UnsafePointer<Float> {
        let tensor = try step.input(1)
        guard dtype != .f32 else {
            guard let floats = tensor.floats.baseAddress else { throw .kernel }
            return UnsafePointer(floats)
        }
        guard let scratch = step.scratch, let source = tensor.raw else { throw .kernel }
        let task = Task(
            weights: self, kernels: step.kernels, source: UnsafeRawPointer(source),
            scales: UnsafePointer(step.optional(3)?.floats.baseAddress), to: scratch.assumingMemoryBound(to: Float.self)
        )
        step.parallel((outputs + ConvWeights.rowsPerTask - 1) / ConvWeights.rowsPerTask, task) { context, index, _ in
            context?.assumingMemoryBound(to: Task.self).pointee.restore(index * ConvWeights.rowsPerTask)
        }
        return UnsafePointer(task.to)
    }

    private struct Task {
        let weights: ConvWeights
        let kernels: UnsafePointer<pack_kernels>
        let source: UnsafeRawPointer
        let scales: UnsafePointer<Float>?
        let to: UnsafeMutablePointer<Float>

        func restore(_ first: Int) {
            let (k, kernels) = (weights.k, kernels.pointee)
            for row in first..<Swift.min(first + ConvWeights.rowsPerTask, weights.outputs) {
                let target = to + row * weights.row
                switch weights.dtype {
                case .f16:
                    kernels.f16_to_f32?(source.assumingMemoryBound(to: UInt16.self) + row * k, target, k)
                case .i8:
                    kernels.dequantize_s8?(
                        source.assumingMemoryBound(to: Int8.self) + row * k, scales?[row] ?? 0, target, k)
                default:
                    kernels.dequantize_s4?(
                        source.assumingMemoryBound(to: UInt8.self) + row * pack_row_bytes_s4(k), scales?[row] ?? 0,
                        target, k)
                }
            }
        }
    }
}
