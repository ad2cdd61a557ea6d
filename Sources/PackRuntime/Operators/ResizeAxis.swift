public import CPackKernels
import CPackSystem
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
    private struct Shape {
        let outer: Int
        let input: Int
        let output: Int
        let inner: Int
        let filter: Filter
        var taps: Int { filter.taps }

        init(_ step: Step) throws(OperatorError) {
            let x = try step.input(0)
            let out = try step.output()
            try x.require(.f32)
            try out.require(.f32)
            let axis = try step.attribute(0)
            guard x.rank == out.rank, axis >= 0, axis < x.rank else { throw .shape }
            for other in 0..<x.rank where other != axis && x.extent(other) != out.extent(other) { throw .shape }
            outer = x.product(0..<axis)
            inner = x.product(axis + 1..<x.rank)
            input = x.extent(axis)
            output = out.extent(axis)
            guard input > 0 || output == 0, input < 1 << 31, output < 1 << 31 else { throw .shape }
            filter = try Filter(step, input, output)
        }
    }

    static func prepare(_ step: Step) throws(OperatorError) -> Int {
        let shape = try Shape(step)
        let size = try bytes(shape.output, shape.taps, 8)
        guard size < 1 << 34 else { throw .shape }
        return size
    }

    private struct Task {
        let shape: Shape
        let weights: UnsafeMutablePointer<Float>
        /// Places in the input; −1 in the first of an output that lies outside.
        let places: UnsafeMutablePointer<Int32>
        let x: UnsafePointer<Float>
        let out: UnsafeMutablePointer<Float>

        func compute(_ outer: Int) {
            let from = x + outer * shape.input * shape.inner
            for position in 0..<shape.output {
                let to = out + (outer * shape.output + position) * shape.inner
                let first = position * shape.taps
                if places[first] < 0 {
                    to.update(repeating: shape.filter.outside, count: shape.inner)
                    continue
                }
                for tap in first..<first + shape.taps {
                    let weight = weights[tap]
                    let row = from + Int(places[tap]) * shape.inner
                    if tap == first {
                        for i in 0..<shape.inner { to[i] = weight == 1 ? row[i] : weight * row[i] }
                    } else if weight != 0 {
                        for i in 0..<shape.inner { to[i] += weight * row[i] }
                    }
                }
            }
        }
    }

    static func run(_ step: Step) throws(OperatorError) {
        let shape = try Shape(step)
        guard let scratch = step.scratch, let x = try step.input(0).floats.baseAddress,
            let out = try step.output().floats.baseAddress, try step.output().count > 0
        else { return }
        let weights = scratch.assumingMemoryBound(to: Float.self)
        let places = (weights + shape.output * shape.taps).withMemoryRebound(to: Int32.self, capacity: 1) { $0 }
        for position in 0..<shape.output {
            shape.filter.write(position, weights + position * shape.taps, places + position * shape.taps)
        }
        let task = Task(shape: shape, weights: weights, places: places, x: x, out: out)
        step.parallel(shape.outer, task) { context, outer, _ in
            context?.assumingMemoryBound(to: Task.self).pointee.compute(outer)
        }
    }
}

/// Which elements of an axis make one of the output, and with what weights.
private struct Filter {
    let input: Int
    let output: Int
    let mode: Int
    let coordinates: ResizeCoordinates
    let rounding: Int
    let excludesOutside: Bool
    let coefficient: Double
    let outside: Float
    let scale: Double
    let region: (start: Double, end: Double)
    /// How far the filter is stretched: at most 1, the scale where it is.
    let stretch: Double
    let taps: Int

    init(_ step: Step, _ input: Int, _ output: Int) throws(OperatorError) {
        self.input = input
        self.output = output
        mode = try step.attribute(1)
        guard (0...2).contains(mode), let coordinates = ResizeCoordinates(rawValue: try step.attribute(2)) else {
            throw .attribute
        }
        self.coordinates = coordinates
        rounding = try step.attribute(3)
        let widens = try step.attribute(4) != 0
        excludesOutside = try step.attribute(5) != 0
        coefficient = Double(try step.floatAttribute(6))
        outside = try step.floatAttribute(7)
        let given = Double(bitPattern: UInt64(bitPattern: Int64(try step.attribute(8))))
        scale = given > 0 ? given : input == 0 ? 1 : Double(output) / Double(input)
        region = (Double(try step.floatAttribute(9)), Double(try step.floatAttribute(10)))
        guard (0...3).contains(rounding), scale > 1e-9 || output == 0, scale < 1e9, region.start.magnitude < 1e9,
            region.end.magnitude < 1e9
        else { throw .attribute }
        stretch = widens ? Swift.min(scale, 1) : 1
        let reach = mode == 2 ? 2.0 : 1.0
        taps = mode == 0 ? 1 : output == 0 ? 1 : 2 * Int((reach / stretch).rounded(.up))
    }

    /// The place in the input, in elements.
    private func place(_ position: Int) -> Double {
        let p = Double(position)
        let length = scale * Double(input)
        let last = Double(input - 1)
        switch coordinates {
        case .halfPixel: return (p + 0.5) / scale - 0.5
        case .halfPixelSymmetric:
            return Double(input) / 2 * (1 - Double(output) / length) + (p + 0.5) / scale - 0.5
        case .pytorchHalfPixel: return length == 1 ? -0.5 : (p + 0.5) / scale - 0.5
        case .alignCorners: return length == 1 ? 0 : p * last / (length - 1)
        case .asymmetric: return p / scale
        case .cropAndResize:
            if length == 1 { return (region.start + region.end) * last / 2 }
            return region.start * last + p * (region.end - region.start) * last / (length - 1)
        }
    }

    func write(_ position: Int, _ weights: UnsafeMutablePointer<Float>, _ places: UnsafeMutablePointer<Int32>) {
        let at = place(position)
        if coordinates == .cropAndResize, !(at >= 0 && at <= Double(input - 1)) {
            places[0] = -1
            return
        }
        guard mode != 0 else {
            weights[0] = 1
            places[0] = Int32(clamped(nearest(at)))
            return
        }
        let first = at.rounded(.down) - Double(taps / 2 - 1)
        var sum = 0.0
        for tap in 0..<taps {
            let element = first + Double(tap)
            let isOutside = element < 0 || element > Double(input - 1)
            let value = excludesOutside && isOutside ? 0 : weight((element - at) * stretch)
            weights[tap] = Float(value)
            places[tap] = Int32(clamped(element))
            sum += value
        }
        guard stretch < 1 || excludesOutside, sum != 0 else { return }
        for tap in 0..<taps { weights[tap] = Float(Double(weights[tap]) / sum) }
    }

    private func clamped(_ element: Double) -> Int {
        element > 0 ? Swift.min(Int(Swift.min(element, 2e9)), input - 1) : 0
    }

    private func nearest(_ at: Double) -> Double {
        switch rounding {
        case 0: (at - 0.5).rounded(.up)
        case 1: (at + 0.5).rounded(.down)
        case 2: at.rounded(.down)
        default: at.rounded(.up)
        }
    }

    /// The filter at a distance from its middle.
    private func weight(_ distance: Double) -> Double {
        let x = Swift.abs(distance)
        if mode == 1 { return Swift.max(0, 1 - x) }
        let a = coefficient
        if x <= 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
        return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0
    }
}

/// C entry of `ResizeAxis`.
@c(pack_op_ResizeAxis) public func packOperatorResizeAxis(
    _ step: UnsafePointer<pack_step>?, _ running: Int32
) -> Int64 { perform(ResizeAxis.self, step, running) }
