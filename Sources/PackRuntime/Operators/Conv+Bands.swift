import CPackKernels
import CPackSystem
import PackCore

/// Convolution that sums the windows' taps over a few channels of the image, a band of output rows at a time: the input
/// that a band reads lies in memory with its padding, its columns parted by their stride, and stays in the cache while all
/// outputs pass over it. Bands are high, so that outputs are written to memory in long runs. For convolutions of every channel by itself, and first layers.
///
/// Where results are pooled, those of a band stay in the first-level cache, and columns are parted so that results lie
/// by their places in the pool's windows.
struct ConvBands {
    let shape: Conv.Shape
    /// Result rows of a band, and from one band to the next; bands of an image, or of one depth of it.
    let rows: Int
    let advance: Int
    let count: Int
    /// Rows and columns of a band's outputs, and of an image's.
    private let outputRows: Int
    private let height: Int
    private let width: Int
    /// Parts that the columns of the image lie in.
    private let phases: Int
    /// Values in a row as one column phase holds them, in a row with all of them, and in a plane: a channel at one depth.
    private let line: Int
    private let row: Int
    private let plane: Int
    private let offsetBytes: Int
    private let planeBytes: Int
    private let workerBytes: Int

    /// Bytes of a band's planes, unless four output rows need more.
    private static let bandBytes = 512 << 10
    /// Results that stay in the first-level cache until the activation has passed over them, or until they are pooled, beside
    /// what they are computed from.
    private static let activatedCount = 4096
    private static let pooledCount = 2048
    private static let mostBytes = 16 << 20
    /// The longest sums for which reading the image again for every output beats a product with laid out patches.
    private static let mostTaps = 75

    /// nil where a product is the better way.
    init?(_ shape: Conv.Shape, threads: Int) throws(OperatorError) {
        let (z, y, x) = (shape.window.axes[0], shape.window.axes[1], shape.window.axes[2])
        let isDepthwise = shape.groupChannels == 1 && shape.groupOutputs < 8
        let isFirst = shape.k <= ConvBands.mostTaps && z.kernel == 1 && y.kernel > 1 && y.output >= 4
        guard isDepthwise || isFirst || shape.pool != nil, shape.k > 0, shape.window.outputCount > 0 else { return nil }
        self.shape = shape
        let pool = shape.pool
        height = pool?.rows(y.output) ?? y.output
        width = pool?.columns(x.output) ?? x.output
        guard height > 0, width > 0 else { return nil }
        phases = try bytes(x.stride, pool?.columnStride ?? 1)
        let reach = try bytes((pool?.columns ?? 1) - 1, x.stride) + x.span - 1
        line = width + reach / phases
        row = try bytes(line, phases)
        let planes = try bytes(shape.groupChannels, z.kernel)
        let wide = try bytes(row, planes, 4)
        let fitting = (ConvBands.bandBytes / wide - y.span) / y.stride + 1
        let images = try bytes(shape.batch, shape.group, z.output)
        if let pool {
            let most = Swift.min(fitting, ConvBands.pooledCount / width)
            outputRows = ConvBands.bandRows(height, Swift.max(1, pool.rows(most)), images, threads)
            rows = (outputRows - 1) * pool.rowStride + pool.rows
            advance = outputRows * pool.rowStride
        } else {
            let bands = ConvBands.bandRows(height, Swift.max(4, fitting & ~3), images, threads)
            rows = Swift.min(height, (bands + 3) & ~3)
            (outputRows, advance) = (rows, rows)
        }
        count = (height + outputRows - 1) / outputRows
        plane = try bytes((rows - 1) * y.stride + y.span, row)
        // Vectors are read past the end of the last row.
        let size = try bytes(plane, planes, 4)
        guard isDepthwise || size <= ConvBands.mostBytes || pool != nil else { return nil }
        offsetBytes = (try bytes(x.kernel, pool?.columns ?? 1, 8) + 63) & ~63
        planeBytes = (size + 4 * Int(PACK_PANEL) * 4 + 63) & ~63
        workerBytes = planeBytes + (pool == nil ? 0 : try bytes(rows, width, 2 * 4) + 63 & ~63)
    }

    /// The rows of a band where at most `most` fit, and there are threads to give bands to.
    private static func bandRows(_ height: Int, _ most: Int, _ images: Int, _ threads: Int) -> Int {
        let bands = Swift.max((height + most - 1) / most, images < threads ? 2 * threads : 1)
        return (height + bands - 1) / bands
    }

    func scratchBytes(_ threads: Int) throws(OperatorError) -> Int { offsetBytes + (try bytes(workerBytes, threads)) }

