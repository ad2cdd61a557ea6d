public import CPackKernels
import CPackSystem
import PackCore

/// Convolution of every channel by itself over what is and was (ONNX `CausalConvWithState`).
///
/// Inputs f32: x [N, C, L]; weights [C, 1, K]; bias [C] or absent; the K − 1 values before x [N, C, K − 1], or absent (0). Outputs
/// f32: results [N, C, L], the last K − 1 values [N, C, K − 1]. Attribute: 1 for x · sigmoid(x) of the results.
enum CausalConv: Operator {
    private struct Shape {
        let units: Int
        let channels: Int
        let length: Int
        let taps: Int
        var past: Int { taps - 1 }
        let offsetBytes: Int
        let workerBytes: Int

        init(_ step: Step) throws(OperatorError) {
            let (x, w, out, state) = (try step.input(0), try step.input(1), try step.output(0), try step.output(1))
            for tensor in [x, w, out, state] { try tensor.require(.f32) }
            guard x.rank == 3, w.rank == 3, out.hasShape(of: x), w.extent(0) == x.extent(1), w.extent(1) == 1,
                w.extent(2) > 0
            else { throw .shape }
            (units, channels, length, taps) = (x.product(0..<2), x.extent(1), x.extent(2), w.extent(2))
            guard state.count == (try bytes(units, taps - 1)) else { throw .shape }
            if let bias = step.optional(2) {
                try bias.require(.f32)
                guard bias.count == channels else { throw .shape }
            }
            if let past = step.optional(3) {
                try past.require(.f32)
                guard past.count == state.count else { throw .shape }
            }
            guard (0...1).contains(try step.attribute(0)) else { throw .attribute }
            offsetBytes = (try bytes(taps, 8) + 63) & ~63
            workerBytes = (try bytes(2 * (length + taps) + 4 * Int(PACK_PANEL), 4) + 63) & ~63
        }
    }

    static func prepare(_ step: Step) throws(OperatorError) -> Int {
        let shape = try Shape(step)
        let kernels = step.kernels.pointee
        guard kernels.tap_rows != nil, kernels.unary != nil, kernels.binary != nil else { throw .kernel }
        return shape.offsetBytes + (try bytes(shape.workerBytes, step.threads))
    }

    private struct Task {
        let shape: Shape
        let kernels: UnsafePointer<pack_kernels>
        let scratch: UnsafeMutableRawPointer
        let x: UnsafePointer<Float>?
        let weights: UnsafePointer<Float>
        let bias: UnsafePointer<Float>?
        let past: UnsafePointer<Float>?
        let out: UnsafeMutablePointer<Float>?
        let state: UnsafeMutablePointer<Float>?
        let isScaled: Bool

        func compute(_ unit: Int, _ worker: Int) {
            let row = (scratch + shape.offsetBytes + worker * shape.workerBytes).assumingMemoryBound(to: Float.self)
            let (before, length) = (shape.past, shape.length)
            if let past {
                row.update(from: past + unit * before, count: before)
            } else {
                row.update(repeating: 0, count: before)
            }
            if let x { (row + before).update(from: x + unit * length, count: length) }
            if let state { (state + unit * before).update(from: row + length, count: before) }
            guard let out, length > 0 else { return }
            let (to, channel) = (out + unit * length, unit % shape.channels)
            kernels.pointee.tap_rows?(
                row, scratch.assumingMemoryBound(to: Int.self), weights + channel * shape.taps, shape.taps,
                bias?[channel] ?? 0, to, length)
            guard isScaled else { return }
            let factors = row + before + length + 2 * Int(PACK_PANEL)
            kernels.pointee.unary?(PACK_UNARY_SIGMOID.rawValue, nil, to, factors, length)
            kernels.pointee.binary?(PACK_BINARY_MULTIPLY.rawValue, to, factors, 1, to, length)
        }
    }

    static func run(_ step: Step) throws(OperatorError) {
        let shape = try Shape(step)
        guard let scratch = step.scratch, let weights = try step.input(1).floats.baseAddress else { return }
        let offsets = scratch.assumingMemoryBound(to: Int.self)
        for tap in 0..<shape.taps { offsets[tap] = tap }
        let task = Task(
            shape: shape, kernels: step.kernels, scratch: scratch,
            x: UnsafePointer(try step.input(0).floats.baseAddress),
            weights: weights, bias: UnsafePointer(step.optional(2)?.floats.baseAddress),
            past: UnsafePointer(step.optional(3)?.floats.baseAddress), out: try step.output(0).floats.baseAddress,
            state: try step.output(1).floats.baseAddress, isScaled: try step.attribute(0) == 1)
        step.parallel(shape.units, task) { context, unit, worker in
            context?.assumingMemoryBound(to: Task.self).pointee.compute(unit, Int(worker))
        }
    }
}

/// C entry of `CausalConv`.
@c(pack_op_CausalConv) public func packOperatorCausalConv(
    _ step: UnsafePointer<pack_step>?, _ running: Int32
) -> Int64 { perform(CausalConv.self, step, running) }
