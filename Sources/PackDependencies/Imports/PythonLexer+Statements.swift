extension PythonLexer {
    /// Bytes that end what can be passed over: ends of lines, quotes, comments, brackets, backslashes, `:` and `;`; a
    /// bit each of those
    /// below 64, and of those from 64 to 127.
    private static let (lowStops, highStops): (UInt64, UInt64) = {
        var masks: (UInt64, UInt64) = (0, 0)
        for byte in "\n\"#'():;".utf8 { masks.0 |= 1 << UInt64(byte) }
        for byte in "[\\]{}".utf8 { masks.1 |= 1 << UInt64(byte - 64) }
        return masks
    }()

    /// Passes over a statement that imports nothing by its form, to the next of: its end, a `:` or `;` outside of
    /// brackets, or the name of a
    /// function that imports, with its bracket behind it. Prefixes of strings need not be known for that, as they
    /// don't change where one ends.
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
}
