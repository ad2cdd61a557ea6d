import CPackKernels
import CPackSystem
import PackCore

/// Which elements of an axis make one of the output, and with what weights.
struct ResizeFilter {
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

    /// Reads the words from `first` on: mode, `ResizeCoordinates`, rounding of nearest, whether it widens, whether taps outside
    /// count for nothing, bits of the cubic coefficient and of the value outside.
    init(
        _ step: Step, from first: Int, _ input: Int, _ output: Int, scale given: Double, _ start: Float, _ end: Float
    ) throws(OperatorError) {
        self.input = input
        self.output = output
        mode = try step.attribute(first)
        guard (0...2).contains(mode), let coordinates = ResizeCoordinates(rawValue: try step.attribute(first + 1))
        else {
            throw .attribute
        }
        self.coordinates = coordinates
        rounding = try step.attribute(first + 2)
        let widens = try step.attribute(first + 3) != 0
        excludesOutside = try step.attribute(first + 4) != 0
        coefficient = Double(try step.floatAttribute(first + 5))
        outside = try step.floatAttribute(first + 6)
        scale = given > 0 ? given : input == 0 ? 1 : Double(output) / Double(input)
        region = (Double(start), Double(end))
        guard (0...3).contains(rounding), scale > 1e-9 || output == 0, scale < 1e9, region.start.magnitude < 1e9,
            region.end.magnitude < 1e9
        else { throw .attribute }
        stretch = widens ? Swift.min(scale, 1) : 1
        let reach = mode == 2 ? 2.0 : 1.0
        taps = mode == 0 || output == 0 ? 1 : 2 * Int((reach / stretch).rounded(.up))
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
        case .pytorchHalfPixel: return output <= 1 ? 0 : (p + 0.5) / scale - 0.5
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

/// One axis of a tensor that is stretched.
struct ResizePass {
    let outer: Int
    let inner: Int
    let filter: ResizeFilter

    /// Bytes of the table of weights and places.
    func tableBytes() throws(OperatorError) -> Int {
        guard filter.input > 0 || filter.output == 0, filter.input < 1 << 31, filter.output < 1 << 31 else {
            throw .shape
        }
        let size = try bytes(filter.output, filter.taps, 8)
        guard size < 1 << 34 else { throw .shape }
        return (size + 63) & ~63
    }

    private struct Task {
        let pass: ResizePass
        let weights: UnsafeMutablePointer<Float>
        let places: UnsafeMutablePointer<Int32>
        let x: UnsafePointer<Float>
        let out: UnsafeMutablePointer<Float>
    }

    /// Stretches x to out; `table` has room for `tableBytes`.
    func run(
        _ step: Step, _ x: UnsafePointer<Float>, _ out: UnsafeMutablePointer<Float>, table: UnsafeMutableRawPointer
    ) {
        let weights = table.assumingMemoryBound(to: Float.self)
        let places = (table + filter.output * filter.taps * 4).assumingMemoryBound(to: Int32.self)
        for position in 0..<filter.output {
            filter.write(position, weights + position * filter.taps, places + position * filter.taps)
        }
        let task = Task(pass: self, weights: weights, places: places, x: x, out: out)
        step.parallel(outer, task) { context, outer, _ in
            guard let task = context?.assumingMemoryBound(to: Task.self) else { return }
            let (pass, filter) = (task.pointee.pass, task.pointee.pass.filter)
            pack_resample_f32(
                task.pointee.x + outer * filter.input * pass.inner, pass.inner, filter.output, filter.taps,
                task.pointee.weights, task.pointee.places, filter.outside,
                task.pointee.out + outer * filter.output * pass.inner)
        }
    }
}
