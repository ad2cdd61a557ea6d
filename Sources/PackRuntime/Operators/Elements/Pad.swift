public import CPackKernels
import PackCore

/// What `Pad` puts around; the values stand in plan files.
public enum PadKind: Int, Sendable {
    case constant = 0
    /// Mirrored at the first and the last element, which are not repeated.
    case reflect = 1
    /// The first and the last element.
    case edge = 2
    /// What comes when the tensor is repeated.
    case wrap = 3
}

/// Adds to, or cuts from, the ends of axes (ONNX `Pad`). Inputs: x, pads (first before, then after each axis), the constant or
/// absent (0), axes or absent (all). Attribute: `PadKind`.
enum Pad: MeasuringOperator {
    private static func check(_ step: Step) throws(OperatorError) {
        let x = try step.input(0)
        let pads = try step.input(1)
        let out = try step.output()
        guard x.dtype == out.dtype else { throw .type }
        guard PadKind(rawValue: try step.attribute(0)) != nil else { throw .attribute }
        try pads.requireInteger()
        if let constant = step.optional(2) {
            try constant.require(x.dtype)
            guard constant.count == 1 else { throw .shape }
        }
        if let axes = step.optional(3) { try axes.requireInteger() }
        guard out.rank == x.rank, pads.count == 2 * (step.optional(3)?.count ?? x.rank) else { throw .shape }
    }

    /// The elements added before and after an axis.
    private static func pads(_ step: Step, _ axis: Int) throws(OperatorError) -> (before: Int, after: Int) {
        let pads = try step.input(1)
        let half = pads.count / 2
        guard let axes = step.optional(3) else { return (pads.index(axis), pads.index(half + axis)) }
        for i in 0..<half where try wrapped(axes.index(i), step.input(0).rank) == axis {
            return (pads.index(i), pads.index(half + i))
        }
        return (0, 0)
    }

    private static func extent(_ step: Step, _ axis: Int) throws(OperatorError) -> Int {
        let (before, after) = try pads(step, axis)
        let limit = 1 << 48
        guard before > -limit, before < limit, after > -limit, after < limit else { throw .shape }
        let extent = try step.input(0).extent(axis) + before + after
        guard extent >= 0 else { throw .shape }
        return extent
    }

    static func measure(_ step: Step) throws(OperatorError) {
        try check(step)
        let out = try step.output()
        for axis in 0..<out.rank { out.setExtent(axis, try extent(step, axis)) }
    }

    static func prepare(_ step: Step) throws(OperatorError) -> Int {
        try check(step)
        let out = try step.output()
        var places = 0
        for axis in 0..<out.rank { places += out.extent(axis) }
        return try product(places, 8)
    }

    static func run(_ step: Step) throws(OperatorError) {
        let x = try step.input(0)
        let out = try step.output()
        guard let kind = PadKind(rawValue: try step.attribute(0)) else { throw .attribute }
        guard let tables = step.scratch?.assumingMemoryBound(to: Int.self), out.rank > 0 else {
            return out.copyAll(from: x)
        }
        var starts = InlineArray<8, Int>(repeating: 0)
        var next = 0
        for axis in 0..<out.rank {
            guard try extent(step, axis) == out.extent(axis) else { throw .shape }
            starts[axis] = next
            let before = try pads(step, axis).before
            for i in 0..<out.extent(axis) {
                tables[next + i] = try source(kind, i - before, x.extent(axis)) * x.stride(axis)
            }
            next += out.extent(axis)
        }
        let last = out.rank - 1
        for row in 0..<out.rows {
            var rest = row
            var from = 0
            for axis in stride(from: last - 1, through: 0, by: -1) {
                let place = tables[starts[axis] + rest % out.extent(axis)]
                from = place < 0 || from < 0 ? -1 : from + place
                rest /= out.extent(axis)
            }
            var i = 0
            while i < out.last {
                let place = tables[starts[last] + i]
                var count = 1
                if from >= 0, place >= 0 {
                    while i + count < out.last, tables[starts[last] + i + count] == place + count { count += 1 }
                    out.copy(row * out.last + i, 1, from: x, from + place, 1, count)
                } else if let constant = step.optional(2) {
                    out.copy(row * out.last + i, 1, from: constant, 0, 1, 1)
                } else {
                    out.raw?.advanced(by: (row * out.last + i) * out.dtype.size)
                        .initializeMemory(as: UInt8.self, repeating: 0, count: out.dtype.size)
                }
                i += count
            }
        }
    }

    /// The position along an axis of `extent` elements that stands at a place before, on or after it; negative for the constant.
    private static func source(_ kind: PadKind, _ place: Int, _ extent: Int) throws(OperatorError) -> Int {
        if place >= 0, place < extent { return place }
        if kind == .constant { return -1 }
        guard extent > 0 else { throw .shape }
        switch kind {
        case .edge: return place < 0 ? 0 : extent - 1
        case .wrap: return (place % extent + extent) % extent
        default:
            let period = Swift.max(2 * (extent - 1), 1)
            let wrapped = (place % period + period) % period
            return wrapped < extent ? wrapped : period - wrapped
        }
    }
}

/// C entry of `Pad`.
@c(pack_op_Pad) public func packOperatorPad(_ step: UnsafePointer<pack_step>?, _ running: Int32) -> Int64 {
    performMeasuring(Pad.self, step, running)
}
