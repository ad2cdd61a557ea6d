public import CPackKernels
import CPackSystem
import PackCore

/// Convolution (ONNX `Conv`) over one to three axes: activation(window · weights + bias).
///
/// Inputs: x f32 [N, C, axes…], weights f32 [M, C / group, kernel…] or as rows (`ConvWeights`), bias f32 [M] or absent, scales of the weights or absent. Attributes: `Activation`, group, `Window`, and where the output has the maxima of windows of the results only, `ConvPool`. The weights are the rows and patches of the image the panels of a product that gives the output as it is
/// to lie; patches are laid out a block at a time, or read from strips of the image (`ConvStrips`). Where groups have few
/// channels, windows are summed tap by tap instead (`ConvBands`), and these alone can be pooled.
enum Conv: Operator {
    /// Bytes of panels that are laid out at once, and of their results, unless four panels take more.
    private static let blockBytes = 512 << 10

    struct Shape {
        let window: Window
        let batch: Int
        let channels: Int
        let outputs: Int
        let group: Int
        let taps: Int
        let weights: ConvWeights
        let activation: Activation
        let pool: ConvPool?
        /// Whether windows are the elements of the image, as one row.
        let isPointwise: Bool

        /// Channels of the input, and of the output, in a group.
        var groupChannels: Int { channels / group }
        var groupOutputs: Int { outputs / group }
        var k: Int { groupChannels * taps }
        var panels: Int { (window.outputCount + Int(PACK_PANEL) - 1) / Int(PACK_PANEL) }
        /// Panels in a block, of those that one group of one image has.
        var blockPanels: Int {
            let each = (k + groupOutputs) * Int(PACK_PANEL) * 4
            return Swift.max(1, Swift.min(panels, Swift.max(4, Conv.blockBytes / Swift.max(1, each))))
        }
        var blockSize: Int { blockPanels * k * Int(PACK_PANEL) * 4 }
        /// How the image is laid out for a product that reads it as it lies; nil where patches are laid out.
        func strips() throws(OperatorError) -> ConvStrips? {
            isPointwise ? nil : try ConvStrips(window, channels: groupChannels, k: k)
        }

        /// Whether there are images and groups enough to give each thread some.
        func splitsOutside(_ threads: Int) -> Bool { threads > 1 && batch * group >= threads }

        init(_ step: Step) throws(OperatorError) {
            let x = try step.input(0)
            let w = try step.input(1)
            let out = try step.output()
            try x.require(.f32)
            try out.require(.f32)
            guard x.rank > 2 else { throw .shape }
            pool = try ConvPool(step, from: 6 + 5 * (x.rank - 2))
            var window =
                pool == nil
                ? try Window(step, from: 4, input: x, output: out) : try Window(step, from: 5, image: x, places: nil)
            try pool?.check(window, out)
            group = try Window.bounded(step, 3, 1)
            batch = x.extent(0)
            channels = x.extent(1)
            outputs = out.extent(1)
            guard channels % group == 0, outputs % group == 0 else { throw .shape }
            taps = try window.taps()
            let k = try bytes(channels / group, taps)
            weights = try ConvWeights(step, outputs: outputs, k: k)
            if w.rank != 2 {
                guard w.rank == x.rank, w.extent(1) == channels / group else { throw .shape }
                for axis in 2..<w.rank where w.extent(axis) != window.axes[axis + 3 - w.rank].kernel { throw .shape }
            }
            if let bias = step.optional(2) {
                try bias.require(.f32)
                guard bias.count == outputs else { throw .shape }
            }
            activation = try Activation(step, from: 0)
            _ = try bytes(k, Int(PACK_PANEL), 4)
            _ = try bytes(x.count, 4)
            isPointwise = window.flattenIfPointwise()
            self.window = window
        }
    }

    static func prepare(_ step: Step) throws(OperatorError) -> Int {
        let shape = try Shape(step)
        guard step.kernels.pointee.unary != nil || shape.activation.kind == 0 else { throw .kernel }
        try shape.weights.require(step.kernels)
        let (weights, more) = (shape.weights.scratchBytes, try scratchBytes(step, shape))
        return try bytes(weights + more, 1)
    }

    /// Bytes of scratch memory beside the restored weights.
    private static func scratchBytes(_ step: Step, _ shape: Shape) throws(OperatorError) -> Int {
        if let bands = try ConvBands(shape, threads: step.threads) {
            guard step.kernels.pointee.conv_rows != nil else { throw .kernel }
            guard shape.pool == nil || step.kernels.pointee.binary != nil else { throw .kernel }
            return try bands.scratchBytes(step.threads)
        }
        if shape.pool != nil {
            // Nothing but outputs without elements has no bands.
            guard try step.output().count == 0 else { throw .shape }
            return 0
        }
        guard step.kernels.pointee.gemm_f32 != nil, step.kernels.pointee.gemm_rows_f32 != nil else { throw .kernel }
        if let strips = try shape.strips() { return try ConvDirect.scratchBytes(shape, strips, step.threads) }
        return try bytes(shape.blockSize, shape.splitsOutside(step.threads) ? step.threads : 1)
    }

