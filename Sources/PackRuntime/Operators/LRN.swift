public import CPackKernels
import CPackSystem
import PackCore

/// x / (bias + alpha / size · Σ x² over `size` neighbouring channels)^beta (ONNX `LRN`). f32 [N, C, ..]. Attributes: size, bits
/// of alpha, beta and bias.
enum LRN: Operator {
    private struct Task {
        let x: UnsafePointer<Float>
        let out: UnsafeMutablePointer<Float>
        let channels: Int
        let plane: Int
        let size: Int
        let alpha: Float
        let beta: Float
        let bias: Float

        func compute(_ unit: Int) {
            let (first, channel) = (unit / channels * channels, unit % channels)
            let low = Swift.max(0, channel - (size - 1) / 2)
            let high = Swift.min(channels, channel + size / 2 + 1)
            let (from, to) = (x + unit * plane, out + unit * plane)
            to.update(repeating: 0, count: plane)
            for other in low..<high {
                let values = x + (first + other) * plane
                for i in 0..<plane { to[i] += values[i] * values[i] }
            }
            for i in 0..<plane {
                let base = bias + alpha / Float(size) * to[i]
                let root = base.squareRoot()
                to[i] = from[i] / (beta == 0.75 ? root * root.squareRoot() : pack_powf(base, beta))
            }
        }
    }

    static func prepare(_ step: Step) throws(OperatorError) -> Int {
        let x = try step.input(0)
        let out = try step.output()
        try x.require(.f32)
        try out.require(.f32)
        guard x.hasShape(of: out), x.rank >= 2 else { throw .shape }
        _ = try Window.bounded(step, 0, 1)
        _ = try step.floatAttribute(3)
        return 0
    }

    static func run(_ step: Step) throws(OperatorError) {
        let x = try step.input(0)
        guard x.count > 0, let from = x.floats.baseAddress, let to = try step.output().floats.baseAddress else {
            return
        }
        let task = Task(
            x: from, out: to, channels: x.extent(1), plane: x.product(2..<x.rank), size: try step.attribute(0),
            alpha: try step.floatAttribute(1), beta: try step.floatAttribute(2), bias: try step.floatAttribute(3))
        step.parallel(x.product(0..<2), task) { context, unit, _ in
            context?.assumingMemoryBound(to: Task.self).pointee.compute(unit)
        }
    }
}

/// C entry of `LRN`.
@c(pack_op_LRN) public func packOperatorLRN(_ step: UnsafePointer<pack_step>?, _ running: Int32) -> Int64 {
    perform(LRN.self, step, running)
}
