public import CPackKernels
import PackCore

/// Reorders axes. Attributes: for each axis of the output, the axis of the input. Any element type.
enum Transpose: Operator {
    static func prepare(_ step: Step) throws(OperatorError) -> Int {
        let x = try step.input(0)
        let out = try step.output()
        guard x.dtype == out.dtype else { throw .type }
        guard x.rank == out.rank, x.rank <= 8 else { throw .shape }
        var seen = 0
        for axis in 0..<out.rank {
            let from = try step.attribute(axis)
            guard from >= 0, from < x.rank, seen & (1 << from) == 0 else { throw .attribute }
            guard x.extent(from) == out.extent(axis) else { throw .shape }
            seen |= 1 << from
        }
        return 0
    }

    static func run(_ step: Step) throws(OperatorError) {
        let x = try step.input(0)
        let out = try step.output()
        var walk = Walk()
        for axis in 0..<out.rank {
            try walk.add(out.extent(axis), out.stride(axis), x.stride(try step.attribute(axis)))
        }
        try out.copy(along: walk, from: x)
    }
}

/// Picks slices by i64 indices along an axis (ONNX `Gather`). Attribute: axis. Negative indices count from the end; others
/// out of range are an error. Any element type.
enum Gather: Operator {
    static func prepare(_ step: Step) throws(OperatorError) -> Int {
        let x = try step.input(0)
        let indices = try step.input(1)
        let out = try step.output()
        try indices.require(.i64)
        guard x.dtype == out.dtype else { throw .type }
        let axis = try step.attribute(0)
        guard axis >= 0, axis < x.rank else { throw .attribute }
        let outer = try texts(step)?.count ?? x.product(0..<axis)
        guard out.count == (try product(product(outer, indices.count), x.stride(axis))) else { throw .shape }
        return 0
    }

    /// The texts that tokens are taken from, where they lie side by side.
    private static func texts(_ step: Step) throws(OperatorError) -> Segments? {
        let x = try step.input(0)
        guard step.segmentEnds != nil, try step.attribute(0) == 1, x.extent(0) == 1 else { return nil }
        return try Segments(step, x)
    }

    static func run(_ step: Step) throws(OperatorError) {
        let x = try step.input(0)
        let indices = try step.input(1).integers
        let out = try step.output()
        let axis = try step.attribute(0)
        let texts = try texts(step)
        let slice = x.product(axis + 1..<x.rank) * x.dtype.size
        guard let source = x.raw, let target = out.raw else { return }
        for outer in 0..<(texts?.count ?? x.product(0..<axis)) {
            let range = texts?[outer] ?? outer * x.extent(axis)..<(outer + 1) * x.extent(axis)
            for (position, index) in indices.enumerated() {
                let wanted = Int(index) < 0 ? Int(index) &+ range.count : Int(index)
                guard wanted >= 0, wanted < range.count else { throw .index }
                (target + (outer * indices.count + position) * slice)
                    .copyMemory(from: source + (range.lowerBound + wanted) * slice, byteCount: slice)
            }
        }
    }
}

/// Takes every `step`-th slice of one axis from `start` on, as many as the output has. Attributes: axis, start, step (not 0).
enum Slice: Operator {
    static func prepare(_ step: Step) throws(OperatorError) -> Int {
        let x = try step.input(0)
        let out = try step.output()
        guard x.dtype == out.dtype else { throw .type }
        guard x.rank == out.rank else { throw .shape }
        let axis = try step.attribute(0)
        let start = try step.attribute(1)
        let stride = try step.attribute(2)
        guard axis >= 0, axis < x.rank, stride != 0 else { throw .attribute }
        for other in 0..<x.rank where other != axis && x.extent(other) != out.extent(other) { throw .shape }
        let count = out.extent(axis)
        guard count > 0 else { return 0 }
        let (span, overflow) = (count - 1).multipliedReportingOverflow(by: stride)
        let (end, endOverflow) = start.addingReportingOverflow(span)
        guard !overflow, !endOverflow, start >= 0, start < x.extent(axis), end >= 0, end < x.extent(axis) else {
            throw .shape
        }
        return 0
    }

    static func run(_ step: Step) throws(OperatorError) {
        let x = try step.input(0)
        let out = try step.output()
        let axis = try step.attribute(0)
        let start = try step.attribute(1)
        let stride = try step.attribute(2)
        let slice = x.product(axis + 1..<x.rank) * x.dtype.size
        guard out.count > 0, let source = x.raw, let target = out.raw else { return }
        for outer in 0..<x.product(0..<axis) {
            for position in 0..<out.extent(axis) {
                (target + (outer * out.extent(axis) + position) * slice).copyMemory(
                    from: source + (outer * x.extent(axis) + start + position * stride) * slice, byteCount: slice)
            }
        }
    }
}

/// Joins tensors along an axis. Attribute: axis.
enum Concat: Operator {
    static func prepare(_ step: Step) throws(OperatorError) -> Int {
        let out = try step.output()
        let axis = try step.attribute(0)
        guard axis >= 0, axis < out.rank else { throw .attribute }
        var total = 0
        for index in 0..<step.inputCount {
            let x = try step.input(index)
            guard x.dtype == out.dtype else { throw .type }
            guard x.rank == out.rank else { throw .shape }
            for other in 0..<x.rank where other != axis && x.extent(other) != out.extent(other) { throw .shape }
            total += x.extent(axis)
        }
        guard total == out.extent(axis) else { throw .shape }
        return 0
    }

    static func run(_ step: Step) throws(OperatorError) {
        let out = try step.output()
        let axis = try step.attribute(0)
        let unit = out.product(axis + 1..<out.rank) * out.dtype.size
        guard out.count > 0, var target = out.raw else { return }
        for outer in 0..<out.product(0..<axis) {
            for index in 0..<step.inputCount {
                let x = try step.input(index)
                let bytes = x.extent(axis) * unit
                guard bytes > 0, let source = x.raw else { continue }
                target.copyMemory(from: source + outer * bytes, byteCount: bytes)
                target += bytes
            }
        }
    }
}

/// C entry of `Transpose`.
@c(pack_op_Transpose) public func packOperatorTranspose(_ step: UnsafePointer<pack_step>?, _ running: Int32) -> Int64 {
    perform(Transpose.self, step, running)
}

/// C entry of `Gather`.
@c(pack_op_Gather) public func packOperatorGather(_ step: UnsafePointer<pack_step>?, _ running: Int32) -> Int64 {
    perform(Gather.self, step, running)
}

/// C entry of `Slice`.
@c(pack_op_Slice) public func packOperatorSlice(_ step: UnsafePointer<pack_step>?, _ running: Int32) -> Int64 {
    perform(Slice.self, step, running)
}

/// C entry of `Concat`.
@c(pack_op_Concat) public func packOperatorConcat(_ step: UnsafePointer<pack_step>?, _ running: Int32) -> Int64 {
    perform(Concat.self, step, running)
}
