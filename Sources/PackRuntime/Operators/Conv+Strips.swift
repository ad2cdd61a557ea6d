import CPackKernels
import CPackSystem
import PackCore

/// How an image is cut into strips of output rows whose input lies in memory with its padding, parted by strides, so that
/// what neighbouring outputs read at a tap lies side by side: a product then reads its columns where they are.
struct ConvStrips {
    let window: Window
    let channels: Int
    /// Output rows of a strip, and strips.
    let rows: Int
    let count: Int
    /// Values from one row of a strip to the next, in a part of a channel, and in a channel.
    let row: Int
    let part: Int
    let plane: Int
    let offsetBytes: Int
    let planeBytes: Int

    /// Bytes that the strips of all channels take at most, unless a single row takes more.
    private static let stripBytes = 768 << 10
    private static let mostBytes = 16 << 20
    /// Panels that are computed at once, values in a row of their results, and rows.
    static let blockPanels = 16
    static let resultRow = (blockPanels + 1) * Int(PACK_PANEL)
    static let resultRows = 96

    /// nil for images with depth, and for rows too long to be copied.
    init?(_ window: Window, channels: Int, k: Int) throws(OperatorError) {
        let (z, y, x) = (window.axes[0], window.axes[1], window.axes[2])
        guard z.input == 1, z.kernel == 1, z.before == 0, z.output == 1, k > 0, window.outputCount > 0 else {
            return nil
        }
        self.window = window
        self.channels = channels
        row = x.output + (x.span - 1) / x.stride
        let phases = try bytes(y.stride, x.stride)
        let line = try bytes(row, phases, channels, 4)
        let more = (y.span - 1) / y.stride
        guard try bytes(line, more + 1) <= ConvStrips.mostBytes else { return nil }
        rows = Swift.max(1, Swift.min(y.output, ConvStrips.stripBytes / line - more))
        count = (y.output + rows - 1) / rows
        part = (rows + more) * row
        // Channels a multiple of some cache lines apart would compete for the same ones.
        let whole = (part * phases + 15) & ~15
        plane = whole % 256 == 0 ? whole + 16 : whole
        offsetBytes = (try bytes(k, 8) + 63) & ~63
        planeBytes = (try bytes(plane, channels, 4) + 2 * Int(PACK_PANEL) * 4 + 63) & ~63
    }

    /// Bytes of a worker's results.
    static let resultBytes = resultRows * resultRow * 4

    /// Outputs of a strip, with what lies between its rows.
    func columns(_ strip: Int) -> Int { (outputRows(strip) - 1) * row + window.axes[2].output }
    func outputRows(_ strip: Int) -> Int { Swift.min(rows, window.axes[1].output - strip * rows) }
    func blocks(_ strip: Int) -> Int {
        (columns(strip) + ConvStrips.blockPanels * Int(PACK_PANEL) - 1) / (ConvStrips.blockPanels * Int(PACK_PANEL))
    }

    /// Writes where each channel and tap lies.
    func writeOffsets(_ offsets: UnsafeMutablePointer<Int>) {
        let (y, x) = (window.axes[1], window.axes[2])
        var index = 0
        for channel in 0..<channels {
            for ky in 0..<y.kernel {
                for kx in 0..<x.kernel {
                    let (line, column) = (ky * y.dilation, kx * x.dilation)
                    let phase = line % y.stride * x.stride + column % x.stride
                    offsets[index] = channel * plane + phase * part + line / y.stride * row + column / x.stride
                    index += 1
                }
            }
        }
    }

    /// Copies a strip of a channel. Zeros around the image stay from strip to strip, but for the first and the last.
    func load(_ image: UnsafePointer<Float>, channel: Int, strip: Int, to planes: UnsafeMutablePointer<Float>) {
        let (y, x) = (window.axes[1], window.axes[2])
        let to = planes + channel * plane
        if strip == 0 || strip == count - 1 { to.update(repeating: 0, count: plane) }
        let top = strip * rows * y.stride - y.before
        let first = Swift.max(0, top)
        let end = Swift.min(y.input, top + (outputRows(strip) - 1) * y.stride + y.span)
        let columns = Swift.min(x.input, x.reach - x.before)
        guard end > first, columns > 0 else { return }
        let spread = pack_spread(
            stride: (y.stride, x.stride), before: (first - top, x.before), phase: (part * x.stride, part), row: row)
        withUnsafePointer(to: spread) {
            pack_spread_f32(
                image + (channel * y.input + first) * x.input, x.input, end - first, columns, $0, to)
        }
    }

    /// Copies the outputs among a block's results, some rows of them, to where they belong.
    func store(
        _ results: UnsafePointer<Float>, rows count: Int, strip: Int, block: Int, to out: UnsafeMutablePointer<Float>
    ) {
        let width = window.axes[2].output
        let begin = block * ConvStrips.blockPanels * Int(PACK_PANEL)
        let end = Swift.min(begin + ConvStrips.blockPanels * Int(PACK_PANEL), columns(strip))
        for index in 0..<count {
            let from = results + index * ConvStrips.resultRow
            let to = out + index * window.outputCount + strip * rows * width
            var line = begin / row
            while line * row < end {
                let first = Swift.max(begin, line * row)
                let last = Swift.min(end, line * row + width)
                if last > first {
                    pack_gather_rows_f32(
                        from + first - begin, 0, 1, last - first, to + line * width + first - line * row)
                }
                line += 1
            }
        }
    }
}
