import CPackKernels
import PackCore

/// One channel of an image with its padding, laid out so that the values that a row of neighbouring windows reads at one tap
/// lie side by side: columns are grouped by their position modulo the stride.
struct Plane {
    let window: Window
    let taps: Int
    let depth: Int
    let height: Int
    /// Values between a row's groups of columns.
    let phase: Int
    /// Values between rows.
    let row: Int
    /// Bytes of one plane.
    let byteCount: Int
    /// Bytes of the offsets of all taps, before the first plane.
    let offsetBytes: Int

    init(_ window: Window) throws(OperatorError) {
        self.window = window
        taps = try window.taps()
        depth = window.axes[0].reach
        height = window.axes[1].reach
        let columns = window.axes[2]
        let panel = Int(PACK_PANEL)
        phase = (columns.output + panel - 1) / panel * panel + columns.span / columns.stride + 1
        row = try bytes(phase, columns.stride)
        byteCount = (try bytes(depth, height, row, 4) + panel * 4 + 63) & ~63
        offsetBytes = (try bytes(taps, 8) + 63) & ~63
    }

    /// Where each tap lies, from the place of a window's first.
    func writeOffsets(to memory: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Int> {
        let offsets = memory.assumingMemoryBound(to: Int.self)
        let (z, y, x) = (window.axes[0], window.axes[1], window.axes[2])
        var index = 0
        for kz in 0..<z.kernel {
            for ky in 0..<y.kernel {
                for kx in 0..<x.kernel {
                    let column = kx * x.dilation
                    offsets[index] =
                        (kz * z.dilation * height + ky * y.dilation) * row + column % x.stride * phase
                        + column / x.stride
                    index += 1
                }
            }
        }
        return offsets
    }

    /// Copies a channel into the plane; what lies around it stays.
    func load(_ x: UnsafePointer<Float>, into plane: UnsafeMutablePointer<Float>) {
        let (zs, ys, xs) = (window.axes[0], window.axes[1], window.axes[2])
        let columns = Swift.min(xs.input, xs.reach - xs.before)
        guard columns > 0 else { return }
        for z in 0..<Swift.max(0, Swift.min(zs.input, depth - zs.before)) {
            for y in 0..<Swift.max(0, Swift.min(ys.input, height - ys.before)) {
                pack_spread_row_f32(
                    x + (z * ys.input + y) * xs.input, columns, xs.before, xs.stride, phase,
                    plane + ((z + zs.before) * height + y + ys.before) * row)
            }
        }
    }

    /// Where the windows of a row of the output begin; the row is counted over depth and height.
    func start(_ outputRow: Int) -> Int {
        let z = outputRow / window.axes[1].output * window.axes[0].stride
        return (z * height + outputRow % window.axes[1].output * window.axes[1].stride) * row
    }

    /// Rows of the output, over depth and height.
    var outputRows: Int { window.axes[0].output * window.axes[1].output }
}
