public import CPackKernels
import PackCore

/// Limits f32 values. Attributes: bits of the lower and of the upper limit.
enum Clip: Operator {
    static func prepare(_ step: Step) throws(OperatorError) -> Int {
        let x = try step.input(0)
        let out = try step.output()
        try x.require(.f32)
        try out.require(.f32)
        guard x.count == out.count else { throw .shape }
        _ = try step.attribute(1)
        return 0
    }

    static func run(_ step: Step) throws(OperatorError) {
        let x = try step.input(0).floats
        let out = try step.output().floats
        let low = try step.floatAttribute(0)
        let high = try step.floatAttribute(1)
        for i in 0..<out.count {
            let raised = x[i] < low ? low : x[i]
            out[i] = raised > high ? high : raised
        }
    }
}

/// Running sum of i64 along the last axis (ONNX `CumSum`, inclusive, forward). Wraps on overflow.
enum CumSum: Operator {
    static func prepare(_ step: Step) throws(OperatorError) -> Int {
        let x = try step.input(0)
        let out = try step.output()
        try x.require(.i64)
        try out.require(.i64)
        guard x.hasShape(of: out) else { throw .shape }
        return 0
    }

    static func run(_ step: Step) throws(OperatorError) {
        let x = try step.input(0)
        let out = try step.output().integers
        let from = x.integers
        for row in 0..<x.rows {
            var sum: Int64 = 0
            for i in row * x.last..<(row + 1) * x.last {
                sum = sum &+ from[i]
                out[i] = sum
            }
        }
    }
}

/// Counts: start, start + step, …, as many i64 as the output holds. Attributes: start, step.
enum RangeOperator: Operator {
    static func prepare(_ step: Step) throws(OperatorError) -> Int {
        try step.output().require(.i64)
        _ = try step.attribute(1)
        return 0
    }

    static func run(_ step: Step) throws(OperatorError) {
        let out = try step.output().integers
        var value = Int64(try step.attribute(0))
        let increment = Int64(try step.attribute(1))
        for i in 0..<out.count {
            out[i] = value
            value = value &+ increment
        }
    }
}

/// C entry of `Clip`.
@c(pack_op_Clip) public func packOperatorClip(_ step: UnsafePointer<pack_step>?, _ running: Int32) -> Int64 {
    perform(Clip.self, step, running)
}

/// C entry of `CumSum`.
@c(pack_op_CumSum) public func packOperatorCumSum(_ step: UnsafePointer<pack_step>?, _ running: Int32) -> Int64 {
    perform(CumSum.self, step, running)
}

/// C entry of `Range`.
@c(pack_op_Range) public func packOperatorRange(_ step: UnsafePointer<pack_step>?, _ running: Int32) -> Int64 {
    perform(RangeOperator.self, step, running)
}
