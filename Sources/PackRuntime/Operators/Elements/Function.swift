public import CPackKernels
import PackCore

/// What `Function` computes; the values stand in plan files. a and b are its parameters.
public enum FunctionKind: Int, Sendable {
    case absolute = 0
    case negate = 1
    case sign = 2
    case floor = 3
    case ceiling = 4
    /// To the nearest integer, halves to even.
    case round = 5
    case relu = 6
    /// a·x below 0.
    case leakyRelu = 7
    /// x above a, else 0.
    case thresholdedRelu = 8
    /// a·x + b within 0…1.
    case hardSigmoid = 9
    /// x times the hard sigmoid with 1/6 and 1/2.
    case hardSwish = 10
    /// 0 within −a…a, else x moved by b towards 0.
    case shrink = 11
    case softsign = 12
    case squareRoot = 13
    case reciprocal = 14
    case isNaN = 15
    /// Whether x is −∞, if a is not 0, or ∞, if b is not 0.
    case isInfinite = 16
    /// Negation of bool.
    case not = 17
    case invertBits = 18
}

/// An elementwise function that needs no library, of any element type for which it makes sense. Attributes: `FunctionKind`,
/// bits of the floats a and b.
enum Function: Operator {
    static func prepare(_ step: Step) throws(OperatorError) -> Int {
        let x = try step.input(0)
        let out = try step.output()
        guard x.count == out.count else { throw .shape }
        guard let kind = FunctionKind(rawValue: try step.attribute(0)) else { throw .attribute }
        _ = try step.attribute(2)
        let tests = kind == .isNaN || kind == .isInfinite
        guard out.dtype == (tests ? .bool : x.dtype) else { throw .type }
        switch kind {
        case .absolute, .negate, .sign, .relu: guard x.dtype != .bool else { throw .type }
        case .not: guard x.dtype == .bool else { throw .type }
        case .invertBits: guard x.dtype.wide != .float, x.dtype != .bool else { throw .type }
        default: guard x.dtype.wide == .float else { throw .type }
        }
        return 2 * blockElements * 8
    }

    static func run(_ step: Step) throws(OperatorError) {
        let x = try step.input(0)
        let out = try step.output()
        guard let kind = FunctionKind(rawValue: try step.attribute(0)), let scratch = step.scratch else {
            throw .attribute
        }
        let a = Double(try step.floatAttribute(1))
        let b = Double(try step.floatAttribute(2))
        let numbers = scratch.assumingMemoryBound(to: Double.self)
        let integers = (scratch + blockElements * 8).assumingMemoryBound(to: Int64.self)
        var at = 0
        while at < x.count {
            let count = Swift.min(blockElements, x.count - at)
            if x.dtype.wide != .float {
                x.load(at, 1, count, integers)
                apply(kind, integers, count, isUnsigned: x.dtype == .u64)
                out.store(at, 1, count, integers)
            } else {
                x.load(at, 1, count, numbers)
                if out.dtype == .bool {
                    for i in 0..<count { integers[i] = test(kind, numbers[i], a, b) ? 1 : 0 }
                    out.store(at, 1, count, integers)
                } else {
                    apply(kind, numbers, count, a, b)
                    out.store(at, 1, count, numbers)
                }
            }
            at += count
        }
    }

    private static func test(_ kind: FunctionKind, _ x: Double, _ a: Double, _ b: Double) -> Bool {
        kind == .isNaN ? x.isNaN : x.isInfinite && (x < 0 ? a : b) != 0
    }

    private static func apply(
        _ kind: FunctionKind, _ x: UnsafeMutablePointer<Double>, _ n: Int, _ a: Double, _ b: Double
    ) {
        switch kind {
        case .absolute: each(x, n) { $0.magnitude }
        case .negate: each(x, n) { -$0 }
        case .sign: each(x, n) { $0 > 0 ? 1 : $0 < 0 ? -1 : $0 }
        case .floor: each(x, n) { $0.rounded(.down) }
        case .ceiling: each(x, n) { $0.rounded(.up) }
        case .round: each(x, n) { $0.rounded(.toNearestOrEven) }
        case .relu: each(x, n) { $0 < 0 ? 0 : $0 }
        case .leakyRelu: each(x, n) { $0 < 0 ? $0 * a : $0 }
        case .thresholdedRelu: each(x, n) { $0 > a ? $0 : 0 }
        case .hardSigmoid: each(x, n) { limited(a * $0 + b) }
        case .hardSwish: each(x, n) { $0 * limited($0 / 6 + 0.5) }
        case .shrink: each(x, n) { $0 < -a ? $0 + b : $0 > a ? $0 - b : 0 }
        case .softsign: each(x, n) { $0 / (1 + $0.magnitude) }
        case .squareRoot: each(x, n) { $0.squareRoot() }
        default: each(x, n) { 1 / $0 }
        }
    }

    private static func apply(_ kind: FunctionKind, _ x: UnsafeMutablePointer<Int64>, _ n: Int, isUnsigned: Bool) {
        switch kind {
        case .absolute: if !isUnsigned { each(x, n) { $0 < 0 ? 0 &- $0 : $0 } }
        case .negate: each(x, n) { 0 &- $0 }
        case .sign: each(x, n) { $0 == 0 ? 0 : $0 < 0 && !isUnsigned ? -1 : 1 }
        case .relu: if !isUnsigned { each(x, n) { $0 < 0 ? 0 : $0 } }
        case .not: each(x, n) { 1 - $0 }
        default: each(x, n) { ~$0 }
        }
    }

    @inline(__always)
    private static func each<T>(_ x: UnsafeMutablePointer<T>, _ count: Int, _ body: (T) -> T) {
        for i in 0..<count { x[i] = body(x[i]) }
    }

    private static func limited(_ x: Double) -> Double { x < 0 ? 0 : x > 1 ? 1 : x }
}

/// C entry of `Function`.
@c(pack_op_Function) public func packOperatorFunction(_ step: UnsafePointer<pack_step>?, _ running: Int32) -> Int64 {
    perform(Function.self, step, running)
}
