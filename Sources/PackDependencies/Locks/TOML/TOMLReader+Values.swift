extension TOMLReader {
    /// Reads a value and puts it into the list.
    mutating func readValue(depth: Int) throws(DependencyError) -> Int {
        let start = line
        switch next {
        case UInt8(ascii: "["): return try readArray(depth: depth + 1)
        case UInt8(ascii: "{"): return try readInlineTable(depth: depth + 1)
        case UInt8(ascii: "\""), UInt8(ascii: "'"):
            let text = try readString()
            return try append(TOMLNode(kind: .string, line: start, text: text))
        default:
            let token = readToken()
            guard let (kind, text) = TOMLScalar.classify(token) else {
                throw failure(
                    token.isEmpty ? nextInWords : "\"\(DependencyError.excerpt(token))\"", expected: "a value")
            }
            return try append(TOMLNode(kind: kind, line: start, text: text))
        }
    }

    private mutating func readArray(depth: Int) throws(DependencyError) -> Int {
        let index = try open(.array, depth: depth)
        var children: [Int] = []
        while true {
            try skipBlankLines()
            if next == UInt8(ascii: "]") { break }
            children.append(try readValue(depth: depth))
            try skipBlankLines()
            if next == UInt8(ascii: "]") { break }
            guard next == UInt8(ascii: ",") else { throw failure(nextInWords, expected: "',' or ']'") }
            position += 1
        }
        position += 1
        nodes[index].children = children
        return index
    }

    /// Reads a table in braces; ends of lines and a last comma are taken, as TOML 1.1 allows.
    private mutating func readInlineTable(depth: Int) throws(DependencyError) -> Int {
        let index = try open(.table, depth: depth)
        while true {
            try skipBlankLines()
            if next == UInt8(ascii: "}") { break }
            try readPair(into: index, depth: depth)
            try skipBlankLines()
            if next == UInt8(ascii: "}") { break }
            guard next == UInt8(ascii: ",") else { throw failure(nextInWords, expected: "',' or '}'") }
            position += 1
        }
        position += 1
        return index
    }

    private mutating func open(_ kind: TOMLValue.Kind, depth: Int) throws(DependencyError) -> Int {
        guard depth <= TOMLDocument.depthLimit else {
            throw failure("deeper nesting", expected: "at most \(TOMLDocument.depthLimit) levels")
        }
        position += 1
        return try append(TOMLNode(kind: kind, line: line))
    }

    /// Takes what can be part of a number, a boolean or a time; a blank only between a date and a time.
    private mutating func readToken() -> String {
        let start = position
        while true {
            let byte = next
            let isPart =
                ASCII.isAlphanumeric(byte) || byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-")
                || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "_") || byte == UInt8(ascii: ":")
            let joinsTime =
                byte == 0x20 && position - start == 10 && bytes[start + 4] == UInt8(ascii: "-")
                && position + 1 < bytes.count && ASCII.isDigit(bytes[position + 1])
            guard isPart || joinsTime else { return String(decoding: bytes[start..<position], as: UTF8.self) }
            position += 1
        }
    }
}

/// Values that are written without quotes.
enum TOMLScalar {
    /// The kind of a token and its text, of integers in decimal; `nil` for one that is none.
    static func classify(_ token: String) -> (TOMLValue.Kind, String)? {
        let bytes = Array(token.utf8)
        guard let first = bytes.first, bytes.count <= 64 else { return nil }
        if token == "true" || token == "false" { return (.boolean, token) }
        if let number = integer(token) { return (.integer, String(number)) }
        let unsigned = first == UInt8(ascii: "+") || first == UInt8(ascii: "-") ? token.dropFirst() : token[...]
        if unsigned == "inf" || unsigned == "nan" { return (.float, token) }
        if isFloat(Array(unsigned.utf8)) { return (.float, token) }
        return isTime(bytes) ? (.time, token) : nil
    }

    private static func integer(_ token: String) -> Int? {
        for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] where token.hasPrefix(prefix) {
            let digits = token.dropFirst(2)
            guard separatesDigits(Array(digits.utf8)) else { return nil }
            let plain = digits.filter { $0 != "_" }
            return plain.utf8.allSatisfy(ASCII.isAlphanumeric) ? Int(plain, radix: radix) : nil
        }
        let isSigned = token.hasPrefix("+") || token.hasPrefix("-")
        let digits = Array(token.utf8.dropFirst(isSigned ? 1 : 0))
        guard digits.allSatisfy({ ASCII.isDigit($0) || $0 == UInt8(ascii: "_") }), separatesDigits(digits),
            digits.count == 1 || digits.first != UInt8(ascii: "0")
        else { return nil }
        return Int(token.filter { $0 != "_" })
    }

    /// Whether each `_` stands between digits.
    private static func separatesDigits(_ bytes: [UInt8]) -> Bool {
        guard !bytes.isEmpty else { return false }
        return bytes.indices.allSatisfy { index in
            bytes[index] != UInt8(ascii: "_")
                || (index > 0 && index + 1 < bytes.count && bytes[index - 1] != UInt8(ascii: "_"))
        }
    }

    private static func isFloat(_ bytes: [UInt8]) -> Bool {
        var cursor = 0
        func digits() -> Bool {
            let start = cursor
            while cursor < bytes.count, ASCII.isDigit(bytes[cursor]) || bytes[cursor] == UInt8(ascii: "_") {
                cursor += 1
            }
            return separatesDigits(Array(bytes[start..<cursor]))
        }
        guard digits(), cursor == 1 || bytes[0] != UInt8(ascii: "0") else { return false }
        if cursor < bytes.count, bytes[cursor] == UInt8(ascii: ".") {
            cursor += 1
            guard digits() else { return false }
        }
        if cursor < bytes.count, bytes[cursor] | 0x20 == UInt8(ascii: "e") {
            cursor += 1
            if cursor < bytes.count, bytes[cursor] == UInt8(ascii: "+") || bytes[cursor] == UInt8(ascii: "-") {
                cursor += 1
            }
            guard digits() else { return false }
        }
        return cursor == bytes.count
    }

    /// A date, a time, or both; whether the day exists is not asked.
    private static func isTime(_ bytes: [UInt8]) -> Bool {
        func separator(_ index: Int, _ byte: UInt8) -> Bool { index < bytes.count && bytes[index] == byte }
        let isDate = bytes.count >= 10 && separator(4, UInt8(ascii: "-")) && separator(7, UInt8(ascii: "-"))
        let isClock = bytes.count >= 5 && separator(2, UInt8(ascii: ":"))
        return isDate || isClock
    }
}
