import PackIO

/// A TOML text (version 1.0), every value with the line at which it stands.
///
/// Values are kept in one flat list, so that neither reading nor letting go of a hostile text goes deep.
package struct TOMLDocument: Sendable {
    let storage: TOMLStorage

    /// Bytes that a text may have.
    package static let byteLimit = 64 << 20
    /// Values inside one another, and parts of one key, that are followed.
    static let depthLimit = 64
    /// Values that one text may hold.
    static let valueLimit = 4_000_000

    /// Reads a text.
    /// - Parameter file: The file that it comes from, for errors.
    package init(_ bytes: [UInt8], file: String) throws(DependencyError) {
        guard bytes.count <= Self.byteLimit else {
            throw .form(
                "is too large", file: file, found: "\(bytes.count) bytes", expected: "at most \(Self.byteLimit) bytes")
        }
        try UTF8Text.check(bytes, file: file)
        var reader = TOMLReader(bytes: bytes, file: file)
        try reader.readDocument()
        storage = TOMLStorage(nodes: reader.nodes)
    }

    /// Reads a file.
    package init(file: String) throws(DependencyError) {
        let bytes = try DependencyError.reading { () throws(IOFailure) in
            try FileContents.bytes(of: file, limit: Self.byteLimit)
        }
        try self.init(bytes, file: file)
    }

    /// The table of all.
    package var root: TOMLValue { TOMLValue(storage: storage, index: 0) }
}

final class TOMLStorage: Sendable {
    let nodes: [TOMLNode]

    init(nodes: [TOMLNode]) {
        self.nodes = nodes
    }
}

/// One value of the flat list.
struct TOMLNode: Sendable {
    var kind: TOMLValue.Kind
    var line: Int
    /// The value of a string, or the text of a number, boolean or time.
    var text = ""
    /// Elements of an array, or values of a table in the order of `keys`.
    var children: [Int] = []
    var keys: [String] = []
    var places: [String: Int] = [:]
    var origin = Origin.value

    /// What made a table, and with it, what may still be added.
    enum Origin: Sendable {
        /// A value behind `=`: closed.
        case value
        /// A header that names something inside it.
        case implied
        /// Its own header.
        case header
        /// Dotted keys.
        case dotted
        /// `[[headers]]`, for the array of the tables.
        case repeated
    }
}

/// A value in a TOML text.
package struct TOMLValue: Sendable {
    let storage: TOMLStorage
    let index: Int

    /// The kinds of value.
    package enum Kind: String, Sendable {
        case string = "a string"
        case integer = "an integer"
        case float = "a number"
        case boolean = "a boolean"
        case time = "a time"
        case array = "an array"
        case table = "a table"
    }

    private var node: TOMLNode { storage.nodes[index] }

    /// What it is.
    package var kind: Kind { node.kind }
    /// The line at which it begins, from 1.
    package var line: Int { node.line }
    /// The value of a string; nil for other kinds.
    package var string: String? { kind == .string ? node.text : nil }
    /// The value of an integer; nil for other kinds.
    package var int: Int? { kind == .integer ? Int(node.text) : nil }
    /// The value of a boolean; nil for other kinds.
    package var bool: Bool? { kind == .boolean ? node.text == "true" : nil }

    /// The values of an array, or nothing for other kinds.
    package var elements: [TOMLValue] {
        kind == .array ? node.children.map { TOMLValue(storage: storage, index: $0) } : []
    }

    /// The keys and values of a table in the order of the text, or nothing for other kinds.
    package var members: [(key: String, value: TOMLValue)] {
        guard kind == .table else { return [] }
        let node = node
        return zip(node.keys, node.children).map { ($0, TOMLValue(storage: storage, index: $1)) }
    }

    /// The value of a key of a table.
    package subscript(_ key: String) -> TOMLValue? {
        kind == .table ? node.places[key].map { TOMLValue(storage: storage, index: $0) } : nil
    }

    /// The text of a scalar, for tests and messages.
    package var text: String { node.text }
}

/// Text files.
enum UTF8Text {
    /// Refuses bytes that are not UTF-8, naming the line.
    static func check(_ bytes: [UInt8], file: String) throws(DependencyError) {
        guard String(validating: bytes, as: UTF8.self) == nil else { return }
        var line = 1
        for part in bytes.split(separator: 0x0A, omittingEmptySubsequences: false) {
            if String(validating: part, as: UTF8.self) == nil { break }
            line += 1
        }
        throw .form("is not text", file: file, line: line, found: "bytes that are not UTF-8", expected: "UTF-8")
    }
}
