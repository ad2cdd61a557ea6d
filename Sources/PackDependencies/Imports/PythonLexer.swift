/// The lexical structure of Python source ("The Python Language Reference", chapter 2), as far as imports need it: names, strings,
/// operators, ends of logical lines, and how far a line is indented.
///
/// It never fails: a string that is not closed ends with its line, one in triple quotes with the file, and bytes that are nothing are
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
    private(set) var position = 0
    /// The physical line of the last token, from 1.
    private(set) var line = 1
    /// Columns by which the logical line is indented; tabs count to multiples of 8.
    private(set) var indentation = 0
    /// Brackets that are open.
    private(set) var depth = 0
    private var isAtLineStart = true
    private var hasTokens = false

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

    /// Bytes that end what can be passed over: ends of lines, quotes, comments, brackets, backslashes, `:` and `;`; a bit each of those
    /// below 64, and of those from 64 to 127.
    private static let (lowStops, highStops): (UInt64, UInt64) = {
        var masks: (UInt64, UInt64) = (0, 0)
        for byte in "\n\"#'():;".utf8 { masks.0 |= 1 << UInt64(byte) }
        for byte in "[\\]{}".utf8 { masks.1 |= 1 << UInt64(byte - 64) }
        return masks
    }()

    /// Passes over a statement that imports nothing by its form, to the next of: its end, a `:` or `;` outside of brackets, or the name of a
    /// function that imports, with its bracket behind it. Prefixes of strings need not be known for that, as they don't change where one ends.
    mutating func nextOfStatement() -> Token {
        let (low, high) = (PythonLexer.lowStops, PythonLexer.highStops)
        hasTokens = true
        while position < bytes.count {
            var place = position
            while place < bytes.count {
                let byte = bytes[place]
                let mask = byte < 64 ? low : byte < 128 ? high : 0
                if mask >> UInt64(byte & 63) & 1 != 0 { break }
                place += 1
            }
            position = place
            guard place < bytes.count else { break }
            switch bytes[place] {
            case UInt8(ascii: "\""), UInt8(ascii: "'"): _ = string(isRaw: false, isFormatted: false)
            case UInt8(ascii: "("):
                if let name = importingName(before: place) { return .name(name) }
                _ = token(bytes[place])
            case UInt8(ascii: ":"), UInt8(ascii: ";"):
                let symbol = token(bytes[place])
                if depth == 0 { return symbol }
            case 0x0A where depth > 0:
                position += 1
                line += 1
            case 0x0A, UInt8(ascii: "#"), UInt8(ascii: "\\"):
                // A line that goes on, or ends.
                if bytes[place] == UInt8(ascii: "\\") {
                    continueLine()
                } else if bytes[place] == 0x0A {
                    return next()
                } else {
                    skipToLineEnd()
                }
            default: _ = token(bytes[place])
            }
        }
        return .end
    }

    /// The name before a bracket, if it is one of the functions that import, and is not defined here.
    private func importingName(before bracket: Int) -> Range<Int>? {
        var end = bracket
        while end > 0, bytes[end - 1] == 0x20 || bytes[end - 1] == 0x09 { end -= 1 }
        guard end > 0 else { return nil }
        let words: [StaticString] =
            switch bytes[end - 1] {
            case UInt8(ascii: "e"): ["import_module"]
            case UInt8(ascii: "_"): ["__import__"]
            case UInt8(ascii: "s"): ["entry_points", "iter_entry_points"]
            default: []
            }
        guard !words.isEmpty else { return nil }
        var start = end
        while start > 0, end - start <= 20, PythonLexer.isName(bytes[start - 1]) { start -= 1 }
        guard words.contains(where: { isWord(start..<end, $0) }) else { return nil }
        return start >= 4 && isWord((start - 4)..<start, "def ") ? nil : start..<end
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

    private mutating func skipToLineEnd() {
        var end = position
        while end < bytes.count, bytes[end] != 0x0A { end += 1 }
        position = end
    }

    /// A backslash at the end of a line joins it with the next.
    private mutating func continueLine() {
        position += 1
        if position < bytes.count, bytes[position] == 0x0D { position += 1 }
        if position < bytes.count, bytes[position] == 0x0A {
            position += 1
            line += 1
        }
    }

    private mutating func token(_ byte: UInt8) -> Token {
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
    private mutating func string(isRaw: Bool, isFormatted: Bool) -> Token {
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

    private static func isName(_ byte: UInt8) -> Bool { isNameStart(byte) || (0x30...0x39).contains(byte) }

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
