public import CPackKernels
import CPackSystem
import PackCore

/// Values of images at given places (ONNX `GridSample`): x f32 [N, C, (D,) H, W], places f32 [N, (D',) H', W', 2 or 3]. Attributes:
/// mode (0 linear, 1 nearest, 2 cubic), what lies outside (0 zeros, 1 the border, 2 reflections), whether −1 and 1 are the
/// middles of the outermost elements.
enum GridSample: Operator {
    static func prepare(_ step: Step) throws(OperatorError) -> Int {
        let x = try step.input(0)
        let grid = try step.input(1)
        let out = try step.output()
        try x.require(.f32)
        try grid.require(.f32)
        try out.require(.f32)
        let rank = x.rank - 2
        guard (2...3).contains(rank), grid.rank == x.rank, out.rank == x.rank, grid.last == rank else { throw .shape }
        guard x.extent(0) == out.extent(0), x.extent(1) == out.extent(1), grid.extent(0) == x.extent(0) else {
            throw .shape
        }
        for axis in 0..<rank {
            guard grid.extent(axis + 1) == out.extent(axis + 2), x.extent(axis + 2) < 1 << 31 else { throw .shape }
        }
        for index in 0...1 { guard (0...2).contains(try step.attribute(index)) else { throw .attribute } }
        _ = try step.attribute(2)
        return 0
    }

    private struct Task {
        let x: UnsafePointer<Float>
        let grid: UnsafePointer<Float>
        let out: UnsafeMutablePointer<Float>
        let sampler: Sampler
        let channels: Int
        let extents: InlineArray<3, Int>
        let rank: Int
        /// Places of one image.
        let places: Int
        var plane: Int { extents[0] * extents[1] * extents[2] }

        /// One place in all channels of its image.
        func compute(_ index: Int) {
            var axes: InlineArray<3, Sampler.Taps> = [Sampler.Taps(), Sampler.Taps(), Sampler.Taps()]
            // The last axis is the first coordinate.
            for axis in 0..<rank {
                axes[2 - axis] = sampler.taps(Double(grid[index * rank + axis]), extents[2 - axis])
            }
            let (image, place) = (index / places, index % places)
            for channel in 0..<channels {
                let from = x + (image * channels + channel) * plane
                var sum: Float = 0
                for z in 0..<axes[0].count {
                    for y in 0..<axes[1].count {
                        for x in 0..<axes[2].count {
                            let weight = axes[0].weights[z] * axes[1].weights[y] * axes[2].weights[x]
                            let (i, j, k) = (axes[0].places[z], axes[1].places[y], axes[2].places[x])
                            if i < 0 || j < 0 || k < 0 { continue }
                            sum += weight * from[(i * extents[1] + j) * extents[2] + k]
                        }
                    }
                }
                out[(image * channels + channel) * places + place] = sum
            }
        }
    }

    static func run(_ step: Step) throws(OperatorError) {
        let x = try step.input(0)
        let output = try step.output()
        guard output.count > 0, let out = output.floats.baseAddress, let grid = try step.input(1).floats.baseAddress
        else { return }
        guard x.count > 0, let from = x.floats.baseAddress else {
            out.update(repeating: 0, count: output.count)
            return
        }
        let rank = x.rank - 2
        var extents: InlineArray<3, Int> = [1, 1, 1]
        for axis in 0..<rank { extents[axis + 3 - rank] = x.extent(axis + 2) }
        let sampler = Sampler(
            mode: try step.attribute(0), outside: try step.attribute(1), isAligned: try step.attribute(2) != 0)
        let task = Task(
            x: from, grid: grid, out: out, sampler: sampler, channels: x.extent(1), extents: extents, rank: rank,
            places: output.product(2..<output.rank))
        step.parallel(x.extent(0) * task.places, task) { context, index, _ in
            context?.assumingMemoryBound(to: Task.self).pointee.compute(index)
        }
    }
}

/// Which elements of one axis make the value at a place.
private struct Sampler {
    /// At most four elements, −1 where there is 0, and their weights.
    struct Taps {
        var count = 1
        var places: InlineArray<4, Int> = [0, 0, 0, 0]
        var weights: InlineArray<4, Float> = [1, 0, 0, 0]
    }

    let mode: Int
    let outside: Int
    let isAligned: Bool

    func taps(_ coordinate: Double, _ extent: Int) -> Taps {
        let length = Double(extent)
        var at = isAligned ? (coordinate + 1) / 2 * (length - 1) : ((coordinate + 1) * length - 1) / 2
        // What is no number, or far away, is outside.
        at = Double(Float(at.isNaN ? -1e9 : Swift.max(-1e9, Swift.min(1e9, at))))
        if mode == 1 { at = at.rounded(.toNearestOrEven) }
        let (low, high) = isAligned ? (0, length - 1) : (-0.5, length - 0.5)
        if at < low || at > high {
            if outside == 1 { at = Swift.max(0, Swift.min(length - 1, at)) }
            if outside == 2 { at = reflected(at, low, high) }
        }
        var taps = Taps()
        if mode == 1 {
            taps.places[0] = element(Int(at), extent)
            return taps
        }
        let floor = at.rounded(.down)
        let rest = Float(at - floor)
        taps.count = mode == 0 ? 2 : 4
        let first = Int(floor) - (taps.count / 2 - 1)
        for tap in 0..<taps.count {
            taps.places[tap] = element(first + tap, extent)
            taps.weights[tap] = mode == 0 ? (tap == 0 ? 1 - rest : rest) : cubic(rest - Float(tap - 1))
        }
        return taps
    }

    private func cubic(_ distance: Float) -> Float {
        let x = Swift.abs(distance)
        let a: Float = -0.75
        if x <= 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
        return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a
    }

    private func reflected(_ at: Double, _ low: Double, _ high: Double) -> Double {
        let span = high - low
        guard span > 0 else { return Swift.max(low, 0) }
        let distance = (at < low ? low - at : at - low).truncatingRemainder(dividingBy: 2 * span)
        return low + (distance <= span ? distance : 2 * span - distance)
    }

    private func element(_ place: Int, _ extent: Int) -> Int {
        if place >= 0 && place < extent { return place }
        switch outside {
        case 0: return -1
        case 1: return place < 0 ? 0 : extent - 1
        default:
            let (low, high) = isAligned ? (0, Double(extent - 1)) : (-0.5, Double(extent) - 0.5)
            return Swift.max(0, Swift.min(extent - 1, Int(reflected(Double(place), low, high))))
        }
    }
}

/// C entry of `GridSample`.
@c(pack_op_GridSample) public func packOperatorGridSample(
    _ step: UnsafePointer<pack_step>?, _ running: Int32
) -> Int64 { perform(GridSample.self, step, running) }
