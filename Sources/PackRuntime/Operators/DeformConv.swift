public import CPackKernels
import CPackSystem
import PackCore

/// Convolution whose taps are shifted (ONNX `DeformConv`) over images [N, C, H, W].
///
/// Inputs f32: x; weights [M, C / group, kernel]; shifts [N, groups of shifts · taps · 2, output], rows before columns; bias [M]
/// or absent; what each tap counts [N, groups of shifts · taps, output], or absent (1). Attributes: group, groups of shifts,
/// `Window` of two axes. Values between elements are linear, those outside 0. Panels of shifted patches are made one by one.
enum DeformConv: Operator {
    private struct Shape {
        let window: Window
        let batch: Int
        let channels: Int
        let outputs: Int
        let group: Int
        let shifts: Int
        let taps: Int
        var k: Int { channels / group * taps }
        var panels: Int { (window.outputCount + Int(PACK_PANEL) - 1) / Int(PACK_PANEL) }
        let panelBytes: Int

        init(_ step: Step) throws(OperatorError) {
            let (x, w, offset, out) = (try step.input(0), try step.input(1), try step.input(2), try step.output())
            for tensor in [x, w, offset, out] { try tensor.require(.f32) }
            guard x.rank == 4, w.rank == 4 else { throw .shape }
            window = try Window(step, from: 2, input: x, output: out)
            group = try Window.bounded(step, 0, 1)
            shifts = try Window.bounded(step, 1, 1)
            (batch, channels, outputs) = (x.extent(0), x.extent(1), out.extent(1))
            guard channels % group == 0, outputs % group == 0, channels % shifts == 0 else { throw .shape }
            guard w.extent(0) == outputs, w.extent(1) == channels / group else { throw .shape }
            for axis in 1...2 where w.extent(axis + 1) != window.axes[axis].kernel { throw .shape }
            taps = try window.taps()
            let places = try bytes(batch, shifts, taps, window.outputCount)
            guard offset.count == (try bytes(places, 2)) else { throw .shape }
            if let bias = step.optional(3) {
                try bias.require(.f32)
                guard bias.count == outputs else { throw .shape }
            }
            if let mask = step.optional(4) {
                try mask.require(.f32)
                guard mask.count == places else { throw .shape }
            }
            panelBytes = try bytes(channels / group, taps, Int(PACK_PANEL), 4)
        }
    }

    static func prepare(_ step: Step) throws(OperatorError) -> Int {
        let shape = try Shape(step)
        guard step.kernels.pointee.gemm_f32 != nil else { throw .kernel }
        return try bytes(shape.panelBytes, step.threads)
    }

    private struct Task {
        let shape: Shape
        let kernel: pack_gemm_kernel
        let x: UnsafePointer<Float>
        let weights: UnsafePointer<Float>
        let offset: UnsafePointer<Float>
        let bias: UnsafePointer<Float>?
        let mask: UnsafePointer<Float>?
        let out: UnsafeMutablePointer<Float>
        let scratch: UnsafeMutableRawPointer

        /// One panel of one group of one image.
        func compute(_ index: Int, _ worker: Int) {
            let panel = (scratch + worker * shape.panelBytes).assumingMemoryBound(to: Float.self)
            let (unit, first) = (index / shape.panels, index % shape.panels * Int(PACK_PANEL))
            let (image, group) = (unit / shape.group, unit % shape.group)
            fill(panel, image, group, first)
            let rows = shape.outputs / shape.group
            let places = shape.window.outputCount
            var gemm = pack_gemm()
            gemm.a = UnsafeRawPointer(weights + group * rows * shape.k)
            gemm.lda = shape.k
            gemm.panels = UnsafeRawPointer(panel)
            gemm.k = shape.k
            gemm.n = Swift.min(Int(PACK_PANEL), places - first)
            gemm.c = out + unit * rows * places + first
            gemm.ldc = places
            gemm.row_bias = bias.map { $0 + group * rows }
            kernel(&gemm, 0, rows, 0, 1)
        }

        private func fill(_ panel: UnsafeMutablePointer<Float>, _ image: Int, _ group: Int, _ first: Int) {
            let (rows, columns) = (shape.window.axes[1], shape.window.axes[2])
            let places = shape.window.outputCount
            let perGroup = shape.channels / shape.group
            for channel in 0..<perGroup {
                let all = group * perGroup + channel
                let from = x + (image * shape.channels + all) * shape.window.inputCount
                let shift = image * shape.shifts + all / (shape.channels / shape.shifts)
                for tap in 0..<shape.taps {
                    let row = panel + (channel * shape.taps + tap) * Int(PACK_PANEL)
                    let at = shift * shape.taps + tap
                    for lane in 0..<Int(PACK_PANEL) {
                        let place = first + lane
                        guard place < places else {
                            row[lane] = 0
                            continue
                        }
                        let y =
                            place / columns.output * rows.stride + tap / columns.kernel * rows.dilation - rows.before
                        let x =
                            place % columns.output * columns.stride + tap % columns.kernel * columns.dilation
                            - columns.before
                        let value = sample(
                            from, Float(y) + offset[at * 2 * places + place],
                            Float(x) + offset[(at * 2 + 1) * places + place])
                        row[lane] = value * (mask?[at * places + place] ?? 1)
                    }
                }
            }
        }

        private func sample(_ from: UnsafePointer<Float>, _ y: Float, _ x: Float) -> Float {
            let (height, width) = (shape.window.axes[1].input, shape.window.axes[2].input)
            guard y > -1, y < Float(height), x > -1, x < Float(width) else { return 0 }
            let (top, left) = (Int(y.rounded(.down)), Int(x.rounded(.down)))
            let (down, across) = (y - Float(top), x - Float(left))
            func value(_ i: Int, _ j: Int, _ weight: Float) -> Float {
                i < 0 || j < 0 || i >= height || j >= width ? 0 : weight * from[i * width + j]
            }
            return value(top, left, (1 - down) * (1 - across)) + value(top, left + 1, (1 - down) * across)
                + value(top + 1, left, down * (1 - across)) + value(top + 1, left + 1, down * across)
        }
    }

    static func run(_ step: Step) throws(OperatorError) {
        let shape = try Shape(step)
        guard try step.output().count > 0, let scratch = step.scratch, let kernel = step.kernels.pointee.gemm_f32,
            let out = try step.output().floats.baseAddress
        else { return }
        guard shape.k > 0, let x = try step.input(0).floats.baseAddress,
            let weights = try step.input(1).floats.baseAddress, let offset = try step.input(2).floats.baseAddress
        else {
            for i in 0..<(try step.output().count) {
                out[i] = step.optional(3)?.floats[i / shape.window.outputCount % shape.outputs] ?? 0
            }
            return
        }
        let task = Task(
            shape: shape, kernel: kernel, x: x, weights: weights, offset: offset,
            bias: UnsafePointer(step.optional(3)?.floats.baseAddress),
            mask: UnsafePointer(step.optional(4)?.floats.baseAddress), out: out, scratch: scratch)
        step.parallel(shape.batch * shape.group * shape.panels, task) { context, index, worker in
            context?.assumingMemoryBound(to: Task.self).pointee.compute(index, Int(worker))
        }
    }
}

/// C entry of `DeformConv`.
@c(pack_op_DeformConv) public func packOperatorDeformConv(
    _ step: UnsafePointer<pack_step>?, _ running: Int32
) -> Int64 { perform(DeformConv.self, step, running) }
