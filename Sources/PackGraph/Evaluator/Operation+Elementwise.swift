import Glibc
import PackCore

extension Operation {
    /// Operators that work element by element; `nil` for others.
    func elementwise() throws(GraphError) -> [Tensor]? {
        switch node.op {
        case "Add": return [try arithmetic(+) { $0 &+ $1 }]
        case "Sub": return [try arithmetic(-) { $0 &- $1 }]
        case "Mul": return [try arithmetic(*) { $0 &* $1 }]
        case "Div": return [try arithmetic(/) { $1 == 0 ? 0 : $0.dividedReportingOverflow(by: $1).partialValue }]
        case "Mod": return [try remainder()]
        case "Pow": return [try power()]
        case "Min": return [try arithmetic(Swift.min, Swift.min)]
        case "Max": return [try arithmetic(Swift.max, Swift.max)]
        case "Equal": return [try comparison(==) { $0 == $1 }]
        case "Less": return [try comparison(<) { $0 < $1 }]
        case "Greater": return [try comparison(>) { $0 > $1 }]
        case "LessOrEqual": return [try comparison(<=) { $0 <= $1 }]
        case "GreaterOrEqual": return [try comparison(>=) { $0 >= $1 }]
        case "And": return [try comparison({ $0 * $1 != 0 }) { $0 & $1 != 0 }]
        case "Xor": return [try comparison({ ($0 != 0) != ($1 != 0) }) { ($0 != 0) != ($1 != 0) }]
        case "Or": return [try comparison({ $0 + $1 != 0 }) { $0 | $1 != 0 }]
        case "Not": return [Tensor(.bool, shape, .integers(try input(0).integers.map { 1 - $0 }))]
        case "Where": return [try choose()]
        case "Clip": return [try clip()]
        case "Cast": return [try cast()]
        case "Gelu":
            let approximate = try node.string("approximate", default: "none") == "tanh"
            return [try map(approximate ? Scalar.geluTanh : Scalar.gelu)]
        default:
            guard let function = Scalar.functions[node.op] else { return nil }
            return [try map(function)]
        }
    }

    private func map(_ function: (Float) -> Float) throws(GraphError) -> Tensor {
        let x = try input(0)
        if case .integers(let list) = x.values { return Tensor(x.dtype, shape, .integers(list.map(integerFunction))) }
        return Tensor(x.dtype, shape, .floats(x.floats.map(function)))
    }

    /// The functions that the shape rules let integers have.
    private func integerFunction(_ value: Int) -> Int {
        switch node.op {
        case "Neg": 0 &- value
        case "Abs": value < 0 ? 0 &- value : value
        case "Relu": Swift.max(value, 0)
        case "Sign": value.signum()
        default: value
        }
    }

    private func arithmetic(_ float: (Float, Float) -> Float, _ integer: (Int, Int) -> Int) throws(GraphError) -> Tensor
    {
        var result = try stretched(0)
        for index in node.inputs.indices.dropFirst() {
            let other = try stretched(index)
            if case .integers(let a) = result.values, case .integers(let b) = other.values {
                result.values = .integers(zip(a, b).map(integer))
            } else {
                result.values = .floats(zip(result.floats, other.floats).map(float))
            }
        }
        return result
    }

    /// An input stretched to the shape of the output.
    private func stretched(_ index: Int) throws(GraphError) -> Tensor {
        let tensor = try input(index)
        if tensor.shape == shape { return tensor }
        return tensor.picking(Indexing.stretched(tensor.shape, to: shape), shape)
    }

    private func comparison(_ float: (Float, Float) -> Bool, _ integer: (Int, Int) -> Bool) throws(GraphError) -> Tensor
    {
        let (left, right) = (try stretched(0), try stretched(1))
        let truth: [Bool]
        if case .integers(let a) = left.values, case .integers(let b) = right.values {
            truth = zip(a, b).map(integer)
        } else {
            truth = zip(left.floats, right.floats).map(float)
        }
        return Tensor(.bool, shape, .integers(truth.map { $0 ? 1 : 0 }))
    }