    func run(
        _ step: Step, _ weights: UnsafePointer<Float>, _ scratch: UnsafeMutableRawPointer
    ) throws(OperatorError) {
        guard let kernel = step.kernels.pointee.conv_rows, let x = try step.input(0).floats.baseAddress,
            let out = try step.output().floats.baseAddress
        else { throw .kernel }
        let (offsets, columns) = (scratch.assumingMemoryBound(to: Int.self), shape.window.axes[2])
        for place in 0..<(shape.pool?.columns ?? 1) {
            for index in 0..<columns.kernel {
                let column = place * columns.stride + index * columns.dilation
                offsets[place * columns.kernel + index] = column % phases * line + column / phases
            }
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
            let memory = planes + worker * bands.workerBytes
            let planes = memory.assumingMemoryBound(to: Float.self)
            let results = (memory + bands.planeBytes).assumingMemoryBound(to: Float.self)
            let first = band * bands.advance
            let rows = Swift.min(bands.rows, height.output - first)
            load(group, z, first, rows, planes)
            var task = pack_conv_rows()
            (task.row, task.plane) = (bands.row, bands.plane)
            task.channels = shape.groupChannels * depth.kernel
            (task.kernel_rows, task.kernel_columns) = (height.kernel, width.kernel)
            (task.stride, task.dilation) = (height.stride, height.dilation)
            task.columns = offsets
            task.width = bands.width
            for index in 0..<shape.groupOutputs {
                let channel = group % shape.group * shape.groupOutputs + index
                task.weights = weights + channel * shape.weights.row
                task.start = bias?[channel] ?? 0
                let slice = (group * shape.groupOutputs + index) * depth.output + z
                let to = out + (slice * bands.height + band * bands.outputRows) * bands.width
                if let pool = shape.pool {
                    computePooled(&task, pool, planes, rows, results, to)
                } else {
                    compute(&task, planes, rows, to)
                }
            }
        }

        /// The results of one output, some rows at a time.
        private func compute(
            _ task: inout pack_conv_rows, _ planes: UnsafePointer<Float>, _ rows: Int, _ to: UnsafeMutablePointer<Float>
        ) {
            let (stride, width) = (bands.shape.window.axes[1].stride, bands.width)
            let step = Swift.max(4, ConvBands.activatedCount / width & ~3)
            for row in Swift.stride(from: 0, to: rows, by: step) {
                task.rows = Swift.min(step, rows - row)
                task.x = planes + row * stride * bands.row
                task.y = to + row * width
                kernel(&task)
                bands.shape.activation.apply(kernels, task.y, task.y, task.rows * width)
            }
        }

        /// The highest results of each window of one output: over the columns of all windows at once, then row by row.
        private func computePooled(
            _ task: inout pack_conv_rows, _ pool: ConvPool, _ planes: UnsafePointer<Float>, _ rows: Int,
            _ results: UnsafeMutablePointer<Float>, _ to: UnsafeMutablePointer<Float>
        ) {
            let (width, activation) = (bands.width, bands.shape.activation)
            (task.rows, task.x) = (rows, planes)
            for place in 0..<pool.columns {
                task.columns = offsets + place * task.kernel_columns
                task.y = place == 0 ? results : results + bands.rows * width
                kernel(&task)
                if !activation.keepsOrder { activation.apply(kernels, task.y, task.y, rows * width) }
                if place > 0 { takeHighest(UnsafePointer(task.y), results, results, rows * width) }
            }
            for row in 0..<pool.rows(rows) {
                let line = results + row * pool.rowStride * width
                let target = to + row * width
                if pool.rows == 1 { target.update(from: line, count: width) }
                for index in 1..<Swift.max(1, pool.rows) {
                    takeHighest(line + index * width, index == 1 ? line : target, target, width)
                }
            }
            if activation.keepsOrder { activation.apply(kernels, to, to, pool.rows(rows) * width) }
        }

        private func takeHighest(
            _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ to: UnsafeMutablePointer<Float>, _ count: Int
        ) {
            kernels.pointee.binary?(PACK_BINARY_MAXIMUM.rawValue, a, b, 1, to, count)
        }

        /// Copies what some rows of results read of the channels of a group of an image. Zeros around the image stay from one band
        /// to the next, but where bands differ in what lies outside.
        private func load(_ group: Int, _ z: Int, _ row: Int, _ rows: Int, _ planes: UnsafeMutablePointer<Float>) {
            let window = bands.shape.window
            let (depth, height, width) = (window.axes[0], window.axes[1], window.axes[2])
            let top = row * height.stride - height.before
            let first = Swift.max(0, top)
            let end = Swift.min(height.input, top + (rows - 1) * height.stride + height.span)
            let columns = Swift.min(width.input, bands.row - width.before)
            let isPartial = first > top || end < top + (rows - 1) * height.stride + height.span
            let spread = pack_spread(
                stride: (1, bands.phases), before: (first - top, width.before), phase: (0, bands.line), row: bands.row)
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
