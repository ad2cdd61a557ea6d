import CPackKernels
import PackCore

/// One channel of an image with its padding, laid out so that the values that neighbouring windows read at one tap lie side
/// by side: rows and columns are parted by their positions modulo the strides.
struct Plane {
    let window: Window
    let taps: Int
    /// Values in a row of a part.
    let row: Int
    /// Values in a part, and in all parts of one depth.
    let part: Int
    let slice: Int
    /// Bytes of the offsets of all taps, which come first, and of what each worker needs: a plane, and a slice of results.
    let offsetBytes: Int
    let planeBytes: Int
    private let planeCount: Int
    private let spread: pack_spread

    /// Wider outputs are computed row by row, without a copy.
    private static let wide = 48

    init(_ window: Window) throws(OperatorError) {
        self.window = window
        let (z, y, x) = (window.axes[0], window.axes[1], window.axes[2])
        taps = try window.taps()
        row = x.output + (x.span - 1) / x.stride
        part = try bytes(y.output + (y.span - 1) / y.stride, row)
        slice = try bytes(part, y.stride, x.stride)
        planeCount = try bytes(slice, z.reach)
        offsetBytes = (try bytes(taps, 8) + 63) & ~63
        // Reading in whole vectors goes past the end of a plane, and so does writing past the end of a slice.
        // A model can ask for any window and padding; no image needs as much.
        guard planeCount < 1 << 30, taps < 1 << 30 else { throw .shape }
        planeBytes = (try bytes(planeCount + part + 4 * Int(PACK_PANEL), 4) + 63) & ~63
        spread = pack_spread(
            stride: (y.stride, x.stride), before: (y.before, x.before), phase: (part * x.stride, part), row: row)
    }

    /// Bytes of scratch memory.
    func scratchBytes(_ threads: Int) throws(OperatorError) -> Int { offsetBytes + (try bytes(planeBytes, threads)) }

    /// Writes where each tap lies, from the place of a window's first, and fills every worker's plane.
    func start(_ scratch: UnsafeMutableRawPointer, threads: Int, fill: Float) {
        let offsets = scratch.assumingMemoryBound(to: Int.self)
        let (z, y, x) = (window.axes[0], window.axes[1], window.axes[2])
        var index = 0
        for kz in 0..<z.kernel {
            for ky in 0..<y.kernel {
                for kx in 0..<x.kernel {
                    let (line, column) = (ky * y.dilation, kx * x.dilation)
                    let inside = line / y.stride * row + column / x.stride
                    offsets[index] =
                        kz * z.dilation * slice + (line % y.stride * x.stride + column % x.stride) * part + inside
                    index += 1
                }
            }
        }
        for worker in 0..<threads {
            memory(scratch, worker).update(repeating: fill, count: planeCount + 4 * Int(PACK_PANEL))
        }
    }

    private func memory(_ scratch: UnsafeMutableRawPointer, _ worker: Int) -> UnsafeMutablePointer<Float> {
        (scratch + offsetBytes + worker * planeBytes).assumingMemoryBound(to: Float.self)
    }

    /// Copies a channel into the worker's plane; what lies around it stays.
    func load(_ x: UnsafePointer<Float>, _ scratch: UnsafeMutableRawPointer, _ worker: Int) {
        let plane = memory(scratch, worker)
        let (zs, ys, xs) = (window.axes[0], window.axes[1], window.axes[2])
        let columns = Swift.min(xs.input, xs.reach - xs.before)
        let rows = Swift.min(ys.input, ys.reach - ys.before)
        guard columns > 0, rows > 0 else { return }
        withUnsafePointer(to: spread) { spread in
            for z in 0..<Swift.max(0, Swift.min(zs.input, zs.reach - zs.before)) {
                pack_spread_f32(
                    x + z * ys.input * xs.input, xs.input, rows, columns, spread, plane + (z + zs.before) * slice)
            }
        }
    }

    /// Replaces every value of the worker's plane, the filling too.
    func apply(_ scratch: UnsafeMutableRawPointer, _ worker: Int, _ function: (Float) -> Float) {
        let plane = memory(scratch, worker)
        for i in 0..<planeCount { plane[i] = function(plane[i]) }
    }

    /// Sums, or without weights the maxima, over the taps of every window of the worker's plane; then an activation of the
    /// results.
    func reduce(
        _ kernels: UnsafePointer<pack_kernels>, _ scratch: UnsafeMutableRawPointer, _ worker: Int,
        weights: UnsafePointer<Float>?, from start: Float, activation: Activation, to out: UnsafeMutablePointer<Float>
    ) {
        let plane = memory(scratch, worker)
        let offsets = scratch.assumingMemoryBound(to: Int.self)
        let (height, width) = (window.axes[1].output, window.axes[2].output)
        let results = plane + planeCount + 4 * Int(PACK_PANEL)
        for z in 0..<window.axes[0].output {
            let from = plane + z * window.axes[0].stride * slice
            let to = out + z * height * width
            guard width < Plane.wide else {
                for y in 0..<height {
                    kernels.pointee.tap_rows?(from + y * row, offsets, weights, taps, start, to + y * width, width)
                }
                activation.apply(kernels, to, to, height * width)
                continue
            }
            let count = (height - 1) * row + width
            kernels.pointee.tap_rows?(from, offsets, weights, taps, start, results, count)
            activation.apply(kernels, results, results, count)
            pack_gather_rows_f32(results, row, height, width, to)
        }
    }
}
