public import CPackKernels
import PackCore

/// start, start + delta, … up to but without the limit (ONNX `Range`). Inputs: start, limit, delta, of one numeric type.
enum Progression: MeasuringOperator {
    private static func count(_ step: Step) throws(OperatorError) -> Int {
        let start = try step.input(0)
        let limit = try step.input(1)
        let delta = try step.input(2)
        if start.dtype.wide == .float {
            let count = ((limit.number(0) - start.number(0)) / delta.number(0)).rounded(.up)
            guard count < 0x1p48 else { throw .shape }
            return count > 0 ? Int(count) : 0
        }
        let by = delta.integer(0)
        let (distance, overflow) = limit.integer(0).subtractingReportingOverflow(start.integer(0))
        guard by != 0, !overflow else { throw .index }
        if distance == 0 || (distance < 0) != (by < 0) { return 0 }
        return Int(clamping: (distance.magnitude - 1) / by.magnitude + 1)
    }

    private static func check(_ step: Step) throws(OperatorError) {
        for index in 0..<3 {
            let x = try step.input(index)
            guard x.dtype == (try step.output().dtype), x.dtype != .bool else { throw .type }
            guard x.count == 1 else { throw .shape }
        }
    }

    static func prepare(_ step: Step) throws(OperatorError) -> Int {
        try check(step)
        return 0
    }

    static func measure(_ step: Step) throws(OperatorError) {
        try check(step)
        guard try step.output().rank == 1 else { throw .shape }
        try step.output().setExtent(0, try count(step))
    }

    static func run(_ step: Step) throws(OperatorError) {
        let out = try step.output()
        guard try count(step) == out.count else { throw .shape }
        let start = try step.input(0)
        let delta = try step.input(2)
        for i in 0..<out.count {
            if start.dtype.wide == .float {
                var value = start.number(0) + Double(i) * delta.number(0)
                out.store(i, 1, 1, &value)
            } else {
                var value = start.integer(0) &+ Int64(i) &* delta.integer(0)
                out.store(i, 1, 1, &value)
            }
        }
    }
}

/// C entry of `Progression`.
@c(pack_op_Progression) public func packOperatorProgression(
    _ step: UnsafePointer<pack_step>?, _ running: Int32
) -> Int64 { performMeasuring(Progression.self, step, running) }
