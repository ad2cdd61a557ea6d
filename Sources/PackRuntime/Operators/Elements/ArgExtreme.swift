public import CPackKernels
import PackCore

/// The position of the largest or smallest element along an axis (ONNX `ArgMax`, `ArgMin`), as i64. Attributes: axis, 1 for
/// the largest, 1 for the last of equals.
enum ArgExtreme: Operator {
    static func prepare(_ step: Step) throws(OperatorError) -> Int {
        let x = try step.input(0)
        let out = try step.output()
        try out.require(.i64)
        let lanes = try Lanes(orScalar: x, try step.attribute(0))
        _ = try step.attribute(2)
        guard out.count == lanes.count else { throw .shape }
        return 0
    }

    static func run(_ step: Step) throws(OperatorError) {
        let x = try step.input(0)
        let out = try step.output().integers
        let lanes = try Lanes(orScalar: x, try step.attribute(0))
        let wantsLargest = try step.attribute(1) != 0
        let wantsLast = try step.attribute(2) != 0
        guard lanes.extent > 0 || out.count == 0 else { throw .shape }
        for lane in 0..<lanes.count {
            let start = lanes.start(lane)
            var best = 0
            for i in 1..<Swift.max(lanes.extent, 1) {
                let order = elementOrder(x, start + i * lanes.inner, start + best * lanes.inner)
                if (wantsLargest ? order > 0 : order < 0) || (order == 0 && wantsLast) { best = i }
            }
            out[lane] = Int64(best)
        }
    }
}

/// Whether an element of a tensor is larger (1) than another, smaller (−1) or equal. NaN counts as larger than numbers.
func elementOrder(_ x: Tensor, _ a: Int, _ b: Int) -> Int {
    if x.dtype.wide == .float {
        let left = x.number(a)
        let right = x.number(b)
        if left.isNaN || right.isNaN { return (left.isNaN ? 1 : 0) - (right.isNaN ? 1 : 0) }
        return left > right ? 1 : left < right ? -1 : 0
    }
    // With the sign bit turned, unsigned numbers compare as signed ones.
    let turn = x.dtype == .u64 ? Int64.min : 0
    let left = x.integer(a) ^ turn
    let right = x.integer(b) ^ turn
    return left > right ? 1 : left < right ? -1 : 0
}

/// C entry of `ArgExtreme`.
@c(pack_op_ArgExtreme) public func packOperatorArgExtreme(
    _ step: UnsafePointer<pack_step>?, _ running: Int32
) -> Int64 { perform(ArgExtreme.self, step, running) }