    /// The remainder has the sign of the divisor, or of the dividend if `fmod` is 1.
    private func remainder() throws(GraphError) -> Tensor {
        let isTruncated = try node.int("fmod", default: 0) != 0
        return try arithmetic({ fmod($0, $1) }) { left, right in
            guard right != 0 else { return 0 }
            let rest = left.remainderReportingOverflow(dividingBy: right).partialValue
            return !isTruncated && rest != 0 && (rest < 0) != (right < 0) ? rest &+ right : rest
        }
    }

    private func power() throws(GraphError) -> Tensor {
        let (base, exponent) = (try stretched(0), try stretched(1))
        let powers = zip(base.floats, exponent.floats).map { pow($0, $1) }
        return base.dtype.isFloat
            ? Tensor(base.dtype, shape, .floats(powers))
            : Tensor(base.dtype, shape, .integers(powers.map { Int(exactly: $0.rounded(.towardZero)) ?? 0 }))
    }

    private func choose() throws(GraphError) -> Tensor {
        let condition = try stretched(0).integers
        let (yes, no) = (try stretched(1), try stretched(2))
        var result = yes
        if case .integers(let a) = yes.values, case .integers(let b) = no.values {
            result.values = .integers(condition.indices.map { condition[$0] != 0 ? a[$0] : b[$0] })
        } else {
            let (a, b) = (yes.floats, no.floats)
            result.values = .floats(condition.indices.map { condition[$0] != 0 ? a[$0] : b[$0] })
        }
        return result
    }

    private func clip() throws(GraphError) -> Tensor {
        let x = try input(0)
        if case .integers(let list) = x.values {
            let (low, high) = (optional(1)?.integers.first ?? .min, optional(2)?.integers.first ?? .max)
            return Tensor(x.dtype, shape, .integers(list.map { Swift.min(Swift.max($0, low), high) }))
        }
        let low = optional(1)?.floats.first ?? -.infinity
        let high = optional(2)?.floats.first ?? .infinity
        return Tensor(x.dtype, shape, .floats(x.floats.map { Swift.min(Swift.max($0, low), high) }))
    }

    private func cast() throws(GraphError) -> Tensor {
        let x = try input(0)
        guard let dtype = DType(onnxCode: try node.int("to", default: 0)) else {
            throw GraphError(.wrongAttribute, node, found: "no element type", expected: "to")
        }
        switch dtype {
        case .f16: return Tensor(dtype, shape, .floats(x.floats.map { Float(Float16($0)) }))
        case .bool:
            if case .integers(let list) = x.values {
                return Tensor(dtype, shape, .integers(list.map { $0 == 0 ? 0 : 1 }))
            }
            return Tensor(dtype, shape, .integers(x.floats.map { $0 == 0 ? 0 : 1 }))
        case .f32, .f64, .bf16: return Tensor(dtype, shape, .floats(x.floats))
        case .i64: return Tensor(dtype, shape, .integers(x.integers))
        case .i32: return Tensor(dtype, shape, .integers(x.integers.map { Int(Int32(truncatingIfNeeded: $0)) }))
        default:
            throw GraphError(
                .unsupported, node, found: "a cast to \(dtype.name)", expected: "f32, f16, i64, i32 or bool")
        }
    }
}

/// Functions of one number.
enum Scalar {
    static func gelu(_ x: Float) -> Float { 0.5 * x * (1 + erf(x * Float(0.5).squareRoot())) }

    static func geluTanh(_ x: Float) -> Float {
        0.5 * x * (1 + tanh((2 / Float.pi).squareRoot() * (x + 0.044715 * x * x * x)))
    }

    static let functions: [String: @Sendable (Float) -> Float] = [
        "Identity": { $0 }, "Dropout": { $0 }, "Neg": { -$0 }, "Abs": { abs($0) }, "Relu": { max($0, 0) },
        "Sign": { $0 > 0 ? 1 : $0 < 0 ? -1 : 0 },
        "Sqrt": { $0.squareRoot() }, "Reciprocal": { 1 / $0 }, "Exp": { exp($0) }, "Log": { log($0) },
        "Erf": { erf($0) }, "Tanh": { tanh($0) }, "Sigmoid": { 1 / (1 + exp(-$0)) }, "Floor": { $0.rounded(.down) },
        "Ceil": { $0.rounded(.up) }, "Round": { $0.rounded(.toNearestOrEven) }, "Sin": { sin($0) }, "Cos": { cos($0) },
    ]
}
