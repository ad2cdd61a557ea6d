public import CPackKernels
import PackCore

/// A tensor of equal elements (ONNX `ConstantOfShape`). Attribute: bits of the element. The input holds the extents where
/// they are measured.
enum Fill: MeasuringOperator {
    static func prepare(_ step: Step) throws(OperatorError) -> Int {
        _ = try step.attribute(0)
        return 0
    }

    static func measure(_ step: Step) throws(OperatorError) {
        let extents = try step.input(0)
        let out = try step.output()
        try extents.requireInteger()
        guard extents.count == out.rank else { throw .shape }
        for axis in 0..<out.rank {
            guard extents.index(axis) >= 0 else { throw .shape }
            out.setExtent(axis, extents.index(axis))
        }
    }

    static func run(_ step: Step) throws(OperatorError) {
        let out = try step.output()
        let bits = UInt64(bitPattern: Int64(try step.attribute(0)))
        switch out.dtype.size {
        case 1: out.elements(UInt8.self).update(repeating: UInt8(truncatingIfNeeded: bits))
        case 2: out.elements(UInt16.self).update(repeating: UInt16(truncatingIfNeeded: bits))
        case 4: out.elements(UInt32.self).update(repeating: UInt32(truncatingIfNeeded: bits))
        default: out.elements(UInt64.self).update(repeating: bits)
        }
    }
}

/// C entry of `Fill`.
@c(pack_op_Fill) public func packOperatorFill(_ step: UnsafePointer<pack_step>?, _ running: Int32) -> Int64 {
    performMeasuring(Fill.self, step, running)
}
