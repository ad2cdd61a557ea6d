public import CPackKernels
import CPackSystem
import PackCore

/// Transposed convolution (ONNX `ConvTranspose`) over one to three axes.
///
/// Inputs: x f32 [N, C, axes…]; weights f32 [C, M / group, kernel…], or as [M · taps, C / group]; bias f32 [M] or
/// absent. Attributes: `Activation`, group, the axes, for each of them kernel, stride, dilation, padding before, and 0.
/// A product gives what every element of x adds at each tap, for some outputs at a time; then it is added up in the image.
enum ConvTranspose: Operator {
    /// Bytes of products that a worker holds.
    private static let blockBytes = 1 << 20

    private struct Shape {
        let window: Window
        let batch: Int
        let group: Int
        let groupChannels: Int
        let groupOutputs: Int
        let taps: Int
        let activation: Activation
        /// Outputs that a worker computes at once, and the blocks that a group has of them.
        let blockOutputs: Int
        var blocks: Int { (groupOutputs + blockOutputs - 1) / blockOutputs }
        /// Whether the weights are yet to be transposed.
        let turnsWeights: Bool
        let panelBytes: Int
        let weightBytes: Int
        let workerBytes: Int

        /// Elements of one channel of x.
        var places: Int { window.outputCount }

        init(_ step: Step) throws(OperatorError) {
            let x = try step.input(0)
            let w = try step.input(1)
            let out = try step.output()
            try x.require(.f32)
            try w.require(.f32)
            try out.require(.f32)
            window = try Window(step, from: 4, image: out, places: x)
            group = try Window.bounded(step, 3, 1)
            batch = x.extent(0)
            guard batch == out.extent(0), x.extent(1) % group == 0, out.extent(1) % group == 0 else { throw .shape }
            groupChannels = x.extent(1) / group
            groupOutputs = out.extent(1) / group
            taps = try window.taps()
            turnsWeights = w.rank == x.rank
            if turnsWeights {
                guard w.extent(0) == x.extent(1), w.extent(1) == groupOutputs else { throw .shape }
                for axis in 2..<w.rank where w.extent(axis) != window.axes[axis + 3 - w.rank].kernel { throw .shape }
            } else {
                // Rank 3, with the group in front, is an older form of the same.
                guard w.rank == 2 || w.rank == 3, w.last == groupChannels,
                    w.count == (try bytes(group, groupOutputs, taps, groupChannels))
                else { throw .shape }
            }
            if let bias = step.optional(2) {
                try bias.require(.f32)
                guard bias.count == out.extent(1) else { throw .shape }
            }
            activation = try Activation(step, from: 0)
            let panel = Int(PACK_PANEL)
            let one = try bytes(taps, window.outputCount, 4)
            let fitting = Swift.max(1, ConvTranspose.blockBytes / Swift.max(1, one))
            blockOutputs = Swift.max(1, Swift.min(groupOutputs, fitting))
            workerBytes = (try bytes(one, blockOutputs) + 63) & ~63
            panelBytes = try bytes((window.outputCount + panel - 1) / panel * panel, groupChannels, group, 4)
            weightBytes = turnsWeights ? (try bytes(w.count, 4) + 63) & ~63 : 0
        }
    }

    static func prepare(_ step: Step) throws(OperatorError) -> Int {
        let shape = try Shape(step)
        guard step.kernels.pointee.gemm_f32 != nil, step.kernels.pointee.unary != nil || shape.activation.kind == 0
        else {
            throw .kernel
        }
        return shape.panelBytes + shape.weightBytes + (try bytes(shape.workerBytes, step.threads))
    }

    private struct Task {
        let shape: Shape
        let window: pack_window
        let gemm: pack_gemm_kernel
        let kernels: UnsafePointer<pack_kernels>
        let weights: UnsafePointer<Float>
        let bias: UnsafePointer<Float>?
        let panels: UnsafePointer<Float>
        let products: UnsafeMutableRawPointer
        var out: UnsafeMutablePointer<Float>

