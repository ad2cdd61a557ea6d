public import CPackKernels
import PackCore

/// Indices as vectors that are "on" at one place (ONNX `OneHot`). Inputs: indices of any numeric type, depth, the values
/// [off, on]. Attribute: axis of the output. Indices out of range are off everywhere.
enum OneHot: MeasuringOperator {
    private static func check(_ step: Step) throws(OperatorError) -> Int {
        let indices = try step.input(0)
        let depth = try step.input(1)
        let values = try step.input(2)
        let out = try step.output()
        guard values.dtype == out.dtype, depth.dtype != .bool else { throw .type }
        guard depth.count == 1, values.count == 2, out.rank == indices.rank + 1 else { throw .shape }
        let axis = try step.attribute(0)
        guard axis >= 0, axis < out.rank else { throw .attribute }
        return axis
    }

    static func prepare(_ step: Step) throws(OperatorError) -> Int {
        let axis = try check(step)
        let out = try step.output()
        for other in 0..<out.rank where other != axis {
            guard out.extent(other) == (try step.input(0).extent(other < axis ? other : other - 1)) else {
                throw .shape
            }
        }
        return 0
    }

    static func measure(_ step: Step) throws(OperatorError) {
        let axis = try check(step)
        let out = try step.output()
        for other in 0..<out.rank where other != axis {
            out.setExtent(other, try step.input(0).extent(other < axis ? other : other - 1))
        }
        let depth = whole(try step.input(1), 0)
        guard depth > 0 else { throw .index }
        out.setExtent(axis, depth)
    }

    static func run(_ step: Step) throws(OperatorError) {
        let indices = try step.input(0)
        let values = try step.input(2)
        let out = try step.output()
        let lanes = try Lanes(out, try step.attribute(0))
        guard whole(try step.input(1), 0) == lanes.extent else { throw .shape }
        for lane in 0..<lanes.count {
            let index = whole(indices, lane)
            let wanted = index < 0 ? index + lanes.extent : index
            let start = lanes.start(lane)
            out.copy(start, lanes.inner, from: values, 0, 0, lanes.extent)
            guard wanted >= 0, wanted < lanes.extent else { continue }
            out.copy(start + wanted * lanes.inner, 1, from: values, 1, 1, 1)
        }
    }

    private static func whole(_ x: Tensor, _ at: Int) -> Int {
        Int(x.dtype.wide == .float ? bounded(x.number(at)) : x.integer(at))
    }
}

/// C entry of `OneHot`.
@c(pack_op_OneHot) public func packOperatorOneHot(_ step: UnsafePointer<pack_step>?, _ running: Int32) -> Int64 {
    performMeasuring(OneHot.self, step, running)
}
