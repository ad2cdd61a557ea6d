public import CPackKernels
import PackCore

/// The mean and 1 / sqrt(variance + epsilon) over the axes from one on: the further outputs of `LayerNormalization`.
/// Attributes: the axis, bits of epsilon.
enum RowStatistics: Operator {
    static func prepare(_ step: Step) throws(OperatorError) -> Int {
        let x = try step.input(0)
        try x.require(.f32)
        let axis = try step.attribute(0)
        guard axis >= 0, axis < x.rank else { throw .attribute }
        for index in 0...1 {
            let out = try step.output(index)
            try out.require(.f32)
            guard out.count == x.product(0..<axis) else { throw .shape }
        }
        _ = try step.floatAttribute(1)
        return 0
    }

    static func run(_ step: Step) throws(OperatorError) {
        let x = try step.input(0)
        let axis = try step.attribute(0)
        let epsilon = try step.floatAttribute(1)
        let count = x.product(axis..<x.rank)
        let from = x.floats
        let (means, inverses) = (try step.output(0).floats, try step.output(1).floats)
        for row in 0..<means.count {
            var sum = 0.0
            for i in row * count..<(row + 1) * count { sum += Double(from[i]) }
            let mean = sum / Double(count)
            var squares = 0.0
            for i in row * count..<(row + 1) * count { squares += (Double(from[i]) - mean) * (Double(from[i]) - mean) }
            means[row] = Float(mean)
            inverses[row] = Float(1 / (squares / Double(count) + Double(epsilon)).squareRoot())
        }
    }
}

/// C entry of `RowStatistics`.
@c(pack_op_RowStatistics) public func packOperatorRowStatistics(
    _ step: UnsafePointer<pack_step>?, _ running: Int32
) -> Int64 { perform(RowStatistics.self, step, running) }
