/// Writes YAML in block style that readers of versions 1.1 and 1.2 understand alike: whatever could be taken for something
/// other than a text is quoted, and no line break or sign that cannot be seen is written as it is.
public enum YAMLWriter {
    /// Where comments are wrapped, in signs.
    private static let width = 110

    /// The text of documents, one after another, with a comment above all.
    public static func text(_ documents: [YAMLNode], heading: String? = nil) -> String {
        var lines = heading.map { comment($0, indent: 0) } ?? []
        for (index, document) in documents.enumerated() {
            if index > 0 { lines.append("---") }
            if let above = document.comment { lines += comment(above, indent: 0) }
            lines += block(document, indent: 0)
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// A value as lines of its own.
    private static func block(_ node: YAMLNode, indent: Int) -> [String] {
        switch node.content {
        case .mapping(let fields):
            let lines = fields.flatMap { field($0, indent: indent) }
            return fields.contains { $0.value.content != .absent } ? lines : lines + [spaces(indent) + "{}"]
        case .list(let items):
            let lines = items.flatMap { item($0, indent: indent) }
            return items.contains { $0.content != .absent } ? lines : lines + [spaces(indent) + "[]"]
        case .text, .number, .bool: return [spaces(indent) + scalar(node)]
        case .absent: return []
        }
    }

    private static func field(_ field: YAMLNode.Field, indent: Int) -> [String] {
        let above = field.value.comment.map { comment($0, indent: indent) } ?? []
        let key = spaces(indent) + quoted(field.key) + ":"
        switch field.value.content {
        case .absent: return above
        case .text, .number, .bool: return above + [key + " " + scalar(field.value)]
        case .mapping, .list: return above + [key] + block(field.value, indent: indent + 2)
        }
    }

    private static func item(_ node: YAMLNode, indent: Int) -> [String] {
        let above = node.comment.map { comment($0, indent: indent) } ?? []
        switch node.content {
        case .absent: return above
        case .text, .number, .bool: return above + [spaces(indent) + "- " + scalar(node)]
        case .mapping, .list:
            var lines = block(node, indent: indent + 2)
            // The dash stands before the first line that is no comment.
            if let first = lines.firstIndex(where: { !$0.drop { $0 == " " }.hasPrefix("#") }) {
                lines[first] = spaces(indent) + "- " + lines[first].dropFirst(indent + 2)
            }
            return above + lines
        }
    }

    private static func scalar(_ node: YAMLNode) -> String {
        switch node.content {
        case .text(let text): quoted(text)
        case .number(let number): String(number)
        case .bool(let bool): bool ? "true" : "false"
        case .list, .mapping, .absent: ""
        }
    }

    private static func spaces(_ count: Int) -> String { String(repeating: " ", count: count) }

    // MARK: Texts

    /// What readers take for something other than a text, in small letters.
    private static let words: Set<String> = ["true", "false", "yes", "no", "on", "off", "y", "n", "null", "nan", "inf"]

    /// A text as it is where that can only be a text, else in double quotes.
    static func quoted(_ text: String) -> String {
        let signs = Array(text.utf8)
        let isPlain = signs.allSatisfy { isLetter($0) || isDigit($0) || "/._-@:".utf8.contains($0) }
        // A colon means something before a space or at the end.
        let begins = signs.first.map { isLetter($0) || $0 == UInt8(ascii: "/") } ?? false
        if isPlain, begins, signs.last != UInt8(ascii: ":"), !words.contains(text.lowercased()) { return text }
        return "\"" + text.unicodeScalars.map(escaped).joined() + "\""
    }

    private static func escaped(_ scalar: Unicode.Scalar) -> String {
        switch scalar {
        case "\"": return "\\\""
        case "\\": return "\\\\"
        default:
            if isVisible(scalar) { return String(scalar) }
            let digits = String(scalar.value, radix: 16)
            let (mark, count) = scalar.value < 0x100 ? ("x", 2) : scalar.value < 0x1_0000 ? ("u", 4) : ("U", 8)
            return "\\" + mark + String(repeating: "0", count: count - digits.count) + digits
        }
    }

    /// Lines of a comment, with all that could end one made visible. A line of it that is indented, such as a command, is not
    /// wrapped.
    private static func comment(_ text: String, indent: Int) -> [String] {
        text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).flatMap { paragraph -> [String] in
            let visible = paragraph.map { isVisible($0) ? String($0) : "\u{FFFD}" }.joined()
            if visible.hasPrefix("    ") { return [spaces(indent) + "# " + visible] }
            var lines = [spaces(indent) + "#"]
            var count = 0
            for word in visible.split(separator: " ") {
                if count > 0, indent + 2 + count + 1 + word.count > width {
                    lines.append(spaces(indent) + "#")
                    count = 0
                }
                lines[lines.count - 1] += " " + word
                count += 1 + word.count
            }
            return lines
        }
    }

    /// Whether a reader of YAML takes it as it is and a person sees it: no control, line break, mark of direction, private
    /// or unassigned code.
    private static func isVisible(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.value < 0x7F { return scalar.value >= 0x20 }
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: return false
        default: return true
        }
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}
