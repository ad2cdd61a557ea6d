public import CPackKernels
import PackCore

/// What `Pair` computes; the values stand in plan files.
public enum PairKind: Int, Sendable {
    case add = 0
    case subtract = 1
    case multiply = 2
    /// Integers are cut towards zero; division by zero gives zero.
    case divide = 3
    case power = 4
    case minimum = 5
    case maximum = 6
    /// The remainder with the sign of the divisor; 0 for an integer divisor of 0.
    case modulo = 7
    /// The remainder with the sign of the dividend, as C has it.
    case remainder = 8
    /// x, times y below 0.
    case prelu = 9
    case equal = 10
    case less = 11
    case lessOrEqual = 12
    case greater = 13
    case greaterOrEqual = 14
    /// Of bits, and of bool.
    case and = 15
    case or = 16
    case xor = 17
    case shiftLeft = 18
    case shiftRight = 19

    /// Whether it gives bool for operands of any type.
    var compares: Bool { rawValue >= 10 && rawValue <= 14 }
}

/// Two tensors of one type, element by element with broadcasting. Integer arithmetic wraps. Attribute: `PairKind`.
enum Pair: Operator {
    static func prepare(_ step: Step) throws(OperatorError) -> Int {
        let a = try step.input(0)
        let b = try step.input(1)
        let out = try step.output()
        guard let kind = PairKind(rawValue: try step.attribute(0)) else { throw .attribute }
        guard a.dtype == b.dtype, out.dtype == (kind.compares ? .bool : a.dtype) else { throw .type }
        let isBits = kind.rawValue >= 15
        guard a.dtype == .bool ? isBits && kind.rawValue <= 17 || kind.compares : !isBits || a.dtype.wide != .float
        else { throw .type }
        _ = try Walk(output: out, a, b)
        return 3 * blockElements * 8
    }

    static func run(_ step: Step) throws(OperatorError) {
        let a = try step.input(0)
        let b = try step.input(1)
        let out = try step.output()
        guard let kind = PairKind(rawValue: try step.attribute(0)), let scratch = step.scratch else { throw .attribute }
        let walk = try Walk(output: out, a, b)
        let run = walk.run
        let steps = walk.steps
        let answers = (scratch + 2 * blockElements * 8).assumingMemoryBound(to: Int64.self)
        try walk.forEachRun { at throws(OperatorError) in
            var done = 0
            while done < run {
                let n = Swift.min(blockElements, run - done)
                let places = (at[0] + done * steps[0], at[1] + done * steps[1], at[2] + done * steps[2])
                switch a.dtype.wide {
                case .float:
                    let x = scratch.assumingMemoryBound(to: Double.self)
                    a.load(places.1, steps[1], n, x)
                    b.load(places.2, steps[2], n, x + blockElements)
                    if kind.compares {
                        compare(kind, x, answers, n)
                        out.store(places.0, steps[0], n, answers)
                    } else {
                        combine(kind, x, n)
                        out.store(places.0, steps[0], n, x)
                    }
                case .signed, .unsigned:
                    let x = scratch.assumingMemoryBound(to: Int64.self)
                    a.load(places.1, steps[1], n, x)
                    b.load(places.2, steps[2], n, x + blockElements)
                    if a.dtype == .u64 {
                        x.withMemoryRebound(to: UInt64.self, capacity: 2 * blockElements) {
                            combine(kind, $0, answers, n)
                        }
                    } else {
                        combine(kind, x, answers, n)
                    }
                    out.store(places.0, steps[0], n, kind.compares ? answers : x)
                }
                done += n
            }
        }
    }

    /// x becomes x combined with y, which stands a block behind it.
    private static func combine(_ kind: PairKind, _ x: UnsafeMutablePointer<Double>, _ n: Int) {
        switch kind {
        case .add: each(x, x, n) { $0 + $1 }
        case .subtract: each(x, x, n) { $0 - $1 }
        case .multiply: each(x, x, n) { $0 * $1 }
        case .divide: each(x, x, n) { $0 / $1 }
        case .power: each(x, x, n) { pack_math_pow($0, $1) }
        case .minimum: each(x, x, n) { $0 < $1 || $0.isNaN ? $0 : $1 }
        case .maximum: each(x, x, n) { $0 > $1 || $0.isNaN ? $0 : $1 }
        case .modulo:
            each(x, x, n) {
                let rest = pack_math_fmod($0, $1)
                return rest != 0 && (rest < 0) != ($1 < 0) ? rest + $1 : rest
            }
        case .remainder: each(x, x, n) { pack_math_fmod($0, $1) }
        default: each(x, x, n) { $0 < 0 ? $0 * $1 : $0 }
        }
    }

    private static func compare<T: Comparable>(
        _ kind: PairKind, _ x: UnsafeMutablePointer<T>, _ out: UnsafeMutablePointer<Int64>, _ n: Int
    ) {
        switch kind {
        case .equal: each(x, out, n) { $0 == $1 ? 1 : 0 }
        case .less: each(x, out, n) { $0 < $1 ? 1 : 0 }
        case .lessOrEqual: each(x, out, n) { $0 <= $1 ? 1 : 0 }
        case .greater: each(x, out, n) { $0 > $1 ? 1 : 0 }
        default: each(x, out, n) { $0 >= $1 ? 1 : 0 }
        }
    }

    private static func combine<T: FixedWidthInteger>(
        _ kind: PairKind, _ x: UnsafeMutablePointer<T>, _ out: UnsafeMutablePointer<Int64>, _ n: Int
    ) {
        switch kind {
        case .add: each(x, x, n) { $0 &+ $1 }
        case .subtract: each(x, x, n) { $0 &- $1 }
        case .multiply: each(x, x, n) { $0 &* $1 }
        case .divide: each(x, x, n) { $1 == 0 ? 0 : $0.dividedReportingOverflow(by: $1).partialValue }
        case .power: each(x, x, n) { integerPower($0, $1) }
        case .minimum: each(x, x, n) { $0 < $1 ? $0 : $1 }
        case .maximum: each(x, x, n) { $0 > $1 ? $0 : $1 }
        case .modulo:
            each(x, x, n) {
                let rest = $1 == 0 ? 0 : $0.remainderReportingOverflow(dividingBy: $1).partialValue
                return rest != 0 && (rest < 0) != ($1 < 0) ? rest &+ $1 : rest
            }
        case .remainder: each(x, x, n) { $1 == 0 ? 0 : $0.remainderReportingOverflow(dividingBy: $1).partialValue }
        case .prelu: each(x, x, n) { $0 < 0 ? $0 &* $1 : $0 }
        case .and: each(x, x, n) { $0 & $1 }
        case .or: each(x, x, n) { $0 | $1 }
        case .xor: each(x, x, n) { $0 ^ $1 }
        // A negative count is taken for one beyond the width.
        case .shiftLeft: each(x, x, n) { $1 < 0 ? 0 : $0 << $1 }
        case .shiftRight: each(x, x, n) { $0 >> ($1 < 0 ? 64 : $1) }
        default: compare(kind, x, out, n)
        }
    }

    @inline(__always)
    private static func each<T, R>(
        _ x: UnsafeMutablePointer<T>, _ out: UnsafeMutablePointer<R>, _ n: Int, _ body: (T, T) -> R
    ) {
        for i in 0..<n { out[i] = body(x[i], x[blockElements + i]) }
    }
}

/// C entry of `Pair`.
@c(pack_op_Pair) public func packOperatorPair(_ step: UnsafePointer<pack_step>?, _ running: Int32) -> Int64 {
    perform(Pair.self, step, running)
}