        /// Some outputs of one group of the image at hand.
        func compute(_ index: Int, _ worker: Int) {
            let (group, first) = (index / shape.blocks, index % shape.blocks * shape.blockOutputs)
            let count = Swift.min(shape.blockOutputs, shape.groupOutputs - first)
            let product = (products + worker * shape.workerBytes).assumingMemoryBound(to: Float.self)
            let output = group * shape.groupOutputs + first
            if shape.groupChannels > 0 { multiply(group, output, count, product) }
            let plane = shape.window.inputCount
            for index in 0..<count {
                let to = out + (output + index) * plane
                to.update(repeating: bias?[output + index] ?? 0, count: plane)
                if shape.groupChannels > 0 {
                    withUnsafePointer(to: window) {
                        pack_scatter_taps_f32(product + index * shape.taps * shape.places, $0, to)
                    }
                }
                shape.activation.apply(kernels, to, to, plane)
            }
        }

        private func multiply(_ group: Int, _ output: Int, _ count: Int, _ product: UnsafeMutablePointer<Float>) {
            let panelCount = (shape.places + Int(PACK_PANEL) - 1) / Int(PACK_PANEL)
            var arguments = pack_gemm()
            arguments.a = UnsafeRawPointer(weights + output * shape.taps * shape.groupChannels)
            arguments.lda = shape.groupChannels
            arguments.panels = UnsafeRawPointer(panels + group * panelCount * Int(PACK_PANEL) * shape.groupChannels)
            arguments.k = shape.groupChannels
            arguments.n = shape.places
            arguments.c = product
            arguments.ldc = shape.places
            gemm(&arguments, 0, count * shape.taps, 0, panelCount)
        }
    }

    static func run(_ step: Step) throws(OperatorError) {
        let shape = try Shape(step)
        let out = try step.output()
        guard out.count > 0, let scratch = step.scratch, let to = out.floats.baseAddress,
            let kernel = step.kernels.pointee.gemm_f32
        else { return }
        let panels = scratch.assumingMemoryBound(to: Float.self)
        var weights = try step.input(1).floats.baseAddress ?? panels
        if shape.turnsWeights {
            let turned = (scratch + shape.panelBytes).assumingMemoryBound(to: Float.self)
            turn(weights, shape, turned)
            weights = turned
        }
        var task = Task(
            shape: shape, window: shape.window.record, gemm: kernel, kernels: step.kernels,
            weights: weights,
            bias: UnsafePointer(step.optional(2)?.floats.baseAddress), panels: panels,
            products: scratch + shape.panelBytes + shape.weightBytes, out: to)
        let taken = shape.group * shape.groupChannels * shape.places
        let panelSize = shape.panelBytes / 4 / shape.group
        for image in 0..<shape.batch {
            if taken > 0, let x = try step.input(0).floats.baseAddress {
                for group in 0..<shape.group {
                    pack_panels_f32(
                        x + image * taken + group * shape.groupChannels * shape.places, shape.places, 0,
                        shape.groupChannels, shape.places, panels + group * panelSize)
                }
            }
            task.out = to + image * (out.count / shape.batch)
            step.parallel(shape.group * shape.blocks, task) { context, index, worker in
                context?.assumingMemoryBound(to: Task.self).pointee.compute(index, Int(worker))
            }
        }
    }

    private static func turn(
        _ weights: UnsafePointer<Float>, _ shape: Shape, _ turned: UnsafeMutablePointer<Float>
    ) {
        let (rows, columns) = (shape.groupChannels, shape.groupOutputs * shape.taps)
        for group in 0..<shape.group {
            let (from, to) = (weights + group * rows * columns, turned + group * rows * columns)
            for row in 0..<rows {
                for column in 0..<columns { to[column * rows + row] = from[row * columns + column] }
            }
        }
    }
}

/// C entry of `ConvTranspose`.
@c(pack_op_ConvTranspose) public func packOperatorConvTranspose(
    _ step: UnsafePointer<pack_step>?, _ running: Int32
) -> Int64 { perform(ConvTranspose.self, step, running) }
