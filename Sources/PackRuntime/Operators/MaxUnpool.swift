public import CPackKernels
import PackCore

/// Puts values at places (ONNX `MaxUnpool`): zeros but for x at the i64 places that the second input gives. Places count
/// over the whole of a tensor whose spatial extents are the attributes; where the output's are larger there are zeros. A third
/// input may give the output's shape.
enum MaxUnpool: MeasuringOperator {
    static func measure(_ step: Step) throws(OperatorError) {
        let shape = try step.input(2)
        let out = try step.output()
        try shape.requireInteger()
        guard shape.count == out.rank else { throw .shape }
        for axis in 0..<out.rank { out.setExtent(axis, shape.index(axis)) }
    }

    private static func check(_ step: Step) throws(OperatorError) -> (inner: Int, Tensor, Tensor, Tensor) {
        let x = try step.input(0)
        let places = try step.input(1)
        let out = try step.output()
        try x.require(.f32)
        try out.require(.f32)
        try places.require(.i64)
        if let shape = step.optional(2) {
            try shape.requireInteger()
            guard shape.count == out.rank else { throw .shape }
        }
        guard x.hasShape(of: places), x.rank == out.rank, x.rank >= 3 else { throw .shape }
        guard x.extent(0) == out.extent(0), x.extent(1) == out.extent(1) else { throw .shape }
        var inner = 1
        for axis in 2..<x.rank {
            let extent = try Window.bounded(step, axis - 2, 0)
            guard extent <= out.extent(axis) else { throw .shape }
            inner = try bytes(inner, extent)
        }
        return (inner, x, places, out)
    }

    static func prepare(_ step: Step) throws(OperatorError) -> Int {
        _ = try check(step)
        return 0
    }

    static func run(_ step: Step) throws(OperatorError) {
        let (inner, x, places, out) = try check(step)
        let (from, at, to) = (x.floats, places.integers, out.floats)
        let total = x.product(0..<2) * inner
        if let shape = step.optional(2) {
            for axis in 0..<out.rank where shape.index(axis) != out.extent(axis) { throw .shape }
        }
        to.update(repeating: 0)
        for index in 0..<from.count {
            guard at[index] >= 0, at[index] < Int64(total) else { throw .index }
            var rest = Int(at[index])
            var place = 0
            var stride = 1
            var axis = x.rank - 1
            while axis >= 2 {
                let extent = try step.attribute(axis - 2)
                place += rest % extent * stride
                rest /= extent
                stride *= out.extent(axis)
                axis -= 1
            }
            to[rest * stride + place] = from[index]
        }
    }
}

/// C entry of `MaxUnpool`.
@c(pack_op_MaxUnpool) public func packOperatorMaxUnpool(_ step: UnsafePointer<pack_step>?, _ running: Int32) -> Int64 {
    performMeasuring(MaxUnpool.self, step, running)
}
