public import CPackKernels
import PackCore

/// What `ReduceAxes` computes; the values stand in plan files.
public enum ReduceAxesKind: Int, Sendable {
    case sum = 0
    case mean = 1
    case maximum = 2
    case minimum = 3
    case product = 4
    /// Sum of magnitudes.
    case l1 = 5
    /// Square root of the sum of squares.
    case l2 = 6
    case sumOfSquares = 7
    case logOfSum = 8
    case logOfSumOfExponentials = 9

    /// Whether integers are reduced as floats and cut.
    fileprivate var needsFloats: Bool { self == .mean || self == .l2 || rawValue >= 8 }
}

/// Reduces any axes of a tensor of any type (ONNX `Reduce…`). Attributes: `ReduceAxesKind`, whether reduced axes stay with
/// extent 1, whether an empty list of axes means none instead of all, and the axes as bits, or −1 where the second input
/// lists them.
///
/// Floats are added in 64 bits. A maximum over no element is the least value of the type.
enum ReduceAxes: MeasuringOperator {
    /// The axes to reduce, as bits.
    private static func axes(_ step: Step) throws(OperatorError) -> Int {
        let given = try step.attribute(3)
        let x = try step.input(0)
        let all = (1 << x.rank) - 1
        if given >= 0 { return given & all }
        guard let list = step.optional(1), list.count > 0 else { return try step.attribute(2) != 0 ? 0 : all }
        var axes = 0
        for i in 0..<list.count { axes |= 1 << (try wrapped(list.index(i), x.rank)) }
        return axes
    }

    private static func check(_ step: Step) throws(OperatorError) {
        let x = try step.input(0)
        let out = try step.output()
        guard x.dtype == out.dtype else { throw .type }
        guard let kind = ReduceAxesKind(rawValue: try step.attribute(0)) else { throw .attribute }
        guard x.dtype != .bool || kind == .maximum || kind == .minimum else { throw .type }
        if try step.attribute(3) < 0 { try step.optional(1)?.requireInteger() }
    }

    static func prepare(_ step: Step) throws(OperatorError) -> Int {
        try check(step)
        return blockElements * 8
    }

    static func measure(_ step: Step) throws(OperatorError) {
        try check(step)
        let x = try step.input(0)
        let out = try step.output()
        let axes = try axes(step)
        let keeps = try step.attribute(1) != 0
        guard out.rank == (keeps ? x.rank : x.rank - axes.nonzeroBitCount) else { throw .shape }
        var position = 0
        for axis in 0..<x.rank {
            let isReduced = axes & (1 << axis) != 0
            guard keeps || !isReduced else { continue }
            out.setExtent(position, isReduced ? 1 : x.extent(axis))
            position += 1
        }
    }

    static func run(_ step: Step) throws(OperatorError) {
        let x = try step.input(0)
        let out = try step.output()
        let axes = try axes(step)
        guard let kind = ReduceAxesKind(rawValue: try step.attribute(0)), let scratch = step.scratch else {
            throw .attribute
        }
        var inner = Walk()
        var outer = Walk()
        var kept = 1
        var reduced = 1
        for axis in 0..<x.rank {
            if axes & (1 << axis) != 0 {
                try inner.add(x.extent(axis), x.stride(axis))
                reduced *= x.extent(axis)
            } else {
                kept *= x.extent(axis)
            }
        }
        guard kept == out.count else { throw .shape }
        var stride = kept
        for axis in 0..<x.rank where axes & (1 << axis) == 0 {
            if x.extent(axis) > 0 { stride /= x.extent(axis) }
            try outer.add(x.extent(axis), stride, x.stride(axis))
        }
        let run = outer.run
        let steps = outer.steps
        try outer.forEachRun { at throws(OperatorError) in
            for i in 0..<run {
                inner.start[0] = at[1] + i * steps[1]
                if x.dtype.wide == .float || kind.needsFloats {
                    let block = scratch.assumingMemoryBound(to: Double.self)
                    var result = try floats(kind, x, inner, reduced, block)
                    if x.dtype.wide == .float {
                        out.store(at[0] + i * steps[0], 1, 1, &result)
                    } else {
                        var cut = bounded(result)
                        out.store(at[0] + i * steps[0], 1, 1, &cut)
                    }
                } else {
                    var result = try integers(kind, x, inner, scratch.assumingMemoryBound(to: Int64.self))
                    out.store(at[0] + i * steps[0], 1, 1, &result)
                }
            }
        }
    }

