public import CPackKernels
import CPackSystem
import PackCore

/// x / sqrt(mean(x²) + epsilon) · scale over the axes from one on (ONNX `RMSNormalization`). Inputs f32: x, scale with as many
/// elements as those axes. Attributes: the axis, bits of epsilon.
enum RMSNormalization: Operator {
    private struct Task {
        let x: UnsafePointer<Float>
        let scale: UnsafePointer<Float>
        let out: UnsafeMutablePointer<Float>
        let count: Int
        let epsilon: Float

        /// Eight sums, so that one addition need not wait for the other.
        func compute(_ row: Int) {
            let (from, to) = (x + row * count, out + row * count)
            var sums = SIMD8<Float>(repeating: 0)
            var i = 0
            while i + 8 <= count {
                let values = UnsafeRawPointer(from + i).loadUnaligned(as: SIMD8<Float>.self)
                sums += values * values
                i += 8
            }
            var sum = sums.sum()
            while i < count {
                sum += from[i] * from[i]
                i += 1
            }
            let factor = 1 / (sum / Float(count) + epsilon).squareRoot()
            for i in 0..<count { to[i] = from[i] * factor * scale[i] }
        }
    }

    static func prepare(_ step: Step) throws(OperatorError) -> Int {
        let x = try step.input(0)
        let scale = try step.input(1)
        let out = try step.output()
        try x.require(.f32)
        try scale.require(.f32)
        try out.require(.f32)
        let axis = try step.attribute(0)
        guard axis >= 0, axis < x.rank else { throw .attribute }
        guard x.count == out.count, scale.count == x.product(axis..<x.rank) else { throw .shape }
        _ = try step.floatAttribute(1)
        return 0
    }

    static func run(_ step: Step) throws(OperatorError) {
        let x = try step.input(0)
        guard x.count > 0, let from = x.floats.baseAddress, let scale = try step.input(1).floats.baseAddress,
            let to = try step.output().floats.baseAddress
        else { return }
        let axis = try step.attribute(0)
        let task = Task(
            x: from, scale: scale, out: to, count: x.product(axis..<x.rank), epsilon: try step.floatAttribute(1))
        step.parallel(x.product(0..<axis), task) { context, row, _ in
            context?.assumingMemoryBound(to: Task.self).pointee.compute(row)
        }
    }
}

/// C entry of `RMSNormalization`.
@c(pack_op_RMSNormalization) public func packOperatorRMSNormalization(
    _ step: UnsafePointer<pack_step>?, _ running: Int32
) -> Int64 { perform(RMSNormalization.self, step, running) }
