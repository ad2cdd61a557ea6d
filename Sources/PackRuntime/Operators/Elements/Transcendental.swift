public import CPackKernels
import PackCore

/// What `Transcendental` computes; the values stand in plan files. a and b are its parameters.
public enum TranscendentalKind: Int, Sendable {
    case exponential = 0
    case logarithm = 1
    case sine = 2
    case cosine = 3
    case tangent = 4
    case arcSine = 5
    case arcCosine = 6
    case arcTangent = 7
    case hyperbolicSine = 8
    case hyperbolicCosine = 9
    case hyperbolicTangent = 10
    case areaSine = 11
    case areaCosine = 12
    case areaTangent = 13
    case errorFunction = 14
    /// 1 / (1 + e^−x).
    case sigmoid = 15
    /// log(1 + e^x).
    case softplus = 16
    /// a·(e^x − 1) below 0.
    case elu = 17
    /// max(0, x) + min(0, a·(e^(x/a) − 1)).
    case celu = 18
    /// b·x above 0, a·b·(e^x − 1) below.
    case selu = 19
    /// x·tanh(softplus(x)).
    case mish = 20
    /// x·sigmoid(a·x).
    case swish = 21
    case gelu = 22
    /// The approximation of gelu by tanh.
    case geluTanh = 23
}

/// An elementwise function of floating-point numbers that needs the C library, computed in 64 bits and rounded. Attributes:
/// `TranscendentalKind`, bits of the floats a and b.
enum Transcendental: Operator {
    static func prepare(_ step: Step) throws(OperatorError) -> Int {
        let x = try step.input(0)
        let out = try step.output()
        guard x.count == out.count else { throw .shape }
        guard x.dtype == out.dtype, x.dtype.wide == .float else { throw .type }
        guard TranscendentalKind(rawValue: try step.attribute(0)) != nil else { throw .attribute }
        _ = try step.attribute(2)
        return blockElements * 8
    }

    static func run(_ step: Step) throws(OperatorError) {
        let x = try step.input(0)
        let out = try step.output()
        guard let kind = TranscendentalKind(rawValue: try step.attribute(0)),
            let block = step.scratch?.assumingMemoryBound(to: Double.self)
        else { throw .attribute }
        let a = Double(try step.floatAttribute(1))
        let b = Double(try step.floatAttribute(2))
        var at = 0
        while at < x.count {
            let count = Swift.min(blockElements, x.count - at)
            x.load(at, 1, count, block)
            for i in 0..<count { block[i] = value(kind, block[i], a, b) }
            out.store(at, 1, count, block)
            at += count
        }
    }

    private static func value(_ kind: TranscendentalKind, _ x: Double, _ a: Double, _ b: Double) -> Double {
        switch kind {
        case .exponential: pack_math_exp(x)
        case .logarithm: pack_math_log(x)
        case .sine: pack_math_sin(x)
        case .cosine: pack_math_cos(x)
        case .tangent: pack_math_tan(x)
        case .arcSine: pack_math_asin(x)
        case .arcCosine: pack_math_acos(x)
        case .arcTangent: pack_math_atan(x)
        case .hyperbolicSine: pack_math_sinh(x)
        case .hyperbolicCosine: pack_math_cosh(x)
        case .hyperbolicTangent: pack_math_tanh(x)
        case .areaSine: pack_math_asinh(x)
        case .areaCosine: pack_math_acosh(x)
        case .areaTangent: pack_math_atanh(x)
        case .errorFunction: errorFunction(x)
        case .sigmoid: 1 / (1 + pack_math_exp(-x))
        case .softplus: softplus(x)
        case .elu: x < 0 ? a * pack_math_expm1(x) : x
        case .celu: x < 0 ? a * pack_math_expm1(x / a) : x
        case .selu: b * (x <= 0 ? a * pack_math_expm1(x) : x)
        case .mish: x * pack_math_tanh(softplus(x))
        case .swish: x / (1 + pack_math_exp(-a * x))
        case .gelu: 0.5 * x * (1 + errorFunction(x * 0.7071067811865476))
        case .geluTanh: 0.5 * x * (1 + pack_math_tanh(0.7978845608028654 * (x + 0.044715 * x * x * x)))
        }
    }

    /// The error function by its series of positive terms, 2/√π · e^−x² · Σ 2ⁿ x²ⁿ⁺¹ / (1·3·5 … (2n+1)). Beyond 6 it is 1.
    private static func errorFunction(_ x: Double) -> Double {
        guard x.magnitude < 6 else { return x.isNaN ? x : x < 0 ? -1 : 1 }
        var term = x
        var sum = x
        var n = 1.0
        while term.magnitude > sum.magnitude * 0x1p-54 {
            term *= 2 * x * x / (2 * n + 1)
            sum += term
            n += 1
        }
        return 1.1283791670955126 * pack_math_exp(-x * x) * sum
    }

    private static func softplus(_ x: Double) -> Double {
        x > 0 ? x + pack_math_log1p(pack_math_exp(-x)) : pack_math_log1p(pack_math_exp(x))
    }
}

/// C entry of `Transcendental`.
@c(pack_op_Transcendental) public func packOperatorTranscendental(
    _ step: UnsafePointer<pack_step>?, _ running: Int32
) -> Int64 { perform(Transcendental.self, step, running) }
