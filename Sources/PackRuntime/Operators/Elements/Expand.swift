public import CPackKernels
import PackCore

/// Repeats a tensor to the output's shape (ONNX `Expand`), or, where that is measured, to the common shape of the tensor and
/// of the extents that the second input holds. Any element type.
enum Expand: MeasuringOperator {
    static func prepare(_ step: Step) throws(OperatorError) -> Int {
        let x = try step.input(0)
        let out = try step.output()
        guard x.dtype == out.dtype else { throw .type }
        if let target = step.optional(1) { try target.requireInteger() }
        _ = try Walk(output: out, x)
        return 0
    }

    static func measure(_ step: Step) throws(OperatorError) {
        let out = try step.output()
        try eachExtent(step) { axis, extent throws(OperatorError) in out.setExtent(axis, extent) }
    }

    /// Calls `body` with each axis of the output and the extent that the second input asks for.
    private static func eachExtent(
        _ step: Step, _ body: (Int, Int) throws(OperatorError) -> Void
    ) throws(OperatorError) {
        let x = try step.input(0)
        let target = try step.input(1)
        let out = try step.output()
        try target.requireInteger()
        guard out.rank == Swift.max(x.rank, target.count) else { throw .shape }
        for axis in 0..<out.rank {
            let own = axis - (out.rank - x.rank)
            let asked = axis - (out.rank - target.count)
            let extent = own < 0 ? 1 : x.extent(own)
            let wanted = asked < 0 ? 1 : target.index(asked)
            guard wanted >= 0, extent == 1 || wanted == 1 || extent == wanted else { throw .shape }
            try body(axis, extent == 1 ? wanted : extent)
        }
    }

    static func run(_ step: Step) throws(OperatorError) {
        let x = try step.input(0)
        let out = try step.output()
        if step.optional(1) != nil {
            try eachExtent(step) { axis, extent throws(OperatorError) in
                guard extent == out.extent(axis) else { throw .shape }
            }
        }
        try out.copy(along: try Walk(output: out, x), from: x)
    }
}

/// C entry of `Expand`.
@c(pack_op_Expand) public func packOperatorExpand(_ step: UnsafePointer<pack_step>?, _ running: Int32) -> Int64 {
    performMeasuring(Expand.self, step, running)
}
