public import CPackKernels
import PackCore

/// Chooses by a bool tensor between two of one type, with broadcasting (ONNX `Where`). Any element type.
enum Where: Operator {
    static func prepare(_ step: Step) throws(OperatorError) -> Int {
        let condition = try step.input(0)
        let a = try step.input(1)
        let b = try step.input(2)
        let out = try step.output()
        try condition.require(.bool)
        guard a.dtype == b.dtype, out.dtype == a.dtype else { throw .type }
        _ = try Walk(output: out, condition, a, b)
        return 0
    }

    static func run(_ step: Step) throws(OperatorError) {
        let a = try step.input(1)
        let walk = try Walk(output: try step.output(), try step.input(0), a, try step.input(2))
        switch a.dtype.size {
        case 1: try choose(UInt8.self, step, walk)
        case 2: try choose(UInt16.self, step, walk)
        case 4: try choose(UInt32.self, step, walk)
        default: try choose(UInt64.self, step, walk)
        }
    }

    @inline(__always)
    private static func choose<T>(_: T.Type, _ step: Step, _ walk: Walk) throws(OperatorError) {
        let test = try step.input(0).elements(UInt8.self)
        let a = try step.input(1).elements(T.self)
        let b = try step.input(2).elements(T.self)
        let out = try step.output().elements(T.self)
        let run = walk.run
        let steps = walk.steps
        try walk.forEachRun { at throws(OperatorError) in
            for i in 0..<run {
                out[at[0] + i * steps[0]] =
                    test[at[1] + i * steps[1]] != 0 ? a[at[2] + i * steps[2]] : b[at[3] + i * steps[3]]
            }
        }
    }
}

/// C entry of `Where`.
@c(pack_op_Where) public func packOperatorWhere(_ step: UnsafePointer<pack_step>?, _ running: Int32) -> Int64 {
    perform(Where.self, step, running)
}
