public import CPackKernels
import PackCore

/// The positions of elements other than 0, in row-major order, as i64 [rank, count] (ONNX `NonZero`).
enum NonZero: MeasuringOperator {
    private static func check(_ step: Step) throws(OperatorError) {
        let out = try step.output()
        try out.require(.i64)
        guard out.rank == 2 else { throw .shape }
    }

    static func prepare(_ step: Step) throws(OperatorError) -> Int {
        try check(step)
        guard try step.output().extent(0) == step.input(0).rank else { throw .shape }
        return 0
    }

    static func measure(_ step: Step) throws(OperatorError) {
        try check(step)
        let x = try step.input(0)
        var count = 0
        for i in 0..<x.count where isSet(x, i) { count += 1 }
        try step.output().setExtent(0, x.rank)
        try step.output().setExtent(1, count)
    }

    static func run(_ step: Step) throws(OperatorError) {
        let x = try step.input(0)
        let out = try step.output()
        let positions = out.integers
        let count = out.extent(1)
        var found = 0
        for i in 0..<x.count where isSet(x, i) {
            guard found < count else { throw .shape }
            var rest = i
            for axis in stride(from: x.rank - 1, through: 0, by: -1) {
                positions[axis * count + found] = Int64(rest % x.extent(axis))
                rest /= x.extent(axis)
            }
            found += 1
        }
        guard found == count else { throw .shape }
    }

    private static func isSet(_ x: Tensor, _ at: Int) -> Bool {
        x.dtype.wide == .float ? x.number(at) != 0 : x.integer(at) != 0
    }
}

/// C entry of `NonZero`.
@c(pack_op_NonZero) public func packOperatorNonZero(_ step: UnsafePointer<pack_step>?, _ running: Int32) -> Int64 {
    performMeasuring(NonZero.self, step, running)
}
