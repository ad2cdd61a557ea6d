public import CPackKernels
import PackCore

/// Running sums or products along an axis that the second input gives (ONNX `CumSum`, `CumProd`). Attributes: 1 for products,
/// 1 to leave an element out of its own, 1 to run backwards.
enum Cumulate: Operator {
    static func prepare(_ step: Step) throws(OperatorError) -> Int {
        let x = try step.input(0)
        let axis = try step.input(1)
        let out = try step.output()
        guard x.dtype == out.dtype, x.dtype != .bool else { throw .type }
        guard x.count == out.count, axis.count == 1 else { throw .shape }
        try axis.requireInteger()
        _ = try step.attribute(2)
        var longest = 1
        for axis in 0..<x.rank { longest = Swift.max(longest, x.extent(axis)) }
        return longest * 8
    }

    static func run(_ step: Step) throws(OperatorError) {
        let x = try step.input(0)
        let out = try step.output()
        let lanes = try Lanes(orScalar: x, try wrapped(try step.input(1).index(0), Swift.max(x.rank, 1)))
        let multiplies = try step.attribute(0) != 0
        guard let scratch = step.scratch else { throw .attribute }
        for lane in 0..<lanes.count {
            let start = lanes.start(lane)
            if x.dtype.wide == .float {
                let values = scratch.assumingMemoryBound(to: Double.self)
                x.load(start, lanes.inner, lanes.extent, values)
                try accumulate(step, values, lanes.extent, multiplies ? 1 : 0) { multiplies ? $0 * $1 : $0 + $1 }
                out.store(start, lanes.inner, lanes.extent, values)
            } else {
                let values = scratch.assumingMemoryBound(to: Int64.self)
                x.load(start, lanes.inner, lanes.extent, values)
                try accumulate(step, values, lanes.extent, multiplies ? 1 : 0) { multiplies ? $0 &* $1 : $0 &+ $1 }
                out.store(start, lanes.inner, lanes.extent, values)
            }
        }
    }

    @inline(__always)
    private static func accumulate<T>(
        _ step: Step, _ values: UnsafeMutablePointer<T>, _ count: Int, _ first: T, _ combine: (T, T) -> T
    ) throws(OperatorError) {
        let leavesOut = try step.attribute(1) != 0
        let isReversed = try step.attribute(2) != 0
        var total = first
        for i in 0..<count {
            let place = isReversed ? count - 1 - i : i
            let before = total
            total = combine(total, values[place])
            values[place] = leavesOut ? before : total
        }
    }
}

/// C entry of `Cumulate`.
@c(pack_op_Cumulate) public func packOperatorCumulate(_ step: UnsafePointer<pack_step>?, _ running: Int32) -> Int64 {
    perform(Cumulate.self, step, running)
}
