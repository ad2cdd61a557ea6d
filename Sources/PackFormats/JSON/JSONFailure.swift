/// What is wrong with a JSON text, and where.
public struct JSONFailure: Error, Hashable, Sendable {
    /// Byte of the text at which it was seen.
    public let offset: Int
    /// What is wrong.
    public let problem: Problem

    /// The ways in which a text can be wrong.
    public enum Problem: Hashable, Sendable {
        /// The text ends where more had to come.
        case ended
        /// A byte that cannot stand here.
        case unexpected(byte: UInt8, expected: Expectation)
        /// Bytes after the value.
        case trailingBytes
        /// Bytes that are not UTF-8.
        case notUTF8
        /// An escape that JSON does not have, or half of a surrogate pair.
        case badEscape
        /// More values inside one another than the reader follows.
        case tooDeep(limit: Int)
        /// More bytes than the reader takes.
        case tooLong(bytes: Int, limit: Int)
        /// A key that stands twice in one object.
        case duplicateKey(String)
    }

    /// What could have stood at a place.
    public enum Expectation: String, Hashable, Sendable {
        case value = "a value"
        case key = "a key in quotes"
        case colon = "a colon"
        case commaOrEnd = "a comma or the end of the list"
        case digit = "a digit"
        case literal = "true, false or null"
        case stringByte = "no control character in a string"
    }

    init(at offset: Int, _ problem: Problem) {
        self.offset = offset
        self.problem = problem
    }
}

/// What a reader of JSON takes at most.
public struct JSONLimits: Hashable, Sendable {
    /// Bytes of text.
    public var bytes: Int
    /// Values inside one another.
    public var depth: Int

    /// Sets the limits; no text may be longer than 2 GiB.
    public init(bytes: Int = 256 << 20, depth: Int = 64) {
        self.bytes = min(bytes, 1 << 31)
        self.depth = depth
    }
}
