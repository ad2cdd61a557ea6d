public import CPackKernels
import PackCore

/// The places that affine maps give the elements of an image (ONNX `AffineGrid`): theta f32 [N, 2, 3] to [N, H, W, 2], or
/// [N, 3, 4] to [N, D, H, W, 3]. Second input: the size of the image [N, C, H, W] or [N, C, D, H, W], or absent. Attribute: whether −1 and 1 are the middles of the outermost elements.
enum AffineGrid: MeasuringOperator {
    static func measure(_ step: Step) throws(OperatorError) {
        let theta = try step.input(0)
        let size = try step.input(1)
        let out = try step.output()
        try size.requireInteger()
        guard theta.rank == 3, size.count >= 3, out.rank == size.count else { throw .shape }
        out.setExtent(0, size.index(0))
        for axis in 1..<out.rank - 1 { out.setExtent(axis, size.index(axis + 1)) }
        out.setExtent(out.rank - 1, theta.extent(1))
    }

    static func prepare(_ step: Step) throws(OperatorError) -> Int {
        let theta = try step.input(0)
        let out = try step.output()
        try theta.require(.f32)
        try out.require(.f32)
        guard theta.rank == 3, (2...3).contains(theta.extent(1)), theta.extent(2) == theta.extent(1) + 1,
            out.rank == theta.extent(1) + 2, out.last == theta.extent(1), out.extent(0) == theta.extent(0)
        else { throw .shape }
        if let size = step.optional(1) {
            try size.requireInteger()
            guard size.count == out.rank else { throw .shape }
        }
        _ = try step.attribute(0)
        return 0
    }

    static func run(_ step: Step) throws(OperatorError) {
        let theta = try step.input(0)
        let out = try step.output()
        let isAligned = try step.attribute(0) != 0
        let rank = theta.extent(1)
        let (maps, to) = (theta.floats, out.floats)
        guard to.count > 0 else { return }
        if let size = step.optional(1) {
            for axis in 1..<out.rank - 1 where size.index(axis + 1) != out.extent(axis) { throw .shape }
        }
        var place = InlineArray<3, Double>(repeating: 0)
        let perImage = to.count / out.extent(0)
        var index = 0
        while index < to.count {
            var rest = index % perImage / rank
            // The last axis is the first coordinate.
            for axis in 0..<rank {
                let extent = out.extent(rank - axis)
                let at = Double(rest % extent)
                rest /= extent
                place[axis] =
                    isAligned
                    ? (extent == 1 ? -1 : -1 + at * (2 / Double(extent - 1)))
                    : -1 + (2 * at + 1) / Double(extent)
            }
            let map = index / perImage * rank * (rank + 1)
            for row in 0..<rank {
                var sum = Double(maps[map + row * (rank + 1) + rank])
                for axis in 0..<rank { sum += Double(maps[map + row * (rank + 1) + axis]) * place[axis] }
                to[index + row] = Float(sum)
            }
            index += rank
        }
    }
}

/// C entry of `AffineGrid`.
@c(pack_op_AffineGrid) public func packOperatorAffineGrid(
    _ step: UnsafePointer<pack_step>?, _ running: Int32
) -> Int64 { performMeasuring(AffineGrid.self, step, running) }
