public import CPackKernels
import PackCore

/// What `Reduce` computes; the values stand in plan files.
public enum ReduceKind: Int, Sendable {
    case sum = 0
    case mean = 1
    case maximum = 2
    /// Square root of the sum of squares.
    case norm = 3
}

/// Reduces neighbouring axes of an f32 tensor. Attributes: `ReduceKind`, first axis, count of axes.
///
/// The output has the input's elements over the other axes; whether reduced axes stay with extent 1 does not matter here.
/// A maximum over no element is −∞. Sums are made in 64 bits.
enum Reduce: Operator {
    private static func layout(_ step: Step) throws(OperatorError) -> (outer: Int, reduced: Int, inner: Int) {
        let x = try step.input(0)
        let first = try step.attribute(1)
        let count = try step.attribute(2)
        guard first >= 0, count >= 1, first <= x.rank, count <= x.rank - first else { throw .attribute }
        return (x.product(0..<first), x.product(first..<first + count), x.product(first + count..<x.rank))
    }

    static func prepare(_ step: Step) throws(OperatorError) -> Int {
        let x = try step.input(0)
        let out = try step.output()
        try x.require(.f32)
        try out.require(.f32)
        guard ReduceKind(rawValue: try step.attribute(0)) != nil else { throw .attribute }
        let (outer, _, inner) = try layout(step)
        guard out.count == outer * inner else { throw .shape }
        return 0
    }

    private struct Task {
        let kind: ReduceKind
        let x: UnsafePointer<Float>?
        let out: UnsafeMutablePointer<Float>?
        let outer: Int
        let reduced: Int
        let inner: Int
        /// Results of one piece of work, and pieces for each index of the outer axes where these are not cut themselves.
        let width: Int
        let pieces: Int
    }

    static func run(_ step: Step) throws(OperatorError) {
        let (outer, reduced, inner) = try layout(step)
        guard let kind = ReduceKind(rawValue: try step.attribute(0)), outer > 0, inner > 0 else { return }
        let width = 32
        let pieces = inner == 1 ? 1 : (inner + width - 1) / width
        let task = Task(
            kind: kind, x: UnsafePointer(try step.input(0).floats.baseAddress),
            out: try step.output().floats.baseAddress, outer: outer, reduced: reduced, inner: inner, width: width,
            pieces: pieces)
        step.parallel(inner == 1 ? (outer + width - 1) / width : outer * pieces, task, piece)
    }

    private static let piece: @convention(c) (UnsafeMutableRawPointer?, Int, UInt32) -> Void = { context, index, _ in
        guard let task = context?.assumingMemoryBound(to: Task.self) else { return }
        reduce(task.pointee, index)
    }

    private static func reduce(_ task: Task, _ index: Int) {
        guard let x = task.x, let out = task.out else { return }
        if task.inner == 1 {
            for row in index * task.width..<Swift.min((index + 1) * task.width, task.outer) {
                out[row] = finish(task, sum(task.kind, x + row * task.reduced, task.reduced))
            }
            return
        }
        let (i, first) = (index / task.pieces, index % task.pieces * task.width)
        let from = x + i * task.reduced * task.inner + first
        columns(task, from, out + i * task.inner + first, Swift.min(task.width, task.inner - first))
    }

    private static func finish(_ task: Task, _ result: Double) -> Float {
        switch task.kind {
        case .mean: Float(result / Double(task.reduced))
        case .norm: Float(result.squareRoot())
        default: Float(result)
        }
    }

    private static func start(_ kind: ReduceKind) -> Double { kind == .maximum ? -.infinity : 0 }

    private static func add(_ kind: ReduceKind, _ value: Double, to result: inout Double) {
        switch kind {
        case .sum, .mean: result += value
        case .maximum: result = value > result || value.isNaN ? value : result
        case .norm: result += value * value
        }
    }

    private static func add(_ kind: ReduceKind, _ value: SIMD8<Double>, to result: inout SIMD8<Double>) {
        switch kind {
        case .sum, .mean: result += value
        case .maximum: result.replace(with: value, where: (value .> result) .| (value .!= value))
        case .norm: result += value * value
        }
    }

    private static func load(_ x: UnsafePointer<Float>) -> SIMD8<Double> {
        SIMD8<Double>(UnsafeRawPointer(x).loadUnaligned(as: SIMD8<Float>.self))
    }

    /// Neighbouring values, in eight chains.
    private static func sum(_ kind: ReduceKind, _ x: UnsafePointer<Float>, _ count: Int) -> Double {
        var lanes = SIMD8<Double>(repeating: start(kind))
        var i = 0
        while i + 8 <= count {
            add(kind, load(x + i), to: &lanes)
            i += 8
        }
        var result = start(kind)
        for lane in 0..<8 {
            // A chain of squares is summed already.
            add(kind == .norm ? .sum : kind, lanes[lane], to: &result)
        }
        while i < count {
            add(kind, Double(x[i]), to: &result)
            i += 1
        }
        return result
    }

    /// `width` neighbouring columns.
    private static func columns(
        _ task: Task, _ x: UnsafePointer<Float>, _ out: UnsafeMutablePointer<Float>, _ width: Int
    ) {
        var j = 0
        while j + 8 <= width {
            var lanes = SIMD8<Double>(repeating: start(task.kind))
            for k in 0..<task.reduced { add(task.kind, load(x + k * task.inner + j), to: &lanes) }
            for lane in 0..<8 { out[j + lane] = finish(task, lanes[lane]) }
            j += 8
        }
        while j < width {
            var result = start(task.kind)
            for k in 0..<task.reduced { add(task.kind, Double(x[k * task.inner + j]), to: &result) }
            out[j] = finish(task, result)
            j += 1
        }
    }
}

/// C entry of `Reduce`.
@c(pack_op_Reduce) public func packOperatorReduce(_ step: UnsafePointer<pack_step>?, _ running: Int32) -> Int64 {
    perform(Reduce.self, step, running)
}
