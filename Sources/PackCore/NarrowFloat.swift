/// A format of floating-point numbers of 8 or 4 bits, by which codes become numbers and back.
///
/// Sources: <https://onnx.ai/onnx/technical/float8.html>, <https://onnx.ai/onnx/technical/float4.html> and, for the table of
/// conversions, <https://onnx.ai/onnx/operators/onnx__Cast.html>. `f8e8m0` holds powers of two only.
public struct NarrowFloat: Sendable {
    private let mantissa: Int
    private let bias: Int
    /// The bit of the sign; 0 without signs.
    private let sign: UInt8
    /// The code of the largest number.
    private let largest: UInt8
    /// The code of numbers above it where nothing saturates.
    private let above: UInt8
    private let nan: UInt8
    /// Whether the code of -0 is NaN.
    private let isUnsignedZero: Bool

    /// The format of an element type; nil for other types.
    public init?(_ dtype: DType) {
        switch dtype {
        case .f8e4m3fn: self.init(3, 7, largest: 0x7E, above: 0x7F, nan: 0x7F)
        case .f8e4m3fnuz: self.init(3, 8, largest: 0x7F, above: 0x80, nan: 0x80)
        case .f8e5m2: self.init(2, 15, largest: 0x7B, above: 0x7C, nan: 0x7E)
        case .f8e5m2fnuz: self.init(2, 16, largest: 0x7F, above: 0x80, nan: 0x80)
        case .f8e8m0: self.init(0, 127, sign: 0, largest: 0xFE, above: 0xFF, nan: 0xFF)
        // Without NaN, which becomes -0.
        case .f4e2m1: self.init(1, 1, sign: 8, largest: 7, above: 7, nan: 8)
        default: return nil
        }
    }

    private init(
        _ mantissa: Int, _ bias: Int, sign: UInt8 = 0x80, largest: UInt8, above: UInt8, nan: UInt8
    ) {
        (self.mantissa, self.bias, self.sign, self.largest, self.above, self.nan) =
            (mantissa, bias, sign, largest, above, nan)
        isUnsignedZero = nan == 0x80
    }

    /// The number of a code, exactly. Bits above the format's are not looked at.
    public func value(_ code: UInt8) -> Float {
        if sign == 0 { return code == nan ? .nan : Float(power(Int(code) - bias)) }
        if isUnsignedZero, code == nan { return .nan }
        let rest = code & (sign - 1)
        if sign == 0x80, rest > largest { return above != nan && rest == above ? signed(.infinity, code) : .nan }
        let exponent = Int(rest) >> mantissa
        let digits = Int(rest) & (1 << mantissa - 1)
        let whole = exponent == 0 ? digits : digits + 1 << mantissa
        return signed(Float(Double(whole) * power(Swift.max(exponent, 1) - bias - mantissa)), code)
    }

    private func signed(_ value: Float, _ code: UInt8) -> Float { code & sign == 0 ? value : -value }

    /// The code of a number, rounded to nearest even.
    ///
    /// - Parameters:
    ///   - value: The number.
    ///   - saturates: Whether numbers beyond the largest become it; infinity (NaN where there is none) else.
    public func code(_ value: Double, saturates: Bool) -> UInt8 {
        if sign == 0 { return scaleCode(Float(value), .nearest, saturates: saturates) }
        let isNegative = value.sign == .minus
        if value.isNaN { return isNegative && !isUnsignedZero ? nan | sign : nan }
        let magnitude = Swift.min(value.magnitude, 0x1p100)
        let exponent = Swift.max(magnitude == 0 ? -1000 : Int(magnitude.exponent), 1 - bias)
        let digits = (magnitude * power(mantissa - exponent)).rounded(.toNearestOrEven)
        let code = Int(digits) + (exponent + bias - 1) << mantissa
        if code > Int(largest) {
            if !saturates, isUnsignedZero { return nan }
            return (saturates ? largest : above) | (isNegative ? sign : 0)
        }
        if code == 0, isUnsignedZero { return 0 }
        return UInt8(code) | (isNegative ? sign : 0)
    }

    /// Where numbers between two powers of two go.
    public enum Rounding: Int, Sendable {
        case nearest = 0
        case up = 1
        case down = 2
    }

    /// The code in `f8e8m0` of a number, whose sign is not looked at. Infinity and NaN are NaN.
    ///
    /// - Parameters:
    ///   - value: The number.
    ///   - rounding: To which power of two; halfway up if to the nearest, but 2^-127 for what is halfway to it.
    ///   - saturates: Whether numbers that are rounded beyond 2^127 become it; NaN else.
    public func scaleCode(_ value: Float, _ rounding: Rounding, saturates: Bool) -> UInt8 {
        let bits = value.bitPattern
        let exponent = UInt8(truncatingIfNeeded: bits >> 23)
        if exponent == 0xFF { return nan }
        let fraction = bits & 0x7F_FFFF
        let half: UInt32 = 0x40_0000
        let isUp: Bool
        switch rounding {
        case .nearest: isUp = fraction > half || fraction == half && exponent > 0
        case .up: isUp = fraction > 0
        case .down: isUp = false
        }
        return isUp && !(saturates && exponent == largest) ? exponent + 1 : exponent
    }

    /// A power of two within the range of 64-bit floats' normal numbers.
    private func power(_ exponent: Int) -> Double { Double(bitPattern: UInt64(exponent + 1023) << 52) }
}

/// Integers of 2 and 4 bits.
public enum NarrowInteger {
    /// The integer in the low bits of a byte.
    public static func value(_ code: UInt8, _ dtype: DType) -> Int64 {
        switch dtype {
        case .i4: Int64(Int8(bitPattern: code << 4) >> 4)
        case .i2: Int64(Int8(bitPattern: code << 6) >> 6)
        case .u2: Int64(code & 3)
        default: Int64(code & 15)
        }
    }
}
