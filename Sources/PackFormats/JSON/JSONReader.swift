/// Reads a JSON text into entries, refusing what is not exactly JSON.
struct JSONReader {
    let bytes: [UInt8]
    let depthLimit: Int
    var position = 0
    var entries: [JSONEntry] = []

    init(bytes: [UInt8], depthLimit: Int) {
        self.bytes = bytes
        self.depthLimit = depthLimit
    }

    /// Reads the one value that the text is.
    mutating func readDocument() throws(JSONFailure) {
        try readValue(depth: 0)
        skipBlanks()
        guard position == bytes.count else { throw JSONFailure(at: position, .trailingBytes) }
    }

    private mutating func readValue(depth: Int) throws(JSONFailure) {
        skipBlanks()
        switch try peek() {
        case UInt8(ascii: "{"): try readContainer(.object, depth: depth + 1)
        case UInt8(ascii: "["): try readContainer(.array, depth: depth + 1)
        case UInt8(ascii: "\""): try readString()
        case UInt8(ascii: "t"): try readLiteral("true", .bool)
        case UInt8(ascii: "f"): try readLiteral("false", .bool)
        case UInt8(ascii: "n"): try readLiteral("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): try readNumber()
        case let byte: throw JSONFailure(at: position, .unexpected(byte: byte, expected: .value))
        }
    }

    private mutating func readContainer(_ kind: JSONValue.Kind, depth: Int) throws(JSONFailure) {
        guard depth <= depthLimit else { throw JSONFailure(at: position, .tooDeep(limit: depthLimit)) }
        let own = entries.count
        append(kind, start: position, length: 0)
        position += 1
        let end = kind == .object ? UInt8(ascii: "}") : UInt8(ascii: "]")
        skipBlanks()
        if try peek() == end {
            position += 1
            return
        }
        var keys: [Int] = []
        while true {
            if kind == .object {
                keys.append(entries.count)
                try readKey()
            }
            try readValue(depth: depth)
            skipBlanks()
            let byte = try peek()
            guard byte == UInt8(ascii: ",") || byte == end else {
                throw JSONFailure(at: position, .unexpected(byte: byte, expected: .commaOrEnd))
            }
            position += 1
            if byte == end { break }
        }
        entries[own].next = UInt32(entries.count)
        try refuseDuplicates(keys)
    }

    private mutating func readKey() throws(JSONFailure) {
        skipBlanks()
        let quote = try peek()
        guard quote == UInt8(ascii: "\"") else {
            throw JSONFailure(at: position, .unexpected(byte: quote, expected: .key))
        }
        try readString()
        skipBlanks()
        let colon = try peek()
        guard colon == UInt8(ascii: ":") else {
            throw JSONFailure(at: position, .unexpected(byte: colon, expected: .colon))
        }
        position += 1
    }

    /// Sorts the keys of an object, so that equal ones become neighbours.
    private func refuseDuplicates(_ keys: [Int]) throws(JSONFailure) {
        guard keys.count > 1 else { return }
        let named = keys.map { index -> (name: ArraySlice<UInt8>, index: Int) in
            let entry = entries[index]
            let raw = bytes[Int(entry.start)..<Int(entry.start) + Int(entry.length)]
            return (entry.isEscaped ? ArraySlice(JSONString.unescaped(raw)) : raw, index)
        }
        let sorted = named.sorted { $0.name.lexicographicallyPrecedes($1.name) }
        for (left, right) in zip(sorted, sorted.dropFirst()) where left.name == right.name {
            let offset = Int(entries[max(left.index, right.index)].start)
            throw JSONFailure(at: offset, .duplicateKey(String(decoding: left.name, as: UTF8.self)))
        }
    }

    private mutating func readLiteral(_ text: StaticString, _ kind: JSONValue.Kind) throws(JSONFailure) {
        let start = position
        for index in 0..<text.utf8CodeUnitCount {
            let byte = try peek()
            guard byte == text.utf8Start[index] else {
                throw JSONFailure(at: position, .unexpected(byte: byte, expected: .literal))
            }
            position += 1
        }
        append(kind, start: start, length: position - start)
    }

    private mutating func readNumber() throws(JSONFailure) {
        let start = position
        if bytes[position] == UInt8(ascii: "-") { position += 1 }
        let leadsWithZero = try peek() == UInt8(ascii: "0")
        let whole = try readDigits()
        if leadsWithZero && whole > 1 {
            throw JSONFailure(at: start, .unexpected(byte: UInt8(ascii: "0"), expected: .value))
        }
        if position < bytes.count, bytes[position] == UInt8(ascii: ".") {
            position += 1
            _ = try readDigits()
        }
        if position < bytes.count, bytes[position] | 0x20 == UInt8(ascii: "e") {
            position += 1
            let sign = try peek()
            if sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { position += 1 }
            _ = try readDigits()
        }
        append(.number, start: start, length: position - start)
    }

    private mutating func readDigits() throws(JSONFailure) -> Int {
        let start = position
        while position < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[position]) {
            position += 1
        }
        guard position > start else {
            throw JSONFailure(at: position, .unexpected(byte: try peek(), expected: .digit))
        }
        return position - start
    }
}

