/// Why bytes are not the JSON that was wanted, and where.
public struct JSONError: Error, Equatable {
    /// Kinds of fault.
    public enum Kind: UInt8, Sendable {
        /// The text ends within a value.
        case truncated
        /// A byte that cannot stand here.
        case unexpectedByte
        /// A backslash followed by something else than JSON knows.
        case badEscape
        /// A control character within a string.
        case controlCharacter
        /// A number that is not written as JSON has it, or longer than 500 digits.
        case badNumber
        /// More than 64 levels of arrays and objects.
        case tooDeep
        /// Something follows the value.
        case trailingBytes
        /// Valid JSON, but another type of value is wanted here.
        case wrongType
        /// No memory for a string.
        case outOfMemory
    }

    /// What is wrong.
    public var kind: Kind
    /// Bytes before the fault.
    public var offset: Int

    /// Describes a fault.
    public init(_ kind: Kind, _ offset: Int) {
        self.kind = kind
        self.offset = offset
    }
}