    static func run(_ step: Step) throws(OperatorError) {
        let shape = try Shape(step)
        guard try step.output().count > 0 else { return }
        let weights = try shape.weights.floats(step)
        guard let scratch = step.scratch.map({ $0 + shape.weights.scratchBytes }) else { throw .kernel }
        if let bands = try ConvBands(shape, threads: step.threads) { return try bands.run(step, weights, scratch) }
        if let strips = try shape.strips() { return try ConvDirect(step, shape, strips, weights, scratch).run(step) }
        let task = try Product(step, shape, weights, scratch)
        guard shape.k > 0 else { return task.fillWithBias() }
        let units = shape.batch * shape.group
        if shape.splitsOutside(step.threads) {
            step.parallel(units, task) { context, unit, worker in
                guard let task = context?.assumingMemoryBound(to: Product.self) else { return }
                task.pointee.computeAlone(unit, Int(worker))
            }
        } else if step.threads == 1 {
            for unit in 0..<units { task.computeAlone(unit, 0) }
        } else {
            for unit in 0..<units { task.computeTogether(unit, step) }
        }
    }
}

extension Window {
    /// Takes an image whose windows are its elements as one row, and says whether it is one.
    fileprivate mutating func flattenIfPointwise() -> Bool {
        for index in 0..<3 {
            let axis = axes[index]
            guard axis.kernel == 1, axis.stride == 1, axis.before == 0, axis.output == axis.input else { return false }
        }
        var flat = WindowAxis()
        flat.input = inputCount
        flat.output = flat.input
        axes = [WindowAxis(), WindowAxis(), flat]
        return true
    }
}

/// The product of weights and patches, for a part of the groups and outputs at a time.
private struct Product {
    let shape: Conv.Shape
    var window: pack_window
    let kernels: UnsafePointer<pack_kernels>
    let kernel: pack_gemm_kernel
    let x: UnsafePointer<Float>
    let weights: UnsafePointer<Float>
    let bias: UnsafePointer<Float>?
    let out: UnsafeMutablePointer<Float>
    let scratch: UnsafeMutableRawPointer
    /// What the threads work on together.
    var unit = 0
    var firstPanel = 0
    var panelCount = 0
    var gemm = pack_gemm()
    var columns: Int { (panelCount + Product.panelsPerTask - 1) / Product.panelsPerTask }

    /// Panels and rows of a task that threads share.
    static let panelsPerTask = 4
    static let rowsPerTask = 96

    init(
        _ step: Step, _ shape: Conv.Shape, _ weights: UnsafePointer<Float>, _ scratch: UnsafeMutableRawPointer
    ) throws(OperatorError) {
        guard let kernel = step.kernels.pointee.gemm_f32, let x = try step.input(0).floats.baseAddress,
            let out = try step.output().floats.baseAddress
        else { throw .kernel }
        self.shape = shape
        kernels = step.kernels
        self.kernel = kernel
        self.x = UnsafePointer(x)
        self.weights = weights
        bias = UnsafePointer(step.optional(2)?.floats.baseAddress)
        self.out = out
        self.scratch = scratch
        window = shape.window.record
    }

    /// What an image without channels gives.
    func fillWithBias() {
        let count = shape.window.outputCount
        for plane in 0..<shape.batch * shape.outputs {
            (out + plane * count).update(repeating: bias?[plane % shape.outputs] ?? 0, count: count)
        }
        shape.activation.apply(kernels, out, out, shape.batch * shape.outputs * count)
    }

    private func image(_ unit: Int) -> UnsafePointer<Float> {
        x + unit * shape.groupChannels * shape.window.inputCount
    }

    private func panels(_ worker: Int) -> UnsafeMutablePointer<Float> {
        (scratch + worker * shape.blockSize).assumingMemoryBound(to: Float.self)
    }

    /// The product for one block of one group of one image.
    private func product(_ unit: Int, _ first: Int, _ count: Int, _ panels: UnsafePointer<Float>) -> pack_gemm {
        let rows = shape.groupOutputs
        let row = unit % shape.group * rows
        let outputs = shape.window.outputCount
        let column = first * Int(PACK_PANEL)
        var gemm = pack_gemm()
        gemm.a = UnsafeRawPointer(weights + row * shape.weights.row)
        gemm.lda = shape.weights.row
        gemm.panels = UnsafeRawPointer(panels)
        gemm.k = shape.k
        gemm.n = Swift.min(count * Int(PACK_PANEL), outputs - column)
        gemm.c = out + unit * rows * outputs + column
        gemm.ldc = outputs
        gemm.row_bias = bias.map { $0 + row }
        gemm.activation = shape.activation.isOfProducts ? shape.activation.kind : 0
        return gemm
    }

