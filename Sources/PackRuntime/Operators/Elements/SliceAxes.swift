public import CPackKernels
import PackCore

/// Takes parts of axes (ONNX `Slice`). Inputs: x, starts, ends, axes or absent (the first ones), steps or absent (1).
enum SliceAxes: MeasuringOperator {
    /// What is taken of one axis.
    private struct Part {
        let axis: Int
        let first: Int
        let step: Int
        let count: Int
    }

    private static func check(_ step: Step) throws(OperatorError) {
        let x = try step.input(0)
        let starts = try step.input(1)
        let out = try step.output()
        guard x.dtype == out.dtype else { throw .type }
        guard x.rank == out.rank, x.rank <= Int(PACK_PLAN_MAXIMUM_RANK) else { throw .shape }
        for index in 1...4 {
            guard let list = index == 2 ? try step.input(2) : step.optional(index) else { continue }
            try list.requireInteger()
            guard list.count == starts.count, list.count <= x.rank else { throw .shape }
        }
    }

    private static func part(_ step: Step, _ index: Int) throws(OperatorError) -> Part {
        let x = try step.input(0)
        let axis = try wrapped(step.optional(3)?.index(index) ?? index, x.rank)
        let stride = step.optional(4)?.index(index) ?? 1
        guard stride != 0 else { throw .index }
        let extent = x.extent(axis)
        let high = stride > 0 ? extent : extent - 1
        let first = clamped(try step.input(1).index(index), extent, 0, high)
        let last = clamped(try step.input(2).index(index), extent, stride > 0 ? 0 : -1, high)
        let distance = stride > 0 ? last - first : first - last
        let count = distance > 0 ? (distance - 1) / Int(clamping: stride.magnitude) + 1 : 0
        return Part(axis: axis, first: first, step: stride, count: count)
    }

    private static func clamped(_ bound: Int, _ extent: Int, _ low: Int, _ high: Int) -> Int {
        Swift.min(Swift.max(bound < 0 ? bound + extent : bound, low), high)
    }

    static func prepare(_ step: Step) throws(OperatorError) -> Int {
        try check(step)
        return 0
    }

    static func measure(_ step: Step) throws(OperatorError) {
        try check(step)
        let x = try step.input(0)
        let out = try step.output()
        for axis in 0..<x.rank { out.setExtent(axis, x.extent(axis)) }
        for index in 0..<(try step.input(1).count) {
            let part = try part(step, index)
            out.setExtent(part.axis, part.count)
        }
    }

    static func run(_ step: Step) throws(OperatorError) {
        let x = try step.input(0)
        let out = try step.output()
        var counts = InlineArray<8, Int>(repeating: 0)
        var strides = InlineArray<8, Int>(repeating: 0)
        var walk = Walk()
        for axis in 0..<x.rank {
            counts[axis] = x.extent(axis)
            strides[axis] = x.stride(axis)
        }
        var seen = 0
        for index in 0..<(try step.input(1).count) {
            let part = try part(step, index)
            guard seen & (1 << part.axis) == 0 else { throw .index }
            seen |= 1 << part.axis
            counts[part.axis] = part.count
            // A step beyond the axis takes one element, and must not overflow.
            strides[part.axis] *= part.count > 1 ? part.step : 0
            walk.start[1] += part.first * x.stride(part.axis)
        }
        for axis in 0..<x.rank {
            guard counts[axis] == out.extent(axis) else { throw .shape }
            try walk.add(counts[axis], out.stride(axis), strides[axis])
        }
        try out.copy(along: walk, from: x)
    }
}

/// C entry of `SliceAxes`.
@c(pack_op_SliceAxes) public func packOperatorSliceAxes(_ step: UnsafePointer<pack_step>?, _ running: Int32) -> Int64 {
    performMeasuring(SliceAxes.self, step, running)
}
