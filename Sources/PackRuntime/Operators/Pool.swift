public import CPackKernels
import CPackSystem
import PackCore

/// What `Pool` computes of a window; the values stand in plan files.
public enum PoolKind: Int, Sendable {
    case maximum = 0
    /// Of the values inside of the image.
    case average = 1
    /// Of the values and the zeros of the padding.
    case paddedAverage = 2
    /// The p-th root of the sum of absolute values to the p.
    case norm = 3
}

/// Pooling of f32 images [N, C, axes…] (ONNX `MaxPool`, `AveragePool`, `LpPool`). Attributes: `PoolKind`, p, `Window`.
enum Pool: Operator {
    private static let batchValues = 4096

    private struct Task {
        let kind: PoolKind
        let p: Int
        /// The window over the image, and the plane that is reduced: of the same, or of the highest values of its rows.
        let source: Window
        let plane: Plane
        let highest: UnsafeMutablePointer<Float>?
        let kernels: UnsafePointer<pack_kernels>
        let scratch: UnsafeMutableRawPointer
        let ones: UnsafeMutablePointer<Float>
        /// How many values count in the windows of each column.
        let counts: UnsafeMutablePointer<Float>
        let x: UnsafePointer<Float>
        let out: UnsafeMutablePointer<Float>

        func compute(_ unit: Int, _ worker: Int) {
            let window = plane.window
            let to = out + unit * window.outputCount
            let image = x + unit * source.inputCount
            guard let highest else { return reduce(image, to, worker) }
            // Some rows at a time, the last of them so that they end with the image.
            let (rows, batch) = (source.axes[1].output, window.axes[1].output)
            let place = highest + worker * window.inputCount
            for start in stride(from: 0, to: rows, by: batch) {
                let row = Swift.min(start, rows - batch)
                gatherHighest(image, row, batch, place)
                plane.load(place, scratch, worker)
                plane.reduce(
                    kernels, scratch, worker, weights: nil, from: -.infinity, activation: .none,
                    to: out + unit * source.outputCount + row * window.axes[2].output)
            }
        }

        private func reduce(_ image: UnsafePointer<Float>, _ to: UnsafeMutablePointer<Float>, _ worker: Int) {
            let window = plane.window
            plane.load(image, scratch, worker)
            if kind == .norm { plane.apply(scratch, worker) { power(Swift.abs($0), Float(p)) } }
            plane.reduce(
                kernels, scratch, worker, weights: kind == .maximum ? nil : UnsafePointer(ones),
                from: kind == .maximum ? -.infinity : 0, activation: .none, to: to)
            switch kind {
            case .maximum: break
            case .norm: for i in 0..<window.outputCount { to[i] = power(to[i], 1 / Float(p)) }
            case .average, .paddedAverage: divide(to)
            }
        }

        /// The maxima over the rows of some windows, column by column: what is left then are windows of one row.
        private func gatherHighest(
            _ image: UnsafePointer<Float>, _ begin: Int, _ count: Int, _ rows: UnsafeMutablePointer<Float>
        ) {
            let (axis, width) = (source.axes[1], source.axes[2].input)
            for row in 0..<count {
                let to = rows + row * width
                let top = (begin + row) * axis.stride - axis.before
                let first = top < 0 ? (axis.dilation - 1 - top) / axis.dilation : 0
                var y = top + first * axis.dilation
                var highest: UnsafePointer<Float>?
                for _ in first..<Swift.max(first, axis.kernel) {
                    guard y < axis.input else { break }
                    let line = image + y * width
                    if let highest {
                        kernels.pointee.binary?(PACK_BINARY_MAXIMUM.rawValue, line, highest, 1, to, width)
                    }
                    highest = highest == nil ? line : UnsafePointer(to)
                    y += axis.dilation
                }
                if let highest {
                    if highest != UnsafePointer(to) { to.update(from: highest, count: width) }
                } else {
                    to.update(repeating: -.infinity, count: width)
                }
            }
        }

        private func power(_ value: Float, _ exponent: Float) -> Float {
            switch p {
            case 1: value
            case 2: exponent == 2 ? value * value : value.squareRoot()
            default: pack_powf(value, exponent)
            }
        }

