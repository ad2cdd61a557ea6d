public import CPackKernels
import PackCore

/// Cuts the middle out of a tensor, or sets it in the middle of zeros, axis by axis (ONNX `CenterCropPad`). Any element type.
/// Inputs: x; the new extents, or absent where the plan knows them. Attributes: the axes that these are of.
enum CenterCropPad: MeasuringOperator {
    private static func check(_ step: Step) throws(OperatorError) {
        let (x, out) = (try step.input(0), try step.output())
        guard x.dtype == out.dtype else { throw .type }
        guard x.rank == out.rank, x.rank <= 8 else { throw .shape }
        guard let shape = step.optional(1) else { return }
        try shape.requireInteger()
        guard shape.count == step.attributeCount else { throw .shape }
        for index in 0..<shape.count {
            guard (0..<x.rank).contains(try step.attribute(index)) else { throw .attribute }
        }
    }

    static func measure(_ step: Step) throws(OperatorError) {
        try check(step)
        let (x, shape, out) = (try step.input(0), try step.input(1), try step.output())
        for axis in 0..<out.rank { out.setExtent(axis, x.extent(axis)) }
        for index in 0..<shape.count { out.setExtent(try step.attribute(index), shape.index(index)) }
    }

    static func prepare(_ step: Step) throws(OperatorError) -> Int {
        try check(step)
        return 0
    }

    static func run(_ step: Step) throws(OperatorError) {
        let (x, out) = (try step.input(0), try step.output())
        if let shape = step.optional(1) {
            for index in 0..<shape.count where shape.index(index) != out.extent(try step.attribute(index)) {
                throw .shape
            }
        }
        var before = InlineArray<8, Int>(repeating: 0)
        for axis in 0..<x.rank { before[axis] = (out.extent(axis) - x.extent(axis)) / 2 }
        PadFixed.pad(x, out, .constant, before, 0)
    }
}

/// C entry of `CenterCropPad`.
@c(pack_op_CenterCropPad) public func packOperatorCenterCropPad(
    _ step: UnsafePointer<pack_step>?, _ running: Int32
) -> Int64 { performMeasuring(CenterCropPad.self, step, running) }
