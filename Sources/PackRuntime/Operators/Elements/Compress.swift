public import CPackKernels
import PackCore

/// Keeps the slices along an axis whose condition is true (ONNX `Compress`). Inputs: x, condition bool. Attribute: axis, or −1
/// for single elements.
enum Compress: MeasuringOperator {
    private static func check(_ step: Step) throws(OperatorError) -> Lanes {
        let x = try step.input(0)
        let condition = try step.input(1)
        let out = try step.output()
        let axis = try step.attribute(0)
        guard x.dtype == out.dtype, condition.dtype == .bool else { throw .type }
        guard out.rank == (axis < 0 ? 1 : x.rank) else { throw .shape }
        return axis < 0 ? Lanes(whole: x) : try Lanes(x, axis)
    }

    private static func kept(_ step: Step, _ lanes: Lanes) throws(OperatorError) -> Int {
        let condition = try step.input(1)
        var count = 0
        for i in 0..<condition.count where condition.integer(i) != 0 {
            guard i < lanes.extent else { throw .index }
            count += 1
        }
        return count
    }

    static func prepare(_ step: Step) throws(OperatorError) -> Int {
        _ = try check(step)
        let x = try step.input(0)
        let out = try step.output()
        let axis = try step.attribute(0)
        if axis >= 0 {
            for other in 0..<x.rank where other != axis && out.extent(other) != x.extent(other) { throw .shape }
        }
        return 0
    }

    static func measure(_ step: Step) throws(OperatorError) {
        let lanes = try check(step)
        let x = try step.input(0)
        let out = try step.output()
        let axis = try step.attribute(0)
        if axis >= 0 { for other in 0..<x.rank { out.setExtent(other, x.extent(other)) } }
        out.setExtent(Swift.max(axis, 0), try kept(step, lanes))
    }

    static func run(_ step: Step) throws(OperatorError) {
        let x = try step.input(0)
        let condition = try step.input(1)
        let out = try step.output()
        let axis = try step.attribute(0)
        let lanes = try check(step)
        let target = axis < 0 ? Lanes(whole: out) : try Lanes(out, axis)
        guard try kept(step, lanes) == target.extent else { throw .shape }
        for outer in 0..<lanes.outer {
            var position = outer * target.extent
            for i in 0..<condition.count where condition.integer(i) != 0 {
                out.copy(position * lanes.inner, 1, from: x, (outer * lanes.extent + i) * lanes.inner, 1, lanes.inner)
                position += 1
            }
        }
    }
}

/// C entry of `Compress`.
@c(pack_op_Compress) public func packOperatorCompress(_ step: UnsafePointer<pack_step>?, _ running: Int32) -> Int64 {
    performMeasuring(Compress.self, step, running)
}
