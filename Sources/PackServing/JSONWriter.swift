import CPackSystem

// JSON text (RFC 8259) appended to a buffer. Commas are the caller's.
extension ByteBuffer {
    /// Appends a string in quotes. Bytes that are not UTF-8 become U+FFFD, so that the text is always valid JSON.
    @inline(never)
    public func append(jsonString text: UnsafeRawBufferPointer) {
        append(0x22)
        appendEscaped(text)
        append(0x22)
    }

    /// Appends a string in quotes.
    public func append(jsonString text: StaticString) {
        append(jsonString: UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Appends what stands between the quotes of a string.
    public func appendEscaped(_ text: UnsafeRawBufferPointer) {
        var start = 0
        var index = 0
        while index < text.count {
            let byte = text[index]
            if byte >= 0x20, byte < 0x7F, byte != 0x22, byte != 0x5C {
                index += 1
                continue
            }
            let length = byte < 0x80 ? 0 : utf8Length(text, at: index)
            if length > 0 {
                index += length
                continue
            }
            append(text.part(start..<index))
            appendEscape(byte)
            index += 1
            start = index
        }
        append(text.part(start..<index))
    }

    private func appendEscape(_ byte: UInt8) {
        switch byte {
        case 0x22: append("\\\"")
        case 0x5C: append("\\\\")
        case 0x0A: append("\\n")
        case 0x0D: append("\\r")
        case 0x09: append("\\t")
        case 0x80...: append("\u{FFFD}")
        default:
            append("\\u00")
            append(hexadecimalDigit(byte >> 4))
            append(hexadecimalDigit(byte & 15))
        }
    }

    /// Appends a number as the shortest text that reads back as the same `Float`; NaN and infinities as `null`.
    @inline(never)
    public func append(json value: Float) {
        if value.bitPattern & 0x7F80_0000 == 0x7F80_0000 {
            append("null")
            return
        }
        if value.sign == .minus { append(0x2D) }
        if value == 0 {
            append(0x30)
            return
        }
        append(FloatDecimal(value.magnitude))
    }

    /// Plain notation from 10^-5 up to below 10^15, scientific outside.
    private func append(_ number: FloatDecimal) {
        var digits = number.digits
        var exponent = number.exponent
        while digits % 10 == 0 {
            digits /= 10
            exponent += 1
        }
        let count = digits.decimalDigits
        let point = count + exponent
        if point > 15 || point < -4 {
            append(digits: digits, count: count, point: 1)
            append(0x65)
            append(decimal: point - 1)
        } else if point <= 0 {
            append("0.")
            for _ in 0..<(-point) { append(0x30) }
            append(digits: digits, count: count, point: count)
        } else {
            append(digits: digits, count: count, point: min(point, count))
            for _ in 0..<max(point - count, 0) { append(0x30) }
        }
    }

    /// Appends decimal digits with a point after the first `point` of them, unless it would come last.
    private func append(digits: UInt32, count: Int, point: Int) {
        let size = count + (point < count ? 1 : 0)
        let room = reserve(size)
        guard room.count == size else { return }
        var rest = digits
        for position in stride(from: count - 1, through: 0, by: -1) {
            room[position < point ? position : position + 1] = 0x30 + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
        if point < count { room[point] = 0x2E }
        commit(size)
    }

    /// Appends a `Double` as a text that reads back as the same value; NaN and infinities as `null`.
    @inline(never)
    public func append(json value: Double) {
        let narrow = Float(value)
        guard Double(narrow) != value, value.isFinite else {
            append(json: narrow)
            return
        }
        let room = reserve(32)
        guard room.count == 32, let base = room.baseAddress else { return }
        commit(pack_format_double(value, base.assumingMemoryBound(to: CChar.self), 32))
    }
}

extension UInt32 {
    /// Digits of the number in decimal; 1 for zero.
    fileprivate var decimalDigits: Int {
        var digits = 1
        var rest = self / 10
        while rest > 0 {
            digits += 1
            rest /= 10
        }
        return digits
    }
}

private func hexadecimalDigit(_ value: UInt8) -> UInt8 {
    value < 10 ? 0x30 + value : 0x61 + value - 10
}

/// The length of the well-formed UTF-8 sequence of two to four bytes at a place (Unicode 15, table 3-7); 0 if there is none.
func utf8Length(_ text: UnsafeRawBufferPointer, at index: Int) -> Int {
    let first = text[index]
    let length = first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF5 ? 4 : 0
    guard length > 0, index + length <= text.count else { return 0 }
    let second = text[index + 1]
    let lowest: UInt8 = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80
    let highest: UInt8 = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF
    guard second >= lowest, second <= highest else { return 0 }
    for offset in 2..<max(length, 2) where text[index + offset] & 0xC0 != 0x80 { return 0 }
    return length
}
