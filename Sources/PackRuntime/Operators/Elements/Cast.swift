public import CPackKernels
import PackCore

/// Changes the element type (ONNX `Cast`). Floats become integers by cutting towards zero, within 64 bits, of which narrower
/// types keep the low ones; NaN becomes 0. Anything but zero becomes true.
///
/// Attributes, which may be left out: whether floats of 8 bits saturate (1 as the standard), and how `f8e8m0` rounds
/// (`NarrowFloat.Rounding`, up as the standard), and whether
/// bits are taken over as they are (ONNX `BitCast`).
enum Cast: Operator {
    static func prepare(_ step: Step) throws(OperatorError) -> Int {
        guard try step.input(0).count == step.output().count else { throw .shape }
        let form = try Form(step)
        let sizes = (try step.input(0).dtype.size, try step.output().dtype.size)
        guard !form.keepsBits || sizes.0 == sizes.1 else { throw .type }
        return 2 * blockElements * 8
    }

    static func run(_ step: Step) throws(OperatorError) {
        let x = try step.input(0)
        let out = try step.output()
        guard let scratch = step.scratch else { throw .attribute }
        let numbers = scratch.assumingMemoryBound(to: Double.self)
        let integers = (scratch + blockElements * 8).assumingMemoryBound(to: Int64.self)
        let isFloat = (from: x.dtype.wide == .float, to: out.dtype.wide == .float)
        let form = try Form(step)
        if form.keepsBits {
            if let from = x.raw, let to = out.raw { to.copyMemory(from: from, byteCount: x.count * x.dtype.size) }
            return
        }
        var at = 0
        while at < x.count {
            let count = Swift.min(blockElements, x.count - at)
            if isFloat.to {
                x.load(at, 1, count, numbers)
                store(numbers, at, count, out, form)
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

    private struct Form {
        var saturates = true
        var rounding = NarrowFloat.Rounding.up
        var keepsBits = false

        init(_ step: Step) throws(OperatorError) {
            guard step.attributeCount > 0 else { return }
            saturates = try step.attribute(0) != 0
            guard let rounding = NarrowFloat.Rounding(rawValue: try step.attribute(1)) else { throw .attribute }
            self.rounding = rounding
            if step.attributeCount > 2 { keepsBits = try step.attribute(2) != 0 }
        }
    }

    private static func store(
        _ numbers: UnsafeMutablePointer<Double>, _ at: Int, _ count: Int, _ out: Tensor, _ form: Form
    ) {
        switch out.dtype {
        case .f8e8m0:
            guard let format = NarrowFloat(.f8e8m0) else { return }
            let codes = out.elements(UInt8.self)
            for i in 0..<count {
                codes[at + i] = format.scaleCode(Float(numbers[i]), form.rounding, saturates: form.saturates)
            }
        case .f8e4m3fn, .f8e4m3fnuz, .f8e5m2, .f8e5m2fnuz:
            out.storeNarrow(at, 1, count, numbers, saturates: form.saturates)
        default: out.store(at, 1, count, numbers)
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
