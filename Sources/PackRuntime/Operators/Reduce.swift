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
/// A maximum over no element is −∞.
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

    static func run(_ step: Step) throws(OperatorError) {
        let x = try step.input(0).floats
        let out = try step.output().floats
        let (outer, reduced, inner) = try layout(step)
        guard let kind = ReduceKind(rawValue: try step.attribute(0)) else { throw .attribute }
        for i in 0..<outer {
            for j in 0..<inner {
                var result: Float = kind == .maximum ? -Float.infinity : 0
                for k in 0..<reduced {
                    let value = x[(i * reduced + k) * inner + j]
                    switch kind {
                    case .sum, .mean: result += value
                    case .maximum: result = value > result || value.isNaN ? value : result
                    case .norm: result += value * value
                    }
                }
                if kind == .mean { result /= Float(reduced) }
                if kind == .norm { result = result.squareRoot() }
                out[i * inner + j] = result
            }
        }
    }
}

/// C entry of `Reduce`.
@c(pack_op_Reduce) public func packOperatorReduce(_ step: UnsafePointer<pack_step>?, _ running: Int32) -> Int64 {
    perform(Reduce.self, step, running)
}
