import CPackSystem

/// A number as JSON text has it.
public enum JSONNumber: Equatable, Sendable {
    /// Written without point and exponent, and in the range of 64 bits.
    case integer(Int64)
    /// Any other, rounded to the nearest `Double`; infinite if it is larger than all of them.
    case real(Double)

    /// The nearest `Double`.
    public var value: Double {
        switch self {
        case .integer(let value): Double(value)
        case .real(let value): value
        }
    }
}

/// The parts of a number's text: sign, up to 19 significant digits and a power of ten.
private struct Digits {
    var isNegative = false
    var mantissa: UInt64 = 0
    var exponent = 0
    var isInteger = true
    /// Whether digits did not fit.
    var isCut = false

    mutating func append(_ byte: UInt8, afterPoint: Bool) {
        if mantissa >= 1_000_000_000_000_000_000 {
            isCut = isCut || byte != 0x30
            if !afterPoint { exponent += 1 }
            return
        }
        mantissa = mantissa * 10 + UInt64(byte - 0x30)
        if afterPoint { exponent -= 1 }
    }
}

/// Powers of ten that a `Double` holds exactly.
private let exactPowers: [23 of Double] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
]

extension JSONReader {
    /// Reads a number.
    @inline(never)
    public mutating func readNumber() throws(RequestError) -> JSONNumber {
        try expect(.number)
        let start = offset
        let digits = try scanNumber()
        if digits.isInteger, !digits.isCut, digits.exponent == 0, digits.mantissa > 0 || !digits.isNegative {
            let isLowest = digits.isNegative && digits.mantissa == Int64.min.magnitude
            if isLowest { return .integer(.min) }
            if let value = Int64(exactly: digits.mantissa) { return .integer(digits.isNegative ? -value : value) }
        }
        if !digits.isCut, digits.mantissa <= 1 << 53, digits.exponent >= -22, digits.exponent <= 22 {
            let power = exactPowers[abs(digits.exponent)]
            let value = Double(digits.mantissa)
            let scaled = digits.exponent < 0 ? value / power : value * power
            return .real(digits.isNegative ? -scaled : scaled)
        }
        var value = 0.0
        guard let base = bytes.baseAddress,
            pack_parse_double((base + start).assumingMemoryBound(to: CChar.self), offset - start, &value) == 1
        else { throw RequestError(.badNumber, offset: start) }
        return .real(value)
    }

    private mutating func scanNumber() throws(RequestError) -> Digits {
        var digits = Digits()
        if bytes[offset] == 0x2D {
            digits.isNegative = true
            offset += 1
        }
        if current == 0x30 {
            offset += 1
            if isDigit(current) { throw RequestError(.badNumber, offset: offset) }
        } else {
            try scanDigits(&digits, afterPoint: false)
        }
        if current == 0x2E {
            offset += 1
            digits.isInteger = false
            try scanDigits(&digits, afterPoint: true)
        }
        if current == 0x65 || current == 0x45 {
            offset += 1
            digits.isInteger = false
            try scanExponent(&digits)
        }
        return digits
    }

    private mutating func scanDigits(_ digits: inout Digits, afterPoint: Bool) throws(RequestError) {
        try expectDigit()
        while isDigit(current) {
            digits.append(current, afterPoint: afterPoint)
            offset += 1
        }
    }

    private mutating func scanExponent(_ digits: inout Digits) throws(RequestError) {
        let isNegative = current == 0x2D
        if isNegative || current == 0x2B { offset += 1 }
        try expectDigit()
        var exponent = 0
        while isDigit(current) {
            exponent = min(exponent * 10 + Int(current - 0x30), 100_000)
            offset += 1
        }
        digits.exponent += isNegative ? -exponent : exponent
    }

    private func expectDigit() throws(RequestError) {
        guard isDigit(current) else {
            throw RequestError(offset < bytes.count ? .badNumber : .truncated, offset: offset)
        }
    }

    /// The byte at hand; 0 at the end.
    private var current: UInt8 {
        offset < bytes.count ? bytes[offset] : 0
    }

    private func isDigit(_ byte: UInt8) -> Bool {
        byte >= 0x30 && byte <= 0x39
    }
}
