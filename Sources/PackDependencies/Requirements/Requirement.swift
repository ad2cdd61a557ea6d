/// What a package asks for, such as `requests[socks]>=2; python_version < "3.9"` (PEP 508).
public struct Requirement: Hashable, Sendable {
    /// The text as it was written.
    public let text: String
    /// The name as it was written.
    public let name: String
    /// The normalized extras.
    public let extras: [String]
    /// What versions will do.
    public let specifiers: SpecifierSet
    /// Where it is to be had from, if it says so.
    public let url: String?
    /// When it is asked for.
    public let marker: Marker?

    /// Bytes that a requirement may have.
    static let lengthLimit = 64 << 10
    /// Extras that are read.
    static let extraLimit = 256

    /// The name as names are compared.
    public var package: String { PackageName.normalized(name) }

    /// Reads a text; `nil` if it is no requirement.
    public init?(_ text: some StringProtocol) {
        guard text.utf8.count <= Self.lengthLimit else { return nil }
        var reader = RequirementReader(cursor: ByteCursor(text))
        guard let requirement = reader.read(text: ASCII.trimmed(text)) else { return nil }
        self = requirement
    }

    init(text: String, name: String, extras: [String], specifiers: SpecifierSet, url: String?, marker: Marker?) {
        self.text = text
        self.name = name
        self.extras = extras
        self.specifiers = specifiers
        self.url = url
        self.marker = marker
    }

    /// Whether it is asked for in an environment.
    public func applies(in environment: MarkerEnvironment) -> MarkerVerdict { marker?.evaluate(environment) ?? .yes }
}

extension Requirement: CustomStringConvertible {
    /// The text.
    public var description: String { text }
}

/// Reads requirements by the grammar of PEP 508.
struct RequirementReader {
    var cursor: ByteCursor

    mutating func read(text: String) -> Requirement? {
        cursor.skipBlanks()
        guard let name = PackageName.read(&cursor) else { return nil }
        cursor.skipBlanks()
        guard let extras = extras() else { return nil }
        cursor.skipBlanks()
        var url: String?
        var specifiers = SpecifierSet([])
        if cursor.take(UInt8(ascii: "@")) {
            cursor.skipBlanks()
            let bytes = cursor.takeWhile { $0 != 0x20 && $0 != 0x09 }
            guard !bytes.isEmpty else { return nil }
            url = String(decoding: bytes, as: UTF8.self)
        } else {
            guard let read = specifierSet() else { return nil }
            specifiers = read
        }
        cursor.skipBlanks()
        guard let marker = marker() else { return nil }
        return Requirement(text: text, name: name, extras: extras, specifiers: specifiers, url: url, marker: marker)
    }

    /// `[a, b]`, normalized; nothing where there are no brackets.
    private mutating func extras() -> [String]? {
        guard cursor.take(UInt8(ascii: "[")) else { return [] }
        var extras: [String] = []
        cursor.skipBlanks()
        if cursor.take(UInt8(ascii: "]")) { return [] }
        repeat {
            cursor.skipBlanks()
            guard let extra = PackageName.read(&cursor), extras.count < Requirement.extraLimit else { return nil }
            let normalized = PackageName.normalized(extra)
            if !extras.contains(normalized) { extras.append(normalized) }
            cursor.skipBlanks()
        } while cursor.take(UInt8(ascii: ","))
        return cursor.take(UInt8(ascii: "]")) ? extras : nil
    }

    /// Clauses with commas between them, with or without parentheses.
    private mutating func specifierSet() -> SpecifierSet? {
        let isEnclosed = cursor.take(UInt8(ascii: "("))
        var specifiers: [Specifier] = []
        while true {
            cursor.skipBlanks()
            guard let comparison = Specifier.comparison(&cursor) else { break }
            cursor.skipBlanks()
            let bytes = cursor.takeWhile { byte in
                !ASCII.isSpace(byte) && byte != UInt8(ascii: ";") && byte != UInt8(ascii: ")")
                    && byte != UInt8(ascii: ",")
            }
            guard specifiers.count < SpecifierSet.countLimit,
                let specifier = Specifier(comparison, String(decoding: bytes, as: UTF8.self))
            else { return nil }
            specifiers.append(specifier)
            cursor.skipBlanks()
            guard cursor.take(UInt8(ascii: ",")) else { break }
        }
        cursor.skipBlanks()
        if isEnclosed && !cursor.take(UInt8(ascii: ")")) { return nil }
        return SpecifierSet(specifiers)
    }

    /// The outer optional is empty for an error.
    private mutating func marker() -> Marker?? {
        if cursor.isAtEnd { return .some(nil) }
        guard cursor.take(UInt8(ascii: ";")) else { return nil }
        guard let marker = Marker(cursor.text(cursor.position..<cursor.bytes.count)) else { return nil }
        return marker
    }
}
