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
            apply(kind, values, lanes.extent)
            out.store(lanes.start(lane), lanes.inner, lanes.extent, values)
        }
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
