import CPackKernels
import CPackSystem
import PackCore

extension Conv {
    private struct Sum {
        let shape: Shape
        let plane: Plane
        let kernels: UnsafePointer<pack_kernels>
        let offsets: UnsafePointer<Int>
        let planes: UnsafeMutableRawPointer
        let x: UnsafePointer<Float>
        let weights: UnsafePointer<Float>
        let bias: UnsafePointer<Float>?
        let out: UnsafeMutablePointer<Float>

        /// The outputs of one channel of one image.
        func compute(_ unit: Int, _ worker: Int) {
            let memory = (planes + worker * plane.byteCount).assumingMemoryBound(to: Float.self)
            plane.load(x + unit * shape.window.inputCount, into: memory)
            let count = shape.window.outputCount
            let width = shape.window.axes[2].output
            let perChannel = shape.groupOutputs
            for output in 0..<perChannel {
                let channel = unit % shape.channels * perChannel + output
                let to = out + (unit * perChannel + output) * count
                for row in 0..<plane.outputRows {
                    kernels.pointee.tap_rows?(
                        memory + plane.start(row), offsets, weights + channel * plane.taps, plane.taps,
                        bias?[channel] ?? 0, to + row * width, width)
                }
                // The codes of an activation are those of the function.
                if shape.activation != 0 { kernels.pointee.unary?(shape.activation, to, to, count) }
            }
        }
    }

    /// Convolution of every channel by itself.
    static func sumTaps(_ step: Step, _ shape: Shape) throws(OperatorError) {
        let plane = try Plane(shape.window)
        guard let scratch = step.scratch, let x = try step.input(0).floats.baseAddress,
            let weights = try step.input(1).floats.baseAddress, let out = try step.output().floats.baseAddress
        else { return }
        let planes = scratch + plane.offsetBytes
        let task = Sum(
            shape: shape, plane: plane, kernels: step.kernels, offsets: plane.writeOffsets(to: scratch), planes: planes,
            x: x, weights: weights, bias: UnsafePointer(step.optional(2)?.floats.baseAddress), out: out)
        planes.initializeMemory(as: Float.self, repeating: 0, count: plane.byteCount / 4 * step.threads)
        step.parallel(shape.batch * shape.channels, task) { context, unit, worker in
            context?.assumingMemoryBound(to: Sum.self).pointee.compute(unit, Int(worker))
        }
    }
}
