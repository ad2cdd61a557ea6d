/// A condition on the environment, such as `python_version < "3.11" and sys_platform == "linux"` (PEP 508).
public struct Marker: Hashable, Sendable {
    /// The text as it was written.
    public let text: String
    let expression: Expression

    /// The parts of a condition.
    indirect enum Expression: Hashable, Sendable {
        case compare(Operand, Comparison, Operand)
        case and([Expression])
        case or([Expression])
    }

    /// A side of a comparison.
    enum Operand: Hashable, Sendable {
        case variable(MarkerVariable)
        case text(String)
    }

    /// How sides are compared.
    enum Comparison: Hashable, Sendable {
        case version(Specifier.Comparison)
        case isIn
        case isNotIn
    }

    /// Bytes that a marker may have; resolvers write long ones.
    static let lengthLimit = 64 << 10
    /// Parentheses inside one another that are followed.
    static let depthLimit = 64

    /// Reads a whole text; `nil` if it is no marker, or longer or deeper than is read.
    public init?(_ text: some StringProtocol) {
        guard text.utf8.count <= Self.lengthLimit else { return nil }
        var cursor = ByteCursor(text)
        guard let expression = MarkerReader.read(&cursor, depth: 0), cursor.isAtEnd else { return nil }
        self.text = ASCII.trimmed(text)
        self.expression = expression
    }
}

extension Marker: CustomStringConvertible {
    /// The text.
    public var description: String { text }
}

/// Reads markers by the grammar of PEP 508.
enum MarkerReader {
    static func read(_ cursor: inout ByteCursor, depth: Int) -> Marker.Expression? {
        guard depth <= Marker.depthLimit else { return nil }
        var alternatives: [Marker.Expression] = []
        repeat {
            var parts: [Marker.Expression] = []
            repeat {
                guard let part = atom(&cursor, depth: depth) else { return nil }
                parts.append(part)
            } while takeWord("and", &cursor)
            alternatives.append(parts.count == 1 ? parts[0] : .and(parts))
        } while takeWord("or", &cursor)
        return alternatives.count == 1 ? alternatives[0] : .or(alternatives)
    }

    private static func atom(_ cursor: inout ByteCursor, depth: Int) -> Marker.Expression? {
        cursor.skipBlanks()
        if cursor.take(UInt8(ascii: "(")) {
            guard let inner = read(&cursor, depth: depth + 1), cursor.take(UInt8(ascii: ")")) else { return nil }
            cursor.skipBlanks()
            return inner
        }
        guard let left = operand(&cursor), let comparison = comparison(&cursor), let right = operand(&cursor) else {
            return nil
        }
        return .compare(left, comparison, right)
    }

    private static func operand(_ cursor: inout ByteCursor) -> Marker.Operand? {
        cursor.skipBlanks()
        defer { cursor.skipBlanks() }
        let quote = cursor.next
        if quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") {
            cursor.position += 1
            let content = cursor.takeWhile { $0 != quote }
            guard cursor.take(quote) else { return nil }
            return .text(String(decoding: content, as: UTF8.self))
        }
        let name = cursor.takeWhile { ASCII.isAlphanumeric($0) || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: ".") }
        return MarkerVariable(name: String(decoding: name, as: UTF8.self)).map { .variable($0) }
    }

    private static func comparison(_ cursor: inout ByteCursor) -> Marker.Comparison? {
        if let comparison = Specifier.comparison(&cursor) { return .version(comparison) }
        if takeWord("in", &cursor) { return .isIn }
        guard takeWord("not", &cursor), cursor.last == 0x20 || cursor.last == 0x09 else { return nil }
        return takeWord("in", &cursor) ? .isNotIn : nil
    }

    /// Takes a word that does not go on, and blanks behind it.
    private static func takeWord(_ word: StaticString, _ cursor: inout ByteCursor) -> Bool {
        let start = cursor.position
        guard cursor.take(word) else { return false }
        let goesOn = ASCII.isAlphanumeric(cursor.next) || cursor.next == UInt8(ascii: "_")
        guard !goesOn else {
            cursor.position = start
            return false
        }
        cursor.skipBlanks()
        return true
    }
}
