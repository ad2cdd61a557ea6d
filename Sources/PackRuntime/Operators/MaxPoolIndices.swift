public import CPackKernels
import PackCore

/// `MaxPool` with the places of the maxima, or of 8-bit codes. Input [N, C, axes…] f32, i8 or u8; outputs the maxima and, if
/// there is a second, i64 places in the input: in its row-major order, or with attribute 1 with the last two spatial axes
/// exchanged, images and channels before them as they are. Attributes: that order, `Window`.
enum MaxPoolIndices: Operator {
    private static func window(_ step: Step) throws(OperatorError) -> Window {
        let x = try step.input(0)
        let out = try step.output()
        guard x.dtype == out.dtype, x.dtype == .f32 || x.dtype == .i8 || x.dtype == .u8 else { throw .type }
        guard (0...1).contains(try step.attribute(0)) else { throw .attribute }
        guard x.rank > 1, out.rank > 1, x.extent(1) == out.extent(1) else { throw .shape }
        if let places = step.optionalOutput(1) {
            try places.require(.i64)
            guard places.hasShape(of: out) else { throw .shape }
        }
        return try Window(step, from: 1, input: x, output: out, loose: true)
    }

    static func prepare(_ step: Step) throws(OperatorError) -> Int {
        _ = try window(step)
        return 0
    }

    static func run(_ step: Step) throws(OperatorError) {
        let window = try window(step)
        let x = try step.input(0)
        let out = try step.output()
        switch x.dtype {
        case .f32: pool(step, window, x.floats, out.floats, try step.attribute(0) == 1)
        case .i8: pool(step, window, x.elements(Int8.self), out.elements(Int8.self), try step.attribute(0) == 1)
        default: pool(step, window, x.elements(UInt8.self), out.elements(UInt8.self), try step.attribute(0) == 1)
        }
    }

    private static func pool<T: Comparable>(
        _ step: Step, _ window: Window, _ x: UnsafeMutableBufferPointer<T>, _ out: UnsafeMutableBufferPointer<T>,
        _ byColumns: Bool
    ) {
        let places = step.optionalOutput(1)?.integers
        let (height, width) = (window.axes[1].input, window.axes[2].input)
        guard out.count > 0 else { return }
        for index in 0..<out.count {
            let unit = index / window.outputCount
            let base = unit * window.inputCount
            var best = -1
            window.forEachTap(index % window.outputCount) { at in
                if best < 0 || x[base + at] > x[base + best] { best = at }
            }
            if best >= 0 { out[index] = x[base + best] }
            guard let places else { continue }
            let (plane, inside) = (best / (height * width), best % (height * width))
            let place = byColumns ? plane * height * width + inside % width * height + inside / width : best
            places[index] = Int64(best < 0 ? best : base + place)
        }
    }
}

extension Window {
    /// Calls `body` with the place in a channel of the input for each tap of one window that lies inside, in order.
    @inline(__always)
    func forEachTap(_ output: Int, _ body: (Int) -> Void) {
        let (zs, ys, xs) = (axes[0], axes[1], axes[2])
        let z = output / (ys.output * xs.output) * zs.stride - zs.before
        let y = output / xs.output % ys.output * ys.stride - ys.before
        let x = output % xs.output * xs.stride - xs.before
        for kz in zs.taps(from: z) {
            for ky in ys.taps(from: y) {
                let row = ((z + kz * zs.dilation) * ys.input + y + ky * ys.dilation) * xs.input
                for kx in xs.taps(from: x) { body(row + x + kx * xs.dilation) }
            }
        }
    }
}

extension WindowAxis {
    /// The taps of a window at `start` that lie inside.
    fileprivate func taps(from start: Int) -> Range<Int> {
        let first = start >= 0 ? 0 : (dilation - 1 - start) / dilation
        let end = start >= input ? 0 : Swift.min(kernel, (input - 1 - start) / dilation + 1)
        return first..<Swift.max(first, end)
    }
}

/// C entry of `MaxPoolIndices`.
@c(pack_op_MaxPoolIndices) public func packOperatorMaxPoolIndices(
    _ step: UnsafePointer<pack_step>?, _ running: Int32
) -> Int64 { perform(MaxPoolIndices.self, step, running) }
