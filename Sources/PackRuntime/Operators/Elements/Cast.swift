public import CPackKernels
import PackCore

/// Changes the element type (ONNX `Cast`). Floats become integers by cutting towards zero, within 64 bits, of which narrower
/// types keep the low ones; NaN becomes 0. Anything but zero becomes true.
enum Cast: Operator {
    static func prepare(_ step: Step) throws(OperatorError) -> Int {
        guard try step.input(0).count == step.output().count else { throw .shape }
        return 2 * blockElements * 8
    }

    static func run(_ step: Step) throws(OperatorError) {
        let x = try step.input(0)
        let out = try step.output()
        guard let scratch = step.scratch else { throw .attribute }
        let numbers = scratch.assumingMemoryBound(to: Double.self)
        let integers = (scratch + blockElements * 8).assumingMemoryBound(to: Int64.self)
        let isFloat = (from: x.dtype.wide == .float, to: out.dtype.wide == .float)
        var at = 0
        while at < x.count {
            let count = Swift.min(blockElements, x.count - at)
            if isFloat.to {
                x.load(at, 1, count, numbers)
                out.store(at, 1, count, numbers)
            } else {
                if isFloat.from {
                    x.load(at, 1, count, numbers)
                    for i in 0..<count { integers[i] = integer(numbers[i], out.dtype) }
                } else {
                    x.load(at, 1, count, integers)
                }
                out.store(at, 1, count, integers)
            }
            at += count
        }
    }

    private static func integer(_ value: Double, _ type: DType) -> Int64 {
        if type == .bool { return value == 0 ? 0 : 1 }
        if type == .u64, value >= 0x1p63 {
            return Int64(bitPattern: value < 0x1p64 ? UInt64(value) : UInt64.max)
        }
        return bounded(value)
    }
}

/// A float cut towards zero, within 64 bits; 0 for NaN.
func bounded(_ value: Double) -> Int64 {
    value.isNaN ? 0 : value >= 0x1p63 ? Int64.max : value <= -0x1p63 ? Int64.min : Int64(value)
}

/// C entry of `Cast`.
@c(pack_op_Cast) public func packOperatorCast(_ step: UnsafePointer<pack_step>?, _ running: Int32) -> Int64 {
    perform(Cast.self, step, running)
}
