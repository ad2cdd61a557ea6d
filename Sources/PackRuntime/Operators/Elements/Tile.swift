public import CPackKernels
import PackCore

/// Repeats a tensor along each axis as often as the second input says (ONNX `Tile`), or, where that is absent, as it takes to
/// fill the output.
enum Tile: MeasuringOperator {
    private static func repeats(_ step: Step, _ axis: Int) throws(OperatorError) -> Int {
        let x = try step.input(0)
        if let list = step.optional(1) {
            guard list.index(axis) >= 0 else { throw .shape }
            return list.index(axis)
        }
        return x.extent(axis) == 0 ? 0 : try step.output().extent(axis) / x.extent(axis)
    }

    private static func check(_ step: Step) throws(OperatorError) {
        let x = try step.input(0)
        let out = try step.output()
        guard x.dtype == out.dtype else { throw .type }
        guard x.rank == out.rank else { throw .shape }
        if let repeats = step.optional(1) {
            try repeats.requireInteger()
            guard repeats.count == x.rank else { throw .shape }
        }
    }

    static func prepare(_ step: Step) throws(OperatorError) -> Int {
        try check(step)
        return 0
    }

    static func measure(_ step: Step) throws(OperatorError) {
        try check(step)
        let x = try step.input(0)
        for axis in 0..<x.rank {
            let (extent, overflow) = x.extent(axis).multipliedReportingOverflow(by: try repeats(step, axis))
            guard !overflow else { throw .shape }
            try step.output().setExtent(axis, extent)
        }
    }

    static func run(_ step: Step) throws(OperatorError) {
        let x = try step.input(0)
        let out = try step.output()
        var walk = Walk()
        for axis in 0..<x.rank {
            let repeats = try repeats(step, axis)
            let (extent, overflow) = x.extent(axis).multipliedReportingOverflow(by: repeats)
            guard !overflow, extent == out.extent(axis) else { throw .shape }
            try walk.add(repeats, x.extent(axis) * out.stride(axis), 0)
            try walk.add(x.extent(axis), out.stride(axis), x.stride(axis))
        }
        try out.copy(along: walk, from: x)
    }
}

/// C entry of `Tile`.
@c(pack_op_Tile) public func packOperatorTile(_ step: UnsafePointer<pack_step>?, _ running: Int32) -> Int64 {
    performMeasuring(Tile.self, step, running)
}
