public import CPackKernels
import CPackSystem
import PackCore

/// Normalization with fixed statistics (ONNX `BatchNormalization`, inference). Inputs f32: x [N, C, ..], then scale, bias, mean
/// and variance, each [C]. Attribute: bits of epsilon.
enum BatchNormalization: Operator {
    private struct Task {
        let kernel: pack_binary_kernel
        let x: UnsafePointer<Float>
        let out: UnsafeMutablePointer<Float>
        let scale: UnsafePointer<Float>
        let bias: UnsafePointer<Float>
        let mean: UnsafePointer<Float>
        let variance: UnsafePointer<Float>
        let channels: Int
        let plane: Int
        let epsilon: Float

        func compute(_ unit: Int) {
            let channel = unit % channels
            var factor = scale[channel] / (variance[channel] + epsilon).squareRoot()
            var shift = bias[channel] - mean[channel] * factor
            let (from, to) = (x + unit * plane, out + unit * plane)
            kernel(PACK_BINARY_MULTIPLY.rawValue, from, &factor, 0, to, plane)
            kernel(PACK_BINARY_ADD.rawValue, to, &shift, 0, to, plane)
        }
    }

    static func prepare(_ step: Step) throws(OperatorError) -> Int {
        let x = try step.input(0)
        let out = try step.output()
        try x.require(.f32)
        try out.require(.f32)
        guard x.hasShape(of: out), x.rank >= 2 else { throw .shape }
        for index in 1...4 {
            let vector = try step.input(index)
            try vector.require(.f32)
            guard vector.count == x.extent(1) else { throw .shape }
        }
        _ = try step.floatAttribute(0)
        guard step.kernels.pointee.binary != nil else { throw .kernel }
        return 0
    }

    static func run(_ step: Step) throws(OperatorError) {
        let x = try step.input(0)
        guard x.count > 0, let kernel = step.kernels.pointee.binary, let from = x.floats.baseAddress,
            let to = try step.output().floats.baseAddress, let scale = try step.input(1).floats.baseAddress,
            let bias = try step.input(2).floats.baseAddress, let mean = try step.input(3).floats.baseAddress,
            let variance = try step.input(4).floats.baseAddress
        else { return }
        let task = Task(
            kernel: kernel, x: from, out: to, scale: scale, bias: bias, mean: mean, variance: variance,
            channels: x.extent(1), plane: x.product(2..<x.rank), epsilon: try step.floatAttribute(0))
        step.parallel(x.product(0..<2), task) { context, unit, _ in
            context?.assumingMemoryBound(to: Task.self).pointee.compute(unit)
        }
    }
}

/// C entry of `BatchNormalization`.
@c(pack_op_BatchNormalization) public func packOperatorBatchNormalization(
    _ step: UnsafePointer<pack_step>?, _ running: Int32
) -> Int64 { perform(BatchNormalization.self, step, running) }
