public import CPackKernels
import PackCore

/// What `SoftmaxAxis` computes; the values stand in plan files.
public enum SoftmaxAxisKind: Int, Sendable {
    case softmax = 0
    case logarithm = 1
    /// 1 at the first largest element, else 0.
    case hard = 2
}

/// Softmax and its kin along any axis of a floating-point tensor. Attributes: `SoftmaxAxisKind`, axis.
///
/// Softmax of a type narrower than f32 rounds each of its steps to it: the standard's function for Softmax does so, and its
/// Attention, by `softmax_precision`, asks for it.
enum SoftmaxAxis: Operator {
    static func prepare(_ step: Step) throws(OperatorError) -> Int {
        let x = try step.input(0)
        let out = try step.output()
        guard x.dtype == out.dtype, x.dtype.wide == .float else { throw .type }
        guard x.count == out.count else { throw .shape }
        guard SoftmaxAxisKind(rawValue: try step.attribute(0)) != nil else { throw .attribute }
        return try Lanes(orScalar: x, try step.attribute(1)).extent * 8
    }

    static func run(_ step: Step) throws(OperatorError) {
        let x = try step.input(0)
        let out = try step.output()
        let lanes = try Lanes(orScalar: x, try step.attribute(1))
        guard let kind = SoftmaxAxisKind(rawValue: try step.attribute(0)),
            let values = step.scratch?.assumingMemoryBound(to: Double.self)
        else { throw .attribute }
        guard lanes.extent > 0 else { return }
        for lane in 0..<lanes.count {
            x.load(lanes.start(lane), lanes.inner, lanes.extent, values)
            if kind == .softmax, x.dtype.size < 4 {
                applyInSteps(values, lanes.extent) { count in
                    out.store(lanes.start(lane), lanes.inner, count, values)
                    out.load(lanes.start(lane), lanes.inner, count, values)
                }
            } else {
                apply(kind, values, lanes.extent)
            }
            out.store(lanes.start(lane), lanes.inner, lanes.extent, values)
        }
    }

    /// Softmax of numbers; `round` rounds the first of them to their type.
    private static func applyInSteps(_ x: UnsafeMutablePointer<Double>, _ count: Int, round: (Int) -> Void) {
        var largest = x[0]
        for i in 0..<count where x[i] > largest { largest = x[i] }
        for i in 0..<count { x[i] -= largest }
        round(count)
        for i in 0..<count { x[i] = pack_math_exp(x[i]) }
        round(count)
        var sum = 0.0
        for i in 0..<count { sum += x[i] }
        let first = x[0]
        x[0] = sum
        round(1)
        // A sum beyond the type's range remains as it is.
        if x[0].isFinite { sum = x[0] }
        x[0] = first
        for i in 0..<count { x[i] /= sum }
    }

    private static func apply(_ kind: SoftmaxAxisKind, _ x: UnsafeMutablePointer<Double>, _ count: Int) {
        var first = 0
        for i in 0..<count where x[i] > x[first] { first = i }
        let largest = x[first]
        if kind == .hard {
            for i in 0..<count { x[i] = i == first ? 1 : 0 }
            return
        }
        var sum = 0.0
        for i in 0..<count {
            x[i] -= largest
            let power = pack_math_exp(x[i])
            sum += power
            if kind == .softmax { x[i] = power }
        }
        let logarithm = kind == .logarithm ? pack_math_log(sum) : 0
        for i in 0..<count { x[i] = kind == .softmax ? x[i] / sum : x[i] - logarithm }
    }
}

/// C entry of `SoftmaxAxis`.
@c(pack_op_SoftmaxAxis) public func packOperatorSoftmaxAxis(
    _ step: UnsafePointer<pack_step>?, _ running: Int32
) -> Int64 { perform(SoftmaxAxis.self, step, running) }
