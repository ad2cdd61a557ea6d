/// A JSON document. Written with sorted keys, so that equal values give equal bytes.
public indirect enum JSON: Sendable, Equatable {
    case null
    case bool(Bool)
    case int(Int)
    /// Written as `null` when it is not finite.
    case number(Double)
    case string(String)
    case array([JSON])
    case object([String: JSON])

    /// The text, indented by two spaces, with a line end after it.
    public var text: String {
        var writer = JSONWriter()
        writer.write(self, indent: 0)
        return writer.text + "\n"
    }

    /// An optional text.
    public static func optional(_ text: String?) -> JSON { text.map { .string($0) } ?? .null }
    /// An optional count.
    public static func optional(_ number: Int?) -> JSON { number.map { .int($0) } ?? .null }
    /// A mapping from names to counts.
    public static func counts(_ counts: [String: Int]) -> JSON { .object(counts.mapValues { .int($0) }) }

    /// A number as an integer if it is one, else with its fraction.
    public static func whole(_ number: Double?) -> JSON {
        guard let number else { return .null }
        return Int(exactly: number).map { .int($0) } ?? .number(number)
    }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral {
    /// A string.
    public init(stringLiteral value: String) { self = .string(value) }
    /// An array.
    public init(arrayLiteral elements: JSON...) { self = .array(elements) }
    /// An object; of two equal keys the last counts.
    public init(dictionaryLiteral elements: (String, JSON)...) {
        self = .object(Dictionary(elements) { $1 })
    }
}

private struct JSONWriter {
    var text = ""

    mutating func write(_ value: JSON, indent: Int) {
        switch value {
        case .null: text += "null"
        case .bool(let flag): text += flag ? "true" : "false"
        case .int(let number): text += String(number)
        case .number(let number): text += number.isFinite ? "\(number)" : "null"
        case .string(let string): quote(string)
        case .array(let items):
            list("[", items, "]", indent) { $0.write($1, indent: indent + 2) }
        case .object(let entries):
            let sorted = entries.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
            list("{", sorted, "}", indent) { writer, entry in
                writer.quote(entry.key)
                writer.text += ": "
                writer.write(entry.value, indent: indent + 2)
            }
        }
    }

    private mutating func list<T>(
        _ open: String, _ items: [T], _ close: String, _ indent: Int, _ write: (inout JSONWriter, T) -> Void
    ) {
        text += open
        for (index, item) in items.enumerated() {
            text += (index == 0 ? "\n" : ",\n") + String(repeating: " ", count: indent + 2)
            write(&self, item)
        }
        if !items.isEmpty { text += "\n" + String(repeating: " ", count: indent) }
        text += close
    }

    /// Hidden characters are written by number: the value stays the same, and a terminal does not obey it.
    private mutating func quote(_ string: String) {
        text += "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\t": text += "\\t"
            default:
                if Escaping.isHidden(scalar) {
                    for unit in String(scalar).utf16 { text += "\\u" + hexadecimal(unit) }
                } else {
                    text.unicodeScalars.append(scalar)
                }
            }
        }
        text += "\""
    }

    private func hexadecimal(_ unit: UInt16) -> String {
        let digits = String(unit, radix: 16)
        return String(repeating: "0", count: 4 - digits.utf8.count) + digits
    }
}