    private static func floats(
        _ kind: ReduceAxesKind, _ x: Tensor, _ walk: Walk, _ count: Int, _ block: UnsafeMutablePointer<Double>
    ) throws(OperatorError) -> Double {
        let start: Double =
            switch kind {
            case .maximum, .logOfSumOfExponentials: -.infinity
            case .minimum: .infinity
            case .product: 1
            default: 0
            }
        var result = start
        try each(x, walk, block) {
            switch kind {
            case .sum, .mean, .logOfSum: result += $0
            case .maximum, .logOfSumOfExponentials: result = $0 > result || $0.isNaN ? $0 : result
            case .minimum: result = $0 < result || $0.isNaN ? $0 : result
            case .product: result *= $0
            case .l1: result += $0.magnitude
            case .l2, .sumOfSquares: result += $0 * $0
            }
        }
        switch kind {
        case .mean: return result / Double(count)
        case .l2: return result.squareRoot()
        case .logOfSum: return pack_math_log(result)
        case .logOfSumOfExponentials:
            guard result.isFinite else { return result }
            var sum = 0.0
            try each(x, walk, block) { sum += pack_math_exp($0 - result) }
            return result + pack_math_log(sum)
        default: return result
        }
    }

    private static func each(
        _ x: Tensor, _ walk: Walk, _ block: UnsafeMutablePointer<Double>, _ body: (Double) -> Void
    ) throws(OperatorError) {
        let run = walk.run
        let steps = walk.steps
        try walk.forEachRun { at throws(OperatorError) in
            var done = 0
            while done < run {
                let count = Swift.min(blockElements, run - done)
                x.load(at[0] + done * steps[0], steps[0], count, block)
                for i in 0..<count { body(block[i]) }
                done += count
            }
        }
    }

    private static func integers(
        _ kind: ReduceAxesKind, _ x: Tensor, _ walk: Walk, _ block: UnsafeMutablePointer<Int64>
    ) throws(OperatorError) -> Int64 {
        // With the sign bit turned, unsigned numbers compare as signed ones.
        let turn = x.dtype == .u64 ? Int64.min : 0
        let (least, greatest) = range(x.dtype)
        var result: Int64 =
            kind == .maximum ? least ^ turn : kind == .minimum ? greatest ^ turn : kind == .product ? 1 : 0
        let run = walk.run
        let steps = walk.steps
        try walk.forEachRun { at throws(OperatorError) in
            var done = 0
            while done < run {
                let count = Swift.min(blockElements, run - done)
                x.load(at[0] + done * steps[0], steps[0], count, block)
                for i in 0..<count {
                    let value = block[i]
                    switch kind {
                    case .maximum: result = Swift.max(result, value ^ turn)
                    case .minimum: result = Swift.min(result, value ^ turn)
                    case .product: result = result &* value
                    case .l1: result = result &+ (value < 0 && turn == 0 ? 0 &- value : value)
                    case .sumOfSquares: result = result &+ value &* value
                    default: result = result &+ value
                    }
                }
                done += count
            }
        }
        return kind == .maximum || kind == .minimum ? result ^ turn : result
    }

    /// The least and the greatest value of an integer type, u64 by its bits.
    private static func range(_ type: DType) -> (Int64, Int64) {
        switch type {
        case .bool: (0, 1)
        case .u8, .u16, .u32: (0, 1 << Int64(type.size * 8) - 1)
        case .u64: (0, -1)
        default: (Int64.min >> Int64(64 - type.size * 8), Int64.max >> Int64(64 - type.size * 8))
        }
    }
}

/// C entry of `ReduceAxes`.
@c(pack_op_ReduceAxes) public func packOperatorReduceAxes(
    _ step: UnsafePointer<pack_step>?, _ running: Int32
) -> Int64 { performMeasuring(ReduceAxes.self, step, running) }
