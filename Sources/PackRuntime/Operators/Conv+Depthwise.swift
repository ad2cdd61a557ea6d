import CPackKernels
import CPackSystem
import PackCore

extension Conv {
    private struct Sum {
        let shape: Shape
        let plane: Plane
        let kernels: UnsafePointer<pack_kernels>
        let scratch: UnsafeMutableRawPointer
        let x: UnsafePointer<Float>
        let weights: UnsafePointer<Float>
        let bias: UnsafePointer<Float>?
        let out: UnsafeMutablePointer<Float>

        /// The outputs of one channel of one image.
        func compute(_ unit: Int, _ worker: Int) {
            plane.load(x + unit * shape.window.inputCount, scratch, worker)
            let perChannel = shape.groupOutputs
            for output in 0..<perChannel {
                let channel = unit % shape.channels * perChannel + output
                plane.reduce(
                    kernels, scratch, worker, weights: weights + channel * shape.weightRow, from: bias?[channel] ?? 0,
                    activation: shape.activation, to: out + (unit * perChannel + output) * shape.window.outputCount)
            }
        }
    }

    /// Convolution of every channel by itself.
    static func sumTaps(_ step: Step, _ shape: Shape) throws(OperatorError) {
        let plane = try Plane(shape.window)
        guard let scratch = step.scratch, let x = try step.input(0).floats.baseAddress,
            let weights = try step.input(1).floats.baseAddress, let out = try step.output().floats.baseAddress
        else { return }
        plane.start(scratch, threads: step.threads, fill: 0)
        let task = Sum(
            shape: shape, plane: plane, kernels: step.kernels, scratch: scratch, x: x, weights: weights,
            bias: UnsafePointer(step.optional(2)?.floats.baseAddress), out: out)
        step.parallel(shape.batch * shape.channels, task) { context, unit, worker in
            context?.assumingMemoryBound(to: Sum.self).pointee.compute(unit, Int(worker))
        }
    }
}
