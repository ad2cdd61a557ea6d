public import CPackKernels
import PackCore

/// How `ResizeAxis` finds the place in the input of a place in the output; the values stand in plan files.
public enum ResizeCoordinates: Int, Sendable {
    case halfPixel = 0
    case halfPixelSymmetric = 1
    case pytorchHalfPixel = 2
    case alignCorners = 3
    case asymmetric = 4
    case cropAndResize = 5
}

/// Stretches one axis of an f32 tensor: what ONNX `Resize` does to an axis; several axes take a step each.
///
/// Attributes: axis; mode (0 nearest, 1 linear, 2 cubic); `ResizeCoordinates`; rounding of nearest (0 half down, 1 half up, 2
/// down, 3 up); whether the filter widens when the axis shrinks; whether taps outside count for nothing; bits of: the cubic
/// coefficient, the value outside (Float), the scale (Double, 0: what the extents give), start and end of the region (Float).
enum ResizeAxis: Operator {
    private static func pass(_ step: Step) throws(OperatorError) -> ResizePass {
        let x = try step.input(0)
        let out = try step.output()
        try x.require(.f32)
        try out.require(.f32)
        let axis = try step.attribute(0)
        guard x.rank == out.rank, axis >= 0, axis < x.rank else { throw .shape }
        for other in 0..<x.rank where other != axis && x.extent(other) != out.extent(other) { throw .shape }
        let scale = Double(bitPattern: UInt64(bitPattern: Int64(try step.attribute(8))))
        return ResizePass(
            outer: x.product(0..<axis), inner: x.product(axis + 1..<x.rank),
            filter: try ResizeFilter(
                step, from: 1, x.extent(axis), out.extent(axis), scale: scale, try step.floatAttribute(9),
                try step.floatAttribute(10)))
    }

    static func prepare(_ step: Step) throws(OperatorError) -> Int { try pass(step).tableBytes() }

    static func run(_ step: Step) throws(OperatorError) {
        guard let scratch = step.scratch, let x = try step.input(0).floats.baseAddress,
            let out = try step.output().floats.baseAddress, try step.output().count > 0
        else { return }
        try pass(step).run(step, x, out, table: scratch)
    }
}

/// C entry of `ResizeAxis`.
@c(pack_op_ResizeAxis) public func packOperatorResizeAxis(
    _ step: UnsafePointer<pack_step>?, _ running: Int32
) -> Int64 { perform(ResizeAxis.self, step, running) }
