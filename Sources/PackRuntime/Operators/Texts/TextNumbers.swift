public import CPackKernels
import CPackSystem
import PackCore

/// What `TextNumbers` reads or writes; plan files have the code.
package enum TextNumbersKind: Int {
    /// Texts to f64.
    case float = 0
    /// Texts to i64; fractions are cut off.
    case integer = 1
    /// i64 to texts.
    case signed = 2
    /// u64 to texts.
    case unsigned = 3
}

/// Reads numbers from texts, or writes integers as texts (ONNX `Cast`). A text is a decimal number with or without a fraction and
/// an exponent, blanks around it, or an infinity or NaN by name in any case; anything else is an error. Attribute: the kind.
enum TextNumbers: Operator {
    static func prepare(_ step: Step) throws(OperatorError) -> Int {
        let x = try step.input(0)
        let out = try step.output()
        guard let kind = TextNumbersKind(rawValue: try step.attribute(0)) else { throw .attribute }
        guard out.count == x.count else { throw .shape }
        try x.require(kind == .unsigned ? .u64 : .i64)
        try out.require(kind == .float ? .f64 : .i64)
        return 0
    }

    static func run(_ step: Step) throws(OperatorError) {
        let x = try step.input(0).integers
        let out = try step.output()
        let kind = TextNumbersKind(rawValue: try step.attribute(0))
        for (index, element) in x.enumerated() {
            switch kind {
            case .float: out.elements(Double.self)[index] = try number(try step.text(element))
            case .integer: out.integers[index] = try integer(try step.text(element))
            default:
                let isNegative = kind == .signed && element < 0
                let magnitude = isNegative ? element.magnitude : UInt64(bitPattern: element)
                out.integers[index] = try step.code(decimal(magnitude, isNegative: isNegative))
            }
        }
    }

    private static func decimal(_ magnitude: UInt64, isNegative: Bool) -> [UInt8] {
        var digits: [UInt8] = []
        var rest = magnitude
        repeat {
            digits.append(0x30 + UInt8(truncatingIfNeeded: rest % 10))
            rest /= 10
        } while rest > 0
        if isNegative { digits.append(0x2D) }
        digits.reverse()
        return digits
    }

    /// The text without blanks around it, and without a plus.
    private static func trimmed(_ text: UnsafeBufferPointer<UInt8>) -> UnsafeBufferPointer<UInt8> {
        var (start, end) = (0, text.count)
        while start < end, isBlank(text[start]) { start += 1 }
        while start < end, isBlank(text[end - 1]) { end -= 1 }
        if end - start > 1, text[start] == 0x2B, text[start + 1] != 0x2D { start += 1 }
        return UnsafeBufferPointer(rebasing: text[start..<end])
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || 0x09...0x0D ~= byte }

    private static func number(_ text: UnsafeBufferPointer<UInt8>) throws(OperatorError) -> Double {
        let text = trimmed(text)
        var value = 0.0
        guard let base = text.baseAddress, text.count > 0 else { throw .index }
        let digits = UnsafeRawPointer(base).assumingMemoryBound(to: CChar.self)
        if pack_parse_double(digits, text.count, &value) == 1 { return value }
        let isNegative = text[0] == 0x2D
        let name = UnsafeBufferPointer(rebasing: text[(isNegative ? 1 : 0)...])
        if isName(name, "inf") || isName(name, "infinity") { return isNegative ? -Double.infinity : .infinity }
        guard isName(name, "nan") else { throw .index }
        return .nan
    }

    private static func isName(_ text: UnsafeBufferPointer<UInt8>, _ name: StaticString) -> Bool {
        guard text.count == name.utf8CodeUnitCount else { return false }
        for index in 0..<text.count where text[index] | 0x20 != name.utf8Start[index] { return false }
        return true
    }

    private static func integer(_ text: UnsafeBufferPointer<UInt8>) throws(OperatorError) -> Int64 {
        let digits = trimmed(text)
        let isNegative = digits.first == 0x2D
        var value: Int64 = 0
        var isWhole = digits.count > (isNegative ? 1 : 0)
        for byte in digits.dropFirst(isNegative ? 1 : 0) where isWhole {
            let (tens, tooMany) = value.multipliedReportingOverflow(by: 10)
            let digit = Int64(byte) - 0x30
            let (sum, tooMuch) =
                isNegative ? tens.subtractingReportingOverflow(digit) : tens.addingReportingOverflow(digit)
            isWhole = 0x30...0x39 ~= byte && !tooMany && !tooMuch
            value = sum
        }
        if isWhole { return value }
        guard let cut = Int64(exactly: try number(text).rounded(.towardZero)) else { throw .index }
        return cut
    }
}

/// C entry of `TextNumbers`.
@c(pack_op_TextNumbers) public func packOperatorTextNumbers(
    _ step: UnsafePointer<pack_step>?, _ running: Int32
) -> Int64 { perform(TextNumbers.self, step, running) }