    /// Some rows and panels of a product, with the activation.
    func multiply(_ gemm: UnsafePointer<pack_gemm>, rows: Range<Int>, panels: Range<Int>) {
        kernel(gemm, rows.lowerBound, rows.upperBound, panels.lowerBound, panels.upperBound)
        guard !shape.activation.isOfProducts, let to = gemm.pointee.c else { return }
        let column = panels.lowerBound * Int(PACK_PANEL)
        let width = Swift.min(panels.upperBound * Int(PACK_PANEL), gemm.pointee.n) - column
        for row in rows {
            let start = to + row * gemm.pointee.ldc + column
            shape.activation.apply(kernels, start, start, width)
        }
    }

    /// The product for those panels of a pointwise convolution that are whole, with the image for panels; their number.
    /// Channels far apart, or a multiple of some cache lines, would compete for the same parts of the cache.
    private func multiplyAsItLies(_ unit: Int) -> Int {
        let places = shape.window.inputCount
        guard shape.isPointwise, let rowsKernel = kernels.pointee.gemm_rows_f32, shape.k <= Product.offsetCount,
            places <= 1024 || shape.k <= 48, places % 256 != 0
        else { return 0 }
        let count = places / Int(PACK_PANEL)
        let rows = shape.groupOutputs
        withUnsafeTemporaryAllocation(of: Int.self, capacity: shape.k) { offsets in
            for channel in 0..<shape.k { offsets[channel] = channel * places }
            var gemm = product(unit, 0, count, image(unit))
            rowsKernel(&gemm, UnsafePointer(offsets.baseAddress), 0, rows, 0, count)
            guard !shape.activation.isOfProducts, let to = gemm.c else { return }
            for row in 0..<rows {
                shape.activation.apply(kernels, to + row * gemm.ldc, to + row * gemm.ldc, count * Int(PACK_PANEL))
            }
        }
        return count
    }

    /// The most channels whose places are kept on the stack.
    private static let offsetCount = 4096

    /// Does one group of one image on the calling thread.
    func computeAlone(_ unit: Int, _ worker: Int) {
        var first = multiplyAsItLies(unit)
        while first < shape.panels {
            let count = Swift.min(shape.blockPanels, shape.panels - first)
            let panels = panels(worker)
            layOut(unit, first, count, panels)
            // Not all rows at once: those of the output lie pages apart.
            let rows = shape.groupOutputs
            withUnsafePointer(to: product(unit, first, count, panels)) {
                for row in stride(from: 0, to: rows, by: Product.rowsPerTask) {
                    multiply($0, rows: row..<Swift.min(row + Product.rowsPerTask, rows), panels: 0..<count)
                }
            }
            first += count
        }
    }

    private func layOut(_ unit: Int, _ panel: Int, _ count: Int, _ target: UnsafeMutablePointer<Float>) {
        withUnsafePointer(to: window) {
            pack_patch_panels_f32(image(unit), shape.groupChannels, $0, panel * Int(PACK_PANEL), count, target)
        }
    }

    /// Does one group of one image on all threads.
    func computeTogether(_ unit: Int, _ step: Step) {
        var task = self
        task.unit = unit
        while task.firstPanel < shape.panels {
            task.panelCount = Swift.min(shape.blockPanels, shape.panels - task.firstPanel)
            task.gemm = product(unit, task.firstPanel, task.panelCount, panels(0))
            step.parallel(task.columns, task) { context, index, _ in
                guard let task = context?.assumingMemoryBound(to: Product.self) else { return }
                let panel = index * Product.panelsPerTask
                task.pointee.layOut(
                    task.pointee.unit, task.pointee.firstPanel + panel,
                    Swift.min(Product.panelsPerTask, task.pointee.panelCount - panel),
                    task.pointee.panels(0) + panel * task.pointee.shape.k * Int(PACK_PANEL))
            }
            let rows = (shape.groupOutputs + Product.rowsPerTask - 1) / Product.rowsPerTask
            step.parallel(rows * task.columns, task) { context, index, _ in
                guard let task = context?.assumingMemoryBound(to: Product.self) else { return }
                let columns = task.pointee.columns
                let row = index / columns * Product.rowsPerTask
                let panel = index % columns * Product.panelsPerTask
                let rows = row..<Swift.min(row + Product.rowsPerTask, task.pointee.shape.groupOutputs)
                let panels = panel..<Swift.min(panel + Product.panelsPerTask, task.pointee.panelCount)
                withUnsafePointer(to: task.pointee.gemm) { task.pointee.multiply($0, rows: rows, panels: panels) }
            }
            task.firstPanel += task.panelCount
        }
    }
}

/// C entry of `Conv`.
@c(pack_op_Conv) public func packOperatorConv(_ step: UnsafePointer<pack_step>?, _ running: Int32) -> Int64 {
    perform(Conv.self, step, running)
}
