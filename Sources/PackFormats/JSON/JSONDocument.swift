/// A JSON text (RFC 8259) that was read strictly: UTF-8 only, no byte order mark, no duplicate keys, nothing behind it.
///
/// Values keep the byte offset at which they stand, for messages. The text is kept once; an entry of 16 bytes stands for
/// each key and value.
public struct JSONDocument: Sendable {
    let storage: JSONStorage

    /// Reads a text.
    public init(_ bytes: [UInt8], limits: JSONLimits = JSONLimits()) throws(JSONFailure) {
        guard bytes.count <= limits.bytes else {
            throw JSONFailure(at: limits.bytes, .tooLong(bytes: bytes.count, limit: limits.bytes))
        }
        var reader = JSONReader(bytes: bytes, depthLimit: limits.depth)
        try reader.readDocument()
        storage = JSONStorage(bytes: bytes, entries: reader.entries)
    }

    /// The value that the text is.
    public var root: JSONValue { JSONValue(storage: storage, index: 0) }
}

/// The text and its entries in the order of the text: an array's or object's entry stands before those of its content,
/// a key before its value.
final class JSONStorage: Sendable {
    let bytes: [UInt8]
    let entries: [JSONEntry]

    init(bytes: [UInt8], entries: [JSONEntry]) {
        self.bytes = bytes
        self.entries = entries
    }
}

/// One key or value.
struct JSONEntry: Sendable {
    /// First byte: of the content for strings, of the token otherwise.
    var start: UInt32
    /// Bytes of the content of a string, or of a number.
    var length: UInt32
    /// Index of the first entry behind this one and all that it contains.
    var next: UInt32
    var kind: JSONValue.Kind
    /// For strings: whether it holds escapes, so that its bytes are not its value.
    var isEscaped = false
}