extension JSONReader {
    private mutating func readString() throws(JSONFailure) {
        position += 1
        let start = position
        var isEscaped = false
        while true {
            let byte = try peek()
            switch byte {
            case UInt8(ascii: "\""):
                append(.string, start: start, length: position - start)
                entries[entries.count - 1].isEscaped = isEscaped
                position += 1
                return
            case UInt8(ascii: "\\"):
                isEscaped = true
                try skipEscape()
            case 0..<0x20:
                throw JSONFailure(at: position, .unexpected(byte: byte, expected: .stringByte))
            case 0x20..<0x80:
                position += 1
            default:
                guard let length = UTF8Sequence.length(in: bytes, at: position) else {
                    throw JSONFailure(at: position, .notUTF8)
                }
                position += length
            }
        }
    }

    private mutating func skipEscape() throws(JSONFailure) {
        guard position + 1 < bytes.count else { throw JSONFailure(at: bytes.count, .ended) }
        if JSONString.simple(bytes[position + 1]) != nil {
            position += 2
        } else if bytes[position + 1] == UInt8(ascii: "u"), let (_, length) = JSONString.scalar(bytes[position...]) {
            position += length
        } else {
            throw JSONFailure(at: position, .badEscape)
        }
    }

    private mutating func skipBlanks() {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x09, 0x0A, 0x0D: position += 1
            default: return
            }
        }
    }

    private func peek() throws(JSONFailure) -> UInt8 {
        guard position < bytes.count else { throw JSONFailure(at: bytes.count, .ended) }
        return bytes[position]
    }

    private mutating func append(_ kind: JSONValue.Kind, start: Int, length: Int) {
        entries.append(
            JSONEntry(
                start: UInt32(start), length: UInt32(length), next: UInt32(entries.count + 1), kind: kind))
    }
}

/// Well-formed UTF-8 (Unicode 3.9, table 3-7).
enum UTF8Sequence {
    /// Bytes of the sequence that begins at an index with a byte above 127; nil if it is not well formed.
    static func length(in bytes: [UInt8], at index: Int) -> Int? {
        let (length, second): (Int, ClosedRange<UInt8>)
        switch bytes[index] {
        case 0xC2...0xDF: (length, second) = (2, 0x80...0xBF)
        case 0xE0: (length, second) = (3, 0xA0...0xBF)
        case 0xED: (length, second) = (3, 0x80...0x9F)
        case 0xE1...0xEF: (length, second) = (3, 0x80...0xBF)
        case 0xF0: (length, second) = (4, 0x90...0xBF)
        case 0xF1...0xF3: (length, second) = (4, 0x80...0xBF)
        case 0xF4: (length, second) = (4, 0x80...0x8F)
        default: return nil
        }
        guard bytes.count - index >= length, second.contains(bytes[index + 1]) else { return nil }
        return bytes[(index + 2)..<(index + length)].allSatisfy { $0 & 0xC0 == 0x80 } ? length : nil
    }
}
