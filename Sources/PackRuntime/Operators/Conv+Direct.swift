import CPackKernels
import CPackSystem
import PackCore

/// The product of weights and the columns of an image as they lie, for a part of the groups and outputs at a time.
struct ConvDirect {
    let shape: Conv.Shape
    let strips: ConvStrips
    let kernels: UnsafePointer<pack_kernels>
    let kernel: pack_gemm_rows_kernel
    let x: UnsafePointer<Float>
    let weights: UnsafePointer<Float>
    let bias: UnsafePointer<Float>?
    let out: UnsafeMutablePointer<Float>
    let scratch: UnsafeMutableRawPointer
    /// Workers that have planes of their own.
    private let planeWorkers: Int
    /// What the threads work on together.
    private var unit = 0
    private var strip = 0

    /// Bytes of scratch memory: offsets, then planes and results for each worker.
    static func scratchBytes(
        _ shape: Conv.Shape, _ strips: ConvStrips, _ threads: Int
    ) throws(OperatorError) -> Int {
        let planes = try bytes(strips.planeBytes, planeWorkers(shape, threads))
        return strips.offsetBytes + planes + (try bytes(ConvStrips.resultBytes, threads))
    }

    private static func planeWorkers(_ shape: Conv.Shape, _ threads: Int) -> Int {
        shape.splitsOutside(threads) ? threads : 1
    }

    init(
        _ step: Step, _ shape: Conv.Shape, _ strips: ConvStrips, _ weights: UnsafePointer<Float>,
        _ scratch: UnsafeMutableRawPointer
    ) throws(OperatorError) {
        guard let kernel = step.kernels.pointee.gemm_rows_f32, let x = try step.input(0).floats.baseAddress,
            let out = try step.output().floats.baseAddress
        else { throw .kernel }
        (self.shape, self.strips, self.kernel, self.scratch) = (shape, strips, kernel, scratch)
        planeWorkers = ConvDirect.planeWorkers(shape, step.threads)
        kernels = step.kernels
        self.x = UnsafePointer(x)
        self.weights = weights
        bias = UnsafePointer(step.optional(2)?.floats.baseAddress)
        self.out = out
        strips.writeOffsets(scratch.assumingMemoryBound(to: Int.self))
    }

    func run(_ step: Step) {
        let units = shape.batch * shape.group
        if shape.splitsOutside(step.threads) {
            step.parallel(units, self) { context, unit, worker in
                context?.assumingMemoryBound(to: ConvDirect.self).pointee.computeAlone(unit, Int(worker))
            }
        } else if step.threads == 1 {
            for unit in 0..<units { computeAlone(unit, 0) }
        } else {
            for unit in 0..<units { computeTogether(unit, step) }
        }
    }

    private func planes(_ worker: Int) -> UnsafeMutablePointer<Float> {
        (scratch + strips.offsetBytes + worker * strips.planeBytes).assumingMemoryBound(to: Float.self)
    }

    private func results(_ worker: Int) -> UnsafeMutablePointer<Float> {
        let offset = strips.offsetBytes + planeWorkers * strips.planeBytes + worker * ConvStrips.resultBytes
        return (scratch + offset).assumingMemoryBound(to: Float.self)
    }

    private func image(_ unit: Int) -> UnsafePointer<Float> { x + unit * shape.groupChannels * shape.window.inputCount }

    private var chunks: Int { (shape.groupOutputs + ConvStrips.resultRows - 1) / ConvStrips.resultRows }

    private func computeAlone(_ unit: Int, _ worker: Int) {
        let planes = planes(worker)
        let results = results(worker)
        for strip in 0..<strips.count {
            for channel in 0..<shape.groupChannels {
                strips.load(image(unit), channel: channel, strip: strip, to: planes)
            }
            for task in 0..<strips.blocks(strip) * chunks { compute(unit, strip, task, planes, results) }
        }
    }

    private func computeTogether(_ unit: Int, _ step: Step) {
        var task = self
        task.unit = unit
        for strip in 0..<strips.count {
            task.strip = strip
            step.parallel(shape.groupChannels, task) { context, channel, _ in
                guard let task = context?.assumingMemoryBound(to: ConvDirect.self).pointee else { return }
                task.strips.load(task.image(task.unit), channel: channel, strip: task.strip, to: task.planes(0))
            }
            step.parallel(strips.blocks(strip) * chunks, task) { context, index, worker in
                guard let task = context?.assumingMemoryBound(to: ConvDirect.self).pointee else { return }
                task.compute(task.unit, task.strip, index, task.planes(0), task.results(Int(worker)))
            }
        }
    }

    /// Some rows of a block of a strip.
    private func compute(
        _ unit: Int, _ strip: Int, _ task: Int, _ planes: UnsafePointer<Float>, _ results: UnsafeMutablePointer<Float>
    ) {
        let (block, chunk) = (task / chunks, task % chunks)
        let panel = Int(PACK_PANEL)
        let column = block * ConvStrips.blockPanels * panel
        let panels = Swift.min(
            ConvStrips.blockPanels, (strips.columns(strip) - column + panel - 1) / panel)
        let first = chunk * ConvStrips.resultRows
        let count = Swift.min(ConvStrips.resultRows, shape.groupOutputs - first)
        let row = unit % shape.group * shape.groupOutputs + first
        var gemm = pack_gemm()
        gemm.a = UnsafeRawPointer(weights + row * shape.weights.row)
        gemm.lda = shape.weights.row
        gemm.panels = UnsafeRawPointer(planes + column)
        gemm.k = shape.k
        gemm.n = panels * panel
        gemm.c = results
        gemm.ldc = ConvStrips.resultRow
        gemm.row_bias = bias.map { $0 + row }
        gemm.activation = shape.activation.isOfProducts ? shape.activation.kind : 0
        kernel(&gemm, UnsafePointer(scratch.assumingMemoryBound(to: Int.self)), 0, count, 0, panels)
        if !shape.activation.isOfProducts {
            for index in 0..<count {
                let start = results + index * ConvStrips.resultRow
                shape.activation.apply(kernels, start, start, panels * panel)
            }
        }
        strips.store(
            results, rows: count, strip: strip, block: block,
            to: out + (unit * shape.groupOutputs + first) * shape.window.outputCount)
    }
}
