/// Columns that text takes on a terminal.
enum TextWidth {
    /// Two for wide East Asian characters and emoji, none for combining marks, else one.
    static func of(_ text: String) -> Int {
        var width = 0
        for scalar in text.unicodeScalars { width += of(scalar) }
        return width
    }

    private static func of(_ scalar: Unicode.Scalar) -> Int {
        let value = scalar.value
        if value < 0x300 { return 1 }
        switch value {
        case 0x300...0x36F, 0x483...0x489, 0x591...0x5BD, 0x610...0x61A, 0x64B...0x65F, 0x1AB0...0x1AFF,
            0x1DC0...0x1DFF, 0x20D0...0x20FF, 0xFE00...0xFE0F, 0xFE20...0xFE2F:
            return 0
        case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xA000...0xA4CF,
            0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE4F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F,
            0x1F900...0x1F9FF, 0x20000...0x3FFFD:
            return 2
        default: return 1
        }
    }

    /// The text with its middle left out, if it is wider than `width` columns.
    static func cut(_ text: String, to width: Int) -> String {
        guard of(text) > width, width > 1 else { return text }
        let head = prefix(text.unicodeScalars, (width - 1) / 2)
        let tail = prefix(text.unicodeScalars.reversed(), width - 1 - of(String(head)))
        return String(head) + "…" + String(String.UnicodeScalarView(tail.reversed()))
    }

    private static func prefix(_ scalars: some Sequence<Unicode.Scalar>, _ width: Int) -> String.UnicodeScalarView {
        var result = String.UnicodeScalarView()
        var used = 0
        for scalar in scalars {
            used += of(scalar)
            if used > width { break }
            result.append(scalar)
        }
        return result
    }

    /// The text in lines of at most `width` columns, broken at spaces; a longer word has a line of its own.
    static func wrap(_ text: String, to width: Int) -> [String] {
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            if line.isEmpty {
                line = String(word)
            } else if of(line) + 1 + of(String(word)) <= width {
                line += " " + word
            } else {
                lines.append(line)
                line = String(word)
            }
        }
        return lines + [line]
    }
}