        private func divide(_ to: UnsafeMutablePointer<Float>) {
            let width = plane.window.axes[2].output
            for row in 0..<plane.window.axes[0].output * plane.window.axes[1].output {
                let z = plane.window.axes[0].count(row / plane.window.axes[1].output, kind)
                let rows = Float(z * plane.window.axes[1].count(row % plane.window.axes[1].output, kind))
                for column in 0..<width { to[row * width + column] /= rows * counts[column] }
            }
        }
    }

    private static func window(_ step: Step) throws(OperatorError) -> Window {
        let x = try step.input(0)
        let out = try step.output()
        try x.require(.f32)
        try out.require(.f32)
        guard PoolKind(rawValue: try step.attribute(0)) != nil else { throw .attribute }
        _ = try Window.bounded(step, 1, 1)
        guard x.rank > 1, out.rank > 1, x.extent(1) == out.extent(1) else { throw .shape }
        return try Window(step, from: 2, input: x, output: out, loose: true)
    }

    /// Whether the rows of the windows are reduced first.
    private static func reducesRows(_ step: Step, _ window: Window) throws(OperatorError) -> Bool {
        try step.attribute(0) == PoolKind.maximum.rawValue && window.axes[1].kernel > 1 && window.axes[0].input == 1
            && window.axes[0].kernel == 1 && window.axes[0].before == 0
    }

    /// What is left of a window when its rows have been reduced.
    ///
    /// Some rows at a time stay in the first-level cache.
    private static func flattened(_ window: Window) -> Window {
        var result = window
        var axis = WindowAxis()
        axis.input = Swift.max(1, Swift.min(window.axes[1].output, batchValues / Swift.max(1, window.axes[2].input)))
        axis.output = axis.input
        result.axes[1] = axis
        return result
    }

    static func prepare(_ step: Step) throws(OperatorError) -> Int {
        let window = try window(step)
        let reduces = try reducesRows(step, window)
        // Windows are refused that are out of all proportion, reduced by rows or not.
        let whole = try Plane(window)
        let plane = reduces ? try Plane(flattened(window)) : whole
        guard step.kernels.pointee.tap_rows != nil, !reduces || step.kernels.pointee.binary != nil else {
            throw .kernel
        }
        let rows = reduces ? try bytes(plane.window.inputCount, step.threads, 4) : 0
        return try plane.scratchBytes(step.threads) + (try bytes(plane.taps + plane.window.axes[2].output, 4)) + rows
    }

    static func run(_ step: Step) throws(OperatorError) {
        let window = try window(step)
        let reduces = try reducesRows(step, window)
        let plane = try Plane(reduces ? flattened(window) : window)
        guard let scratch = step.scratch, let x = try step.input(0).floats.baseAddress,
            let out = try step.output().floats.baseAddress, try step.output().count > 0,
            let kind = PoolKind(rawValue: try step.attribute(0))
        else { return }
        let ones = (scratch + (try plane.scratchBytes(step.threads))).assumingMemoryBound(to: Float.self)
        ones.update(repeating: 1, count: plane.taps)
        let counts = ones + plane.taps
        let columns = plane.window.axes[2]
        for column in 0..<columns.output { counts[column] = Float(columns.count(column, kind)) }
        plane.start(scratch, threads: step.threads, fill: kind == .maximum ? -.infinity : 0)
        let task = Task(
            kind: kind, p: try step.attribute(1), source: window, plane: plane,
            highest: reduces ? counts + columns.output : nil, kernels: step.kernels, scratch: scratch, ones: ones,
            counts: counts, x: x, out: out)
        step.parallel(try step.input(0).product(0..<2), task) { context, unit, worker in
            context?.assumingMemoryBound(to: Task.self).pointee.compute(unit, Int(worker))
        }
    }
}

extension WindowAxis {
    /// How many taps of a window count in its average.
    fileprivate func count(_ position: Int, _ kind: PoolKind) -> Int {
        let start = position * stride - before
        let (low, high) = kind == .paddedAverage ? (-before, input + after) : (0, input)
        let first = start >= low ? 0 : (low - start + dilation - 1) / dilation
        let end = start >= high ? 0 : Swift.min(kernel, (high - 1 - start) / dilation + 1)
        return Swift.max(0, end - first)
    }
}

/// C entry of `Pool`.
@c(pack_op_Pool) public func packOperatorPool(_ step: UnsafePointer<pack_step>?, _ running: Int32) -> Int64 {
    perform(Pool.self, step, running)
}
