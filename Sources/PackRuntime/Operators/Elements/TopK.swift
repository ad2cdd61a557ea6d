public import CPackKernels
import PackCore

/// The k largest or smallest elements along an axis and their positions (ONNX `TopK`). Inputs: x, k. Outputs: values,
/// indices i64. Attributes: axis, 1 for the largest. Results are in order, equal elements by position.
enum TopK: MeasuringOperator {
    private static func check(_ step: Step) throws(OperatorError) -> Lanes {
        let x = try step.input(0)
        let k = try step.input(1)
        guard x.dtype == (try step.output(0).dtype), try step.output(1).dtype == .i64, x.dtype != .bool else {
            throw .type
        }
        try k.requireInteger()
        guard k.count == 1, try step.output(0).rank == x.rank, try step.output(1).rank == x.rank else { throw .shape }
        _ = try step.attribute(1)
        return try Lanes(x, try step.attribute(0))
    }

    static func prepare(_ step: Step) throws(OperatorError) -> Int {
        let lanes = try check(step)
        let x = try step.input(0)
        let out = try step.output(0)
        let axis = try step.attribute(0)
        for other in 0..<x.rank where other != axis && out.extent(other) != x.extent(other) { throw .shape }
        guard out.extent(axis) <= lanes.extent, try step.output(1).hasShape(of: out) else { throw .shape }
        return try product(lanes.extent, 8)
    }

    static func measure(_ step: Step) throws(OperatorError) {
        let lanes = try check(step)
        let x = try step.input(0)
        let k = try step.input(1).index(0)
        guard k >= 0, k <= lanes.extent else { throw .index }
        for output in 0..<2 {
            for axis in 0..<x.rank { try step.output(output).setExtent(axis, x.extent(axis)) }
            try step.output(output).setExtent(try step.attribute(0), k)
        }
    }

    static func run(_ step: Step) throws(OperatorError) {
        let x = try step.input(0)
        let values = try step.output(0)
        let indices = try step.output(1).integers
        let axis = try step.attribute(0)
        let lanes = try Lanes(x, axis)
        let results = try Lanes(values, axis)
        let wantsLargest = try step.attribute(1) != 0
        let k = try step.input(1).index(0)
        guard k == results.extent, k <= lanes.extent else { throw .shape }
        guard values.count > 0, let order = step.scratch?.assumingMemoryBound(to: Int.self) else { return }
        for lane in 0..<lanes.count {
            let start = lanes.start(lane)
            let target = results.start(lane)
            for i in 0..<lanes.extent { order[i] = i }
            heapSort(order, lanes.extent, taking: k) { a, b in
                let order = elementOrder(x, start + a * lanes.inner, start + b * lanes.inner)
                return order == 0 ? a < b : (order > 0) == wantsLargest
            }
            for i in 0..<k {
                // The sort leaves what it takes at the end.
                let index = order[lanes.extent - 1 - i]
                indices[target + i * results.inner] = Int64(index)
                values.copy(target + i * results.inner, 1, from: x, start + index * lanes.inner, 1, 1)
            }
        }
    }
}

/// C entry of `TopK`.
@c(pack_op_TopK) public func packOperatorTopK(_ step: UnsafePointer<pack_step>?, _ running: Int32) -> Int64 {
    performMeasuring(TopK.self, step, running)
}
