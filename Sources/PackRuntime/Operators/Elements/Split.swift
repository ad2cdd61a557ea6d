public import CPackKernels
import PackCore

/// Cuts a tensor into its outputs, one after another along an axis (ONNX `Split`). Attribute: axis. A second input holds the
/// extents where they are measured.
enum Split: MeasuringOperator {
    private static func check(_ step: Step) throws(OperatorError) -> Int {
        let x = try step.input(0)
        let axis = try step.attribute(0)
        guard axis >= 0, axis < x.rank else { throw .attribute }
        for index in 0..<step.outputCount {
            let out = try step.output(index)
            guard out.dtype == x.dtype else { throw .type }
            guard out.rank == x.rank else { throw .shape }
        }
        if let sizes = step.optional(1) {
            try sizes.requireInteger()
            guard sizes.count == step.outputCount else { throw .shape }
        }
        return axis
    }

    static func measure(_ step: Step) throws(OperatorError) {
        let axis = try check(step)
        let x = try step.input(0)
        for index in 0..<step.outputCount {
            for other in 0..<x.rank { try step.output(index).setExtent(other, x.extent(other)) }
            try step.output(index).setExtent(axis, try step.input(1).index(index))
        }
    }

    static func prepare(_ step: Step) throws(OperatorError) -> Int {
        let axis = try check(step)
        let x = try step.input(0)
        var left = x.extent(axis)
        for index in 0..<step.outputCount {
            let out = try step.output(index)
            for other in 0..<x.rank where other != axis && out.extent(other) != x.extent(other) { throw .shape }
            guard out.extent(axis) <= left else { throw .shape }
            left -= out.extent(axis)
        }
        guard left == 0 else { throw .shape }
        return 0
    }

    static func run(_ step: Step) throws(OperatorError) {
        let x = try step.input(0)
        let axis = try step.attribute(0)
        let unit = x.stride(axis)
        var start = 0
        for index in 0..<step.outputCount {
            let out = try step.output(index)
            let length = out.extent(axis) * unit
            if let sizes = step.optional(1), sizes.index(index) != out.extent(axis) { throw .shape }
            for outer in 0..<x.product(0..<axis) where length > 0 {
                out.copy(outer * length, 1, from: x, outer * x.extent(axis) * unit + start, 1, length)
            }
            start += length
        }
    }
}

/// C entry of `Split`.
@c(pack_op_Split) public func packOperatorSplit(_ step: UnsafePointer<pack_step>?, _ running: Int32) -> Int64 {
    performMeasuring(Split.self, step, running)
}
