public import CPackKernels
import PackCore

/// Different elements, or different slices along an axis (ONNX `Unique`). Outputs: what differs; for each its first position,
/// i64; for each element of the input the position of its like in the first output, i64; how often each occurs, i64.
/// Attributes: axis, or −1 for single elements; 1 for ascending order, 0 for that of first occurrence.
enum Unique: MeasuringOperator {
    /// The input as slices along an axis.
    private struct Slices {
        let x: Tensor
        let lanes: Lanes

        init(_ step: Step) throws(OperatorError) {
            x = try step.input(0)
            let axis = try step.attribute(0)
            lanes = axis < 0 ? Lanes(whole: x) : try Lanes(x, axis)
        }

        func place(_ slice: Int, _ element: Int) -> Int {
            element / lanes.inner * lanes.extent * lanes.inner + slice * lanes.inner + element % lanes.inner
        }

        func compare(_ a: Int, _ b: Int) -> Int {
            for element in 0..<lanes.count {
                let order = elementOrder(x, place(a, element), place(b, element))
                if order != 0 { return order }
            }
            return 0
        }

        /// Fills `order` with the slices in ascending order, equal ones by position, and returns how many differ.
        func sort(_ order: UnsafeMutablePointer<Int>) -> Int {
            let count = lanes.extent
            for i in 0..<count { order[i] = i }
            heapSort(order, count, taking: count) { a, b in
                let order = compare(a, b)
                return order == 0 ? a < b : order < 0
            }
            for i in 0..<count / 2 {
                let moved = order[i]
                order[i] = order[count - 1 - i]
                order[count - 1 - i] = moved
            }
            var different = 0
            for i in 0..<count where i == 0 || compare(order[i - 1], order[i]) != 0 { different += 1 }
            return different
        }
    }

    private static func check(_ step: Step) throws(OperatorError) -> Slices {
        let slices = try Slices(step)
        let out = try step.output(0)
        let axis = try step.attribute(0)
        guard out.dtype == slices.x.dtype else { throw .type }
        guard out.rank == (axis < 0 ? 1 : slices.x.rank) else { throw .shape }
        _ = try step.attribute(1)
        for index in 1..<4 {
            try step.output(index).require(.i64)
            guard try step.output(index).rank == 1 else { throw .shape }
        }
        return slices
    }

    static func prepare(_ step: Step) throws(OperatorError) -> Int {
        let slices = try check(step)
        let x = slices.x
        let out = try step.output(0)
        let axis = try step.attribute(0)
        if axis >= 0 {
            for other in 0..<x.rank where other != axis && out.extent(other) != x.extent(other) { throw .shape }
        }
        let count = out.extent(Swift.max(axis, 0))
        guard try step.output(1).count == count, try step.output(2).count == slices.lanes.extent,
            try step.output(3).count == count
        else { throw .shape }
        return try product(slices.lanes.extent, 16)
    }

    static func measure(_ step: Step) throws(OperatorError) {
        let slices = try check(step)
        let order = UnsafeMutablePointer<Int>.allocate(capacity: Swift.max(slices.lanes.extent, 1))
        defer { order.deallocate() }
        let count = slices.sort(order)
        let out = try step.output(0)
        let axis = try step.attribute(0)
        if axis >= 0 { for other in 0..<out.rank { out.setExtent(other, slices.x.extent(other)) } }
        out.setExtent(Swift.max(axis, 0), count)
        try step.output(1).setExtent(0, count)
        try step.output(2).setExtent(0, slices.lanes.extent)
        try step.output(3).setExtent(0, count)
    }

    static func run(_ step: Step) throws(OperatorError) {
        let slices = try Slices(step)
        let out = try step.output(0)
        let axis = try step.attribute(0)
        let length = slices.lanes.extent
        guard length > 0, let order = step.scratch?.assumingMemoryBound(to: Int.self) else { return }
        guard slices.sort(order) == out.extent(Swift.max(axis, 0)) else { throw .shape }
        // The groups of equal slices, each named by where it starts in the order; by first occurrence if so wanted.
        let groups = order + length
        var count = 0
        for i in 0..<length where i == 0 || slices.compare(order[i - 1], order[i]) != 0 {
            groups[count] = i
            count += 1
        }
        if try step.attribute(1) == 0 {
            // What the sort takes first, it puts last.
            heapSort(groups, count, taking: count) { a, b in order[a] > order[b] }
        }
        let target = axis < 0 ? Lanes(whole: out) : try Lanes(out, axis)
        for group in 0..<count {
            let first = order[groups[group]]
            try step.output(1).integers[group] = Int64(first)
            for element in 0..<slices.lanes.count {
                let place =
                    element / target.inner * target.extent * target.inner + group * target.inner
                    + element % target.inner
                out.copy(place, 1, from: slices.x, slices.place(first, element), 1, 1)
            }
            var end = groups[group]
            while end < length, end == groups[group] || slices.compare(order[end - 1], order[end]) == 0 {
                try step.output(2).integers[order[end]] = Int64(group)
                end += 1
            }
            try step.output(3).integers[group] = Int64(end - groups[group])
        }
    }
}

extension Lanes {
    /// The whole tensor as one lane.
    init(whole x: Tensor) {
        outer = 1
        extent = x.count
        inner = 1
    }
}

/// C entry of `Unique`.
@c(pack_op_Unique) public func packOperatorUnique(_ step: UnsafePointer<pack_step>?, _ running: Int32) -> Int64 {
    performMeasuring(Unique.self, step, running)
}
