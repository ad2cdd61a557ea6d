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
    private struct Task {
        let kind: PoolKind
        let p: Int
        let plane: Plane
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
            plane.load(x + unit * window.inputCount, scratch, worker)
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

    private static func plane(_ step: Step) throws(OperatorError) -> Plane {
        let x = try step.input(0)
        let out = try step.output()
        try x.require(.f32)
        try out.require(.f32)
        guard PoolKind(rawValue: try step.attribute(0)) != nil else { throw .attribute }
        _ = try Window.bounded(step, 1, 1)
        guard x.rank > 1, out.rank > 1, x.extent(1) == out.extent(1) else { throw .shape }
        return try Plane(try Window(step, from: 2, input: x, output: out, loose: true))
    }

    static func prepare(_ step: Step) throws(OperatorError) -> Int {
        let plane = try plane(step)
        guard step.kernels.pointee.tap_rows != nil else { throw .kernel }
        return try plane.scratchBytes(step.threads) + (try bytes(plane.taps + plane.window.axes[2].output, 4))
    }

    static func run(_ step: Step) throws(OperatorError) {
        let plane = try plane(step)
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
            kind: kind, p: try step.attribute(1), plane: plane, kernels: step.kernels, scratch: scratch, ones: ones,
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
