/// A value in a ``JSONDocument``.
public struct JSONValue: Sendable {
    let storage: JSONStorage
    let index: Int

    /// The kinds of value.
    public enum Kind: UInt8, Sendable {
        case null, bool, number, string, array, object
    }

    private var entry: JSONEntry { storage.entries[index] }

    /// What it is.
    public var kind: Kind { entry.kind }

    /// The byte of the text at which it begins; for a string, behind its quote.
    public var offset: Int { Int(entry.start) }

    /// The bytes of a string, escapes resolved; nil for other kinds.
    public var utf8: [UInt8]? {
        guard kind == .string else { return nil }
        let raw = storage.bytes[rawRange]
        return entry.isEscaped ? JSONString.unescaped(raw) : Array(raw)
    }

    /// The value of a string; nil for other kinds.
    public var string: String? { utf8.map { String(decoding: $0, as: UTF8.self) } }

    /// The value of a boolean; nil for other kinds.
    public var bool: Bool? {
        kind == .bool ? storage.bytes[offset] == UInt8(ascii: "t") : nil
    }

    /// The value of a number written without fraction and exponent, if it is in `Int`'s range; nil otherwise.
    public var int: Int? {
        guard kind == .number else { return nil }
        return Int(String(decoding: storage.bytes[rawRange], as: UTF8.self))
    }

    /// The nearest value of a number, which may be infinite; nil for other kinds.
    public var double: Double? {
        guard kind == .number else { return nil }
        return Double(String(decoding: storage.bytes[rawRange], as: UTF8.self))
    }

    /// The values of an array, or nothing for other kinds.
    public var elements: [JSONValue] {
        guard kind == .array else { return [] }
        var result: [JSONValue] = []
        var child = index + 1
        while child < entry.next {
            result.append(JSONValue(storage: storage, index: child))
            child = Int(storage.entries[child].next)
        }
        return result
    }

    /// Calls a closure with the keys and values of an object in the order of the text; other kinds have none.
    public func forEachMember<Failure: Error>(
        _ body: (_ key: JSONValue, _ value: JSONValue) throws(Failure) -> Void
    ) throws(Failure) {
        guard kind == .object else { return }
        var key = index + 1
        while key < entry.next {
            try body(JSONValue(storage: storage, index: key), JSONValue(storage: storage, index: key + 1))
            key = Int(storage.entries[key + 1].next)
        }
    }

    /// The keys and values of an object in the order of the text, or nothing for other kinds.
    public var members: [(key: String, value: JSONValue)] {
        var result: [(key: String, value: JSONValue)] = []
        forEachMember { key, value in result.append((key.string ?? "", value)) }
        return result
    }

    /// The value of a key of an object.
    public subscript(_ key: String) -> JSONValue? {
        let wanted = Array(key.utf8)
        guard kind == .object else { return nil }
        var candidate = index + 1
        while candidate < entry.next {
            if JSONValue(storage: storage, index: candidate).isString(wanted) {
                return JSONValue(storage: storage, index: candidate + 1)
            }
            candidate = Int(storage.entries[candidate + 1].next)
        }
        return nil
    }

    /// The value in words for a message: a short excerpt of the text.
    public var excerpt: String {
        switch kind {
        case .null: return "null"
        case .array: return "a list"
        case .object: return "an object"
        case .bool, .number:
            return String(
                decoding: storage.bytes[offset...].prefix(kind == .bool ? 5 : min(Int(entry.length), 40)), as: UTF8.self
            )
            .trimmingComma
        case .string:
            let value = string ?? ""
            return "\"" + (value.count > 60 ? value.prefix(60) + "…" : value) + "\""
        }
    }

    private var rawRange: Range<Int> { offset..<offset + Int(entry.length) }

    private func isString(_ wanted: [UInt8]) -> Bool {
        entry.isEscaped ? utf8 == wanted : storage.bytes[rawRange].elementsEqual(wanted)
    }
}
