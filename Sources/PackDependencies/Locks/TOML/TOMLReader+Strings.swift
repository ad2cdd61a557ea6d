extension TOMLReader {
    /// Reads a string of any of the four forms.
    mutating func readString() throws(DependencyError) -> String {
        let quote = next
        guard position + 2 < bytes.count, bytes[position + 1] == quote, bytes[position + 2] == quote else {
            return try readLineString()
        }
        return try readBlockString(quote)
    }

    /// Reads a string that ends on its line.
    mutating func readLineString() throws(DependencyError) -> String {
        let quote = next
        position += 1
        var result: [UInt8] = []
        while true {
            let byte = next
            if position >= bytes.count || byte == 0x0A || (byte < 0x20 && byte != 0x09) || byte == 0x7F {
                throw failure(nextInWords, expected: "the end of the string")
            }
            if byte == quote { break }
            if byte == UInt8(ascii: "\\") && quote == UInt8(ascii: "\"") {
                result += try readEscape()
            } else {
                result.append(byte)
                position += 1
            }
        }
        position += 1
        return String(decoding: result, as: UTF8.self)
    }

    /// Reads a string of several lines; a line's end right behind the quotes does not count.
    private mutating func readBlockString(_ quote: UInt8) throws(DependencyError) -> String {
        let start = line
        position += 3
        if next == 0x0D && position + 1 < bytes.count && bytes[position + 1] == 0x0A { position += 1 }
        if next == 0x0A { (position, line) = (position + 1, line + 1) }
        var result: [UInt8] = []
        while true {
            guard position < bytes.count else {
                throw failure("the end of the text", expected: "the end of the string of line \(start)")
            }
            let byte = next
            if byte == quote {
                var count = 0
                while position < bytes.count, next == quote, count < 5 { (position, count) = (position + 1, count + 1) }
                if count >= 3 {
                    result += [UInt8](repeating: quote, count: count - 3)
                    return String(decoding: result, as: UTF8.self)
                }
                result += [UInt8](repeating: quote, count: count)
            } else if byte == UInt8(ascii: "\\") && quote == UInt8(ascii: "\"") {
                if !joinLines() { result += try readEscape() }
            } else {
                if byte == 0x0A { line += 1 }
                if byte < 0x20 && byte != 0x09 && byte != 0x0A && byte != 0x0D { throw failure(nextInWords) }
                result.append(byte)
                position += 1
            }
        }
    }

    /// Passes over a backslash at a line's end, and all white space behind it.
    private mutating func joinLines() -> Bool {
        var ahead = position + 1
        while ahead < bytes.count, bytes[ahead] == 0x20 || bytes[ahead] == 0x09 || bytes[ahead] == 0x0D { ahead += 1 }
        guard ahead < bytes.count, bytes[ahead] == 0x0A else { return false }
        while ahead < bytes.count, ASCII.isSpace(bytes[ahead]) {
            if bytes[ahead] == 0x0A { line += 1 }
            ahead += 1
        }
        position = ahead
        return true
    }

    private mutating func readEscape() throws(DependencyError) -> [UInt8] {
        position += 1
        let letter = next
        position += 1
        switch letter {
        case UInt8(ascii: "b"): return [0x08]
        case UInt8(ascii: "t"): return [0x09]
        case UInt8(ascii: "n"): return [0x0A]
        case UInt8(ascii: "f"): return [0x0C]
        case UInt8(ascii: "r"): return [0x0D]
        case UInt8(ascii: "e"): return [0x1B]
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): return [letter]
        case UInt8(ascii: "x"): return try readScalar(digits: 2)
        case UInt8(ascii: "u"): return try readScalar(digits: 4)
        case UInt8(ascii: "U"): return try readScalar(digits: 8)
        default: throw failure("an escape that TOML does not have")
        }
    }

    private mutating func readScalar(digits: Int) throws(DependencyError) -> [UInt8] {
        guard bytes.count - position >= digits else { throw failure("the end of the text", expected: "a digit") }
        let text = String(decoding: bytes[position..<position + digits], as: UTF8.self)
        guard text.utf8.allSatisfy(ASCII.isAlphanumeric), let value = UInt32(text, radix: 16),
            let scalar = Unicode.Scalar(value)
        else { throw failure("an escape that stands for no character") }
        position += digits
        return Array(String(Character(scalar)).utf8)
    }
}
