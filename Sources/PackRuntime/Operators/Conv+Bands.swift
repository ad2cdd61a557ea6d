import CPackKernels
import CPackSystem
import PackCore

/// Convolution that sums the windows' taps over a few channels of the image, a band of output rows at a time: the input
/// that a band reads lies in memory with its padding, its columns parted by their stride, and stays in the cache while all
/// outputs pass over it. Bands are high, so that outputs are written to memory in long runs. For convolutions of every channel by itself, and first layers.
struct ConvBands {
    let shape: Conv.Shape
    /// Output rows of a band, and bands of an image, or of one depth of it.
    let rows: Int
    let count: Int
    /// Values in a row as one column phase holds them, in a row with all of them, and in a plane: a channel at one depth.
    let line: Int
    let row: Int
    let plane: Int
    let offsetBytes: Int
    let workerBytes: Int

    /// Bytes of a band's planes, unless four output rows need more.
    private static let bandBytes = 512 << 10
    /// Results that stay in the first-level cache until the activation has passed over them.
    private static let activatedCount = 4096
    private static let mostBytes = 16 << 20
    /// The longest sums for which reading the image again for every output beats a product with laid out patches.
    private static let mostTaps = 75

    /// nil where a product is the better way.
    init?(_ shape: Conv.Shape, threads: Int) throws(OperatorError) {
        let (z, y, x) = (shape.window.axes[0], shape.window.axes[1], shape.window.axes[2])
        let isDepthwise = shape.groupChannels == 1 && shape.groupOutputs < 8
        let isFirst = shape.k <= ConvBands.mostTaps && z.kernel == 1 && y.kernel > 1 && y.output >= 4
        guard isDepthwise || isFirst, shape.k > 0, shape.window.outputCount > 0 else { return nil }
        self.shape = shape
        line = x.output + (x.span - 1) / x.stride
        row = try bytes(line, x.stride)
        let planes = try bytes(shape.groupChannels, z.kernel)
        let wide = try bytes(row, planes, 4)
        let fitting = (ConvBands.bandBytes / wide - y.span) / y.stride + 1
        let most = Swift.min(y.output, Swift.max(4, fitting & ~3))
        let images = try bytes(shape.batch, shape.group, z.output)
        let bands = Swift.max((y.output + most - 1) / most, images < threads ? 2 * threads : 1)
        rows = Swift.min(y.output, ((y.output + bands - 1) / bands + 3) & ~3)
        count = (y.output + rows - 1) / rows
        plane = try bytes((rows - 1) * y.stride + y.span, row)
        // Vectors are read past the end of the last row.
        let size = try bytes(plane, planes, 4)
        guard isDepthwise || size <= ConvBands.mostBytes else { return nil }
        offsetBytes = (try bytes(x.kernel, 8) + 63) & ~63
        workerBytes = (size + 4 * Int(PACK_PANEL) * 4 + 63) & ~63
    }

    func scratchBytes(_ threads: Int) throws(OperatorError) -> Int { offsetBytes + (try bytes(workerBytes, threads)) }

    func run(_ step: Step) throws(OperatorError) {
        guard let scratch = step.scratch, let kernel = step.kernels.pointee.conv_rows,
            let x = try step.input(0).floats.baseAddress, let weights = try step.input(1).floats.baseAddress,
            let out = try step.output().floats.baseAddress
        else { throw .kernel }
        let (offsets, columns) = (scratch.assumingMemoryBound(to: Int.self), shape.window.axes[2])
        for index in 0..<columns.kernel {
            let column = index * columns.dilation
            offsets[index] = column % columns.stride * line + column / columns.stride
        }
        (scratch + offsetBytes).initializeMemory(as: UInt8.self, repeating: 0, count: workerBytes * step.threads)
        let task = Task(
            bands: self, kernels: step.kernels, kernel: kernel, offsets: offsets, planes: scratch + offsetBytes, x: x,
            weights: weights, bias: UnsafePointer(step.optional(2)?.floats.baseAddress), out: out)
        let units = shape.batch * shape.group * shape.window.axes[0].output * count
        step.parallel(units, task) { context, unit, worker in
            context?.assumingMemoryBound(to: Task.self).pointee.compute(unit, Int(worker))
        }
    }

