extension JSONReader {
    /// Reads a string and appends its bytes, escapes resolved.
    @inline(never)
    public mutating func readString(into text: ByteBuffer) throws(RequestError) {
        try expect(.string)
        offset += 1
        var start = offset
        while offset < bytes.count {
            let byte = bytes[offset]
            if byte == 0x22 || byte == 0x5C {
                text.append(bytes.part(start..<offset))
                offset += 1
                if byte == 0x22 {
                    if text.overflowed { throw RequestError(.stringTooLarge, offset: offset) }
                    return
                }
                try readEscape(into: text)
                start = offset
            } else if byte < 0x20 {
                throw RequestError(.controlCharacter, offset: offset)
            } else {
                offset += 1
            }
        }
        throw RequestError(.truncated, offset: offset)
    }

    /// Reads what follows a backslash.
    private mutating func readEscape(into text: ByteBuffer) throws(RequestError) {
        guard offset < bytes.count else { throw RequestError(.truncated, offset: offset) }
        let byte = bytes[offset]
        offset += 1
        switch byte {
        case 0x22, 0x5C, 0x2F: text.append(byte)
        case 0x62: text.append(0x08)
        case 0x66: text.append(0x0C)
        case 0x6E: text.append(0x0A)
        case 0x72: text.append(0x0D)
        case 0x74: text.append(0x09)
        case 0x75: append(scalar: try readScalar(), to: text)
        default: throw RequestError(.badEscape, offset: offset - 1)
        }
    }

    /// The scalar of one `\u` escape, or of two that are a surrogate pair; U+FFFD for a surrogate alone.
    private mutating func readScalar() throws(RequestError) -> UInt32 {
        let first = try readFourDigits()
        guard first >= 0xD800, first < 0xE000 else { return first }
        let mark = offset
        guard first < 0xDC00, offset + 1 < bytes.count, bytes[offset] == 0x5C, bytes[offset + 1] == 0x75 else {
            return 0xFFFD
        }
        offset += 2
        let second = try readFourDigits()
        guard second >= 0xDC00, second < 0xE000 else {
            offset = mark
            return 0xFFFD
        }
        return 0x10000 + (first - 0xD800) << 10 + (second - 0xDC00)
    }

    private mutating func readFourDigits() throws(RequestError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard offset < bytes.count else { throw RequestError(.truncated, offset: offset) }
            guard let digit = hexadecimal(bytes[offset]) else { throw RequestError(.badEscape, offset: offset) }
            value = value << 4 | digit
            offset += 1
        }
        return value
    }

    private func append(scalar: UInt32, to text: ByteBuffer) {
        if scalar < 0x80 {
            text.append(UInt8(scalar))
            return
        }
        let last = UInt8(0x80 | scalar & 0x3F)
        let middle = UInt8(0x80 | scalar >> 6 & 0x3F)
        if scalar < 0x800 {
            text.append(UInt8(0xC0 | scalar >> 6))
        } else if scalar < 0x10000 {
            text.append(UInt8(0xE0 | scalar >> 12))
            text.append(middle)
        } else {
            text.append(UInt8(0xF0 | scalar >> 18))
            text.append(UInt8(0x80 | scalar >> 12 & 0x3F))
            text.append(middle)
        }
        text.append(last)
    }
}
