/// The lexical structure of Python source ("The Python Language Reference", chapter 2), as far as imports need it:
/// names, strings,
/// operators, ends of logical lines, and how far a line is indented.
///
/// It never fails: a string that is not closed ends with its line, one in triple quotes with the file, and bytes that
/// are nothing are
/// operators. Nesting is only counted.
struct PythonLexer {
    /// A token. Ranges are of bytes in the file.
    enum Token: Equatable {
        case name(Range<Int>)
        /// A string; `content` is `nil` where its value is not what stands there: it has escapes, or holds expressions.
        case string(content: Range<Int>?)
        case symbol(UInt8)
        case number
        case newline
        case end
    }

    let bytes: UnsafeRawBufferPointer
    var position = 0
    /// The physical line of the last token, from 1.
    var line = 1
    /// Columns by which the logical line is indented; tabs count to multiples of 8.
    private(set) var indentation = 0
    /// Brackets that are open.
    private(set) var depth = 0
    private var isAtLineStart = true
    var hasTokens = false

    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
        // A byte order mark of UTF-8 is skipped.
        if bytes.count >= 3, bytes[0] == 0xEF, bytes[1] == 0xBB, bytes[2] == 0xBF { position = 3 }
    }

    mutating func next() -> Token {
        while position < bytes.count {
            if isAtLineStart { indent() }
            guard position < bytes.count else { break }
            let byte = bytes[position]
            switch byte {
            case 0x20, 0x09, 0x0C, 0x0D: position += 1
            case 0x0A:
                position += 1
                line += 1
                guard depth == 0 else { continue }
                isAtLineStart = true
                if hasTokens {
                    hasTokens = false
                    return .newline
                }
            case UInt8(ascii: "#"): skipToLineEnd()
            case UInt8(ascii: "\\"): continueLine()
            default:
                hasTokens = true
                return token(byte)
            }
        }
        return .end
    }

    private mutating func indent() {
        var (column, place) = (0, position)
        isAtLineStart = false
        while place < bytes.count {
            switch bytes[place] {
            case 0x20: column += 1
            case 0x09: column = column / 8 * 8 + 8
            case 0x0C: column = 0
            default:
                indentation = column
                position = place
                return
            }
            place += 1
        }
        position = place
    }

    mutating func skipToLineEnd() {
        var end = position
        while end < bytes.count, bytes[end] != 0x0A { end += 1 }
        position = end
    }

    /// A backslash at the end of a line joins it with the next.
    mutating func continueLine() {
        position += 1
        if position < bytes.count, bytes[position] == 0x0D { position += 1 }
        if position < bytes.count, bytes[position] == 0x0A {
            position += 1
            line += 1
        }
    }

    mutating func token(_ byte: UInt8) -> Token {
        if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") { return string(isRaw: false, isFormatted: false) }
        if PythonLexer.isNameStart(byte) { return nameOrString() }
        if (0x30...0x39).contains(byte) {
            while position < bytes.count, PythonLexer.isName(bytes[position]) || bytes[position] == UInt8(ascii: ".") {
                position += 1
            }
            return .number
        }
        position += 1
        switch byte {
        case UInt8(ascii: "("), UInt8(ascii: "["), UInt8(ascii: "{"): depth += 1
        case UInt8(ascii: ")"), UInt8(ascii: "]"), UInt8(ascii: "}"): depth = max(0, depth - 1)
        default: break
        }
        return .symbol(byte)
    }

    private mutating func nameOrString() -> Token {
        let start = position
        position = PythonLexer.endOfName(bytes, start)
        let isQuoted =
            position < bytes.count && (bytes[position] == UInt8(ascii: "\"") || bytes[position] == UInt8(ascii: "'"))
        // Prefixes of strings: any of r, b, u, f, t, at most two.
        guard isQuoted, position - start <= 2 else { return .name(start..<position) }
        let prefix = bytes[start..<position].map { $0 | 0x20 }
        guard prefix.allSatisfy({ "rbuft".utf8.contains($0) }) else { return .name(start..<position) }
        let isFormatted = prefix.contains(UInt8(ascii: "f")) || prefix.contains(UInt8(ascii: "t"))
        return string(isRaw: prefix.contains(UInt8(ascii: "r")), isFormatted: isFormatted)
    }

    /// Reads a string from its quote on. A backslash keeps the quote behind it within the string, in raw ones too.
    mutating func string(isRaw: Bool, isFormatted: Bool) -> Token {
        let quote = bytes[position]
        let isTriple = position + 2 < bytes.count && bytes[position + 1] == quote && bytes[position + 2] == quote
        position += isTriple ? 3 : 1
        let start = position
        var isLiteral = !isFormatted
        var place = start
        let end = bytes.count
        while place < end {
            let byte = bytes[place]
            if byte == UInt8(ascii: "\\") {
                if !isRaw { isLiteral = false }
                if place + 1 < end, bytes[place + 1] == 0x0A { line += 1 }
                place = min(place + 2, end)
                continue
            }
            if byte == 0x0A {
                guard isTriple else {
                    position = place
                    return .string(content: nil)
                }
                line += 1
            } else if byte == quote, !isTriple || closes(quote, at: place) {
                position = place + (isTriple ? 3 : 1)
                return .string(content: isLiteral ? start..<place : nil)
            }
            place += 1
        }
        position = end
        return .string(content: nil)
    }

    private func closes(_ quote: UInt8, at place: Int) -> Bool {
        place + 2 < bytes.count && bytes[place + 1] == quote && bytes[place + 2] == quote
    }

    private static func isNameStart(_ byte: UInt8) -> Bool {
        (0x41...0x5A).contains(byte & 0xDF) || byte == UInt8(ascii: "_") || byte >= 0x80
    }

    static func isName(_ byte: UInt8) -> Bool { isNameStart(byte) || (0x30...0x39).contains(byte) }

    /// The end of a name that begins at a place.
    private static func endOfName(_ bytes: UnsafeRawBufferPointer, _ start: Int) -> Int {
        var end = start
        let count = bytes.count
        while end < count, isName(bytes[end]) { end += 1 }
        return end
    }

    /// The text of a range.
    func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

    /// Whether the bytes of a range are those of a word.
    func isWord(_ range: Range<Int>, _ word: StaticString) -> Bool {
        guard range.count == word.utf8CodeUnitCount else { return false }
        return word.withUTF8Buffer { buffer in bytes[range].elementsEqual(buffer) }
    }
}