    private struct Task {
        let bands: ConvBands
        let kernels: UnsafePointer<pack_kernels>
        let kernel: pack_conv_rows_kernel
        let offsets: UnsafePointer<Int>
        let planes: UnsafeMutableRawPointer
        let x: UnsafePointer<Float>
        let weights: UnsafePointer<Float>
        let bias: UnsafePointer<Float>?
        let out: UnsafeMutablePointer<Float>

        /// One band of one depth of the outputs of a group.
        func compute(_ unit: Int, _ worker: Int) {
            let shape = bands.shape
            let (depth, height, width) = (shape.window.axes[0], shape.window.axes[1], shape.window.axes[2])
            let (band, slice) = (unit % bands.count, unit / bands.count)
            let (z, group) = (slice % depth.output, slice / depth.output)
            let planes = (planes + worker * bands.workerBytes).assumingMemoryBound(to: Float.self)
            load(group, z, band, planes)
            let first = band * bands.rows
            var task = pack_conv_rows()
            (task.row, task.plane) = (bands.row, bands.plane)
            task.channels = shape.groupChannels * depth.kernel
            (task.kernel_rows, task.kernel_columns) = (height.kernel, width.kernel)
            (task.stride, task.dilation) = (height.stride, height.dilation)
            task.columns = offsets
            task.width = width.output
            let rows = Swift.min(bands.rows, height.output - first)
            let step = Swift.max(4, ConvBands.activatedCount / width.output & ~3)
            for index in 0..<shape.groupOutputs {
                let channel = group % shape.group * shape.groupOutputs + index
                task.weights = weights + channel * shape.weightRow
                task.start = bias?[channel] ?? 0
                let to =
                    out + (group * shape.groupOutputs + index) * shape.window.outputCount
                    + (z * height.output + first) * width.output
                for row in stride(from: 0, to: rows, by: step) {
                    task.rows = Swift.min(step, rows - row)
                    task.x = UnsafePointer(planes) + row * height.stride * bands.row
                    task.y = to + row * width.output
                    kernel(&task)
                    shape.activation.apply(kernels, task.y, task.y, task.rows * width.output)
                }
            }
        }

        /// Copies what a band reads of the channels of a group of an image. Zeros around the image stay from one band to the next,
        /// but where bands differ in what lies outside.
        private func load(_ group: Int, _ z: Int, _ band: Int, _ planes: UnsafeMutablePointer<Float>) {
            let window = bands.shape.window
            let (depth, height, width) = (window.axes[0], window.axes[1], window.axes[2])
            let top = band * bands.rows * height.stride - height.before
            let rows = Swift.min(bands.rows, height.output - band * bands.rows)
            let first = Swift.max(0, top)
            let end = Swift.min(height.input, top + (rows - 1) * height.stride + height.span)
            let columns = Swift.min(width.input, width.reach - width.before)
            let isPartial = first > top || end < top + (rows - 1) * height.stride + height.span
            let spread = pack_spread(
                stride: (1, width.stride), before: (first - top, width.before), phase: (0, bands.line), row: bands.row)
            var to = planes
            for channel in 0..<bands.shape.groupChannels {
                for tap in 0..<depth.kernel {
                    let place = z * depth.stride + tap * depth.dilation - depth.before
                    let isInside = (0..<depth.input).contains(place) && end > first && columns > 0
                    if !isInside || isPartial && bands.count > 1 { to.update(repeating: 0, count: bands.plane) }
                    if isInside {
                        let slice = (group * bands.shape.groupChannels + channel) * depth.input + place
                        let image = x + (slice * height.input + first) * width.input
                        withUnsafePointer(to: spread) {
                            pack_spread_f32(image, width.input, end - first, columns, $0, to)
                        }
                    }
                    to += bands.plane
                }
            }
        }
    }
}
