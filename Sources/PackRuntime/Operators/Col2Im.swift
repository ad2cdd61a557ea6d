public import CPackKernels
import PackCore

/// Adds up windows of an image (ONNX `Col2Im`): f32 [N, C · taps, windows] to [N, C, axes…]. Further inputs: the image's extents,
/// and the kernel's, each absent where the plan knows it. Attributes: the axes, for each of them kernel, stride, dilation and
/// padding before and after.
enum Col2Im: MeasuringOperator {
    static func measure(_ step: Step) throws(OperatorError) {
        let (x, image, kernel, out) = (try step.input(0), try step.input(1), try step.input(2), try step.output())
        try image.requireInteger()
        try kernel.requireInteger()
        guard x.rank == 3, image.count == kernel.count, out.rank == image.count + 2 else { throw .shape }
        var taps = 1
        for axis in 0..<image.count {
            guard kernel.index(axis) > 0 else { throw .shape }
            taps = try bytes(taps, kernel.index(axis))
            out.setExtent(axis + 2, image.index(axis))
        }
        out.setExtent(0, x.extent(0))
        out.setExtent(1, x.extent(1) / taps)
    }

    private static func window(_ step: Step) throws(OperatorError) -> (Window, taps: Int) {
        let x = try step.input(0)
        let out = try step.output()
        try x.require(.f32)
        try out.require(.f32)
        let kernel = step.optional(2)
        if let kernel { try kernel.requireInteger() }
        if let image = step.optional(1) {
            try image.requireInteger()
            guard image.count == out.rank - 2 else { throw .shape }
        }
        // While a plan is made, computed extents are not there to be read; running looks at them again.
        let isKnown = kernel == nil || kernel?.raw != nil
        let window = try Window(step, from: 0, image: out, places: nil, kernel: isKnown ? kernel : nil)
        let taps = try window.taps()
        guard x.rank == 3, x.extent(0) == out.extent(0), x.extent(1) == (try bytes(taps, out.extent(1))),
            x.extent(2) == (try window.product { $0.output })
        else { throw .shape }
        return (window, taps)
    }

    static func prepare(_ step: Step) throws(OperatorError) -> Int {
        _ = try window(step)
        return 0
    }

    private struct Task {
        let x: UnsafePointer<Float>
        let out: UnsafeMutablePointer<Float>
        let window: pack_window
        let taken: Int
        let plane: Int
    }

    static func run(_ step: Step) throws(OperatorError) {
        let (window, taps) = try window(step)
        let out = try step.output()
        if let image = step.optional(1) {
            for axis in 0..<image.count where image.index(axis) != out.extent(axis + 2) { throw .shape }
        }
        guard out.count > 0, let to = out.floats.baseAddress else { return }
        to.update(repeating: 0, count: out.count)
        guard let x = try step.input(0).floats.baseAddress, window.outputCount > 0 else { return }
        let task = Task(
            x: x, out: to, window: window.record, taken: taps * window.outputCount, plane: window.inputCount)
        step.parallel(out.product(0..<2), task) { context, unit, _ in
            guard let task = context?.assumingMemoryBound(to: Task.self).pointee else { return }
            withUnsafePointer(to: task.window) {
                pack_scatter_taps_f32(task.x + unit * task.taken, $0, task.out + unit * task.plane)
            }
        }
    }
}

/// C entry of `Col2Im`.
@c(pack_op_Col2Im) public func packOperatorCol2Im(_ step: UnsafePointer<pack_step>?, _ running: Int32) -> Int64 {
    performMeasuring(Col2Im.self, step, running)
}
