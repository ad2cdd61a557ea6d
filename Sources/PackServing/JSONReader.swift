/// Reads JSON (RFC 8259) from bytes, a value at a time, and allocates nothing of its own.
///
/// Bytes of 0x80 and above are passed on as they are: what invalid UTF-8 means is the tokenizer's business. An escaped
/// surrogate without its partner becomes U+FFFD. Arrays and objects may be nested 64 deep.
public struct JSONReader {
    /// The deepest nesting that is read.
    public static let maximumDepth = 64

    let bytes: UnsafeRawBufferPointer
    /// Bytes read so far.
    public internal(set) var offset = 0
    private var depth = 0

    /// The type of a value, told by its first byte.
    public enum Kind: UInt8, Sendable {
        /// `{…}`
        case object
        /// `[…]`
        case array
        /// `"…"`
        case string
        /// A number.
        case number
        /// `true` or `false`
        case boolean
        /// `null`
        case null

        /// The name in errors.
        var name: StaticText {
            switch self {
            case .object: StaticText("an object")
            case .array: StaticText("an array")
            case .string: StaticText("a string")
            case .number: StaticText("a number")
            case .boolean: StaticText("true or false")
            case .null: StaticText("null")
            }
        }
    }

    /// Starts at an offset; the bytes must stay until reading is over.
    public init(_ bytes: UnsafeRawBufferPointer, at offset: Int = 0) {
        self.bytes = bytes
        self.offset = offset
    }

    // MARK: What comes next

    /// The next byte that is not white space, not consumed.
    @inline(never)
    mutating func peek() throws(RequestError) -> UInt8 {
        while offset < bytes.count {
            let byte = bytes[offset]
            guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return byte }
            offset += 1
        }
        throw RequestError(.truncated, offset: offset)
    }

    /// The type of the next value.
    @inline(never)
    public mutating func kind() throws(RequestError) -> Kind {
        switch try peek() {
        case 0x7B: return .object
        case 0x5B: return .array
        case 0x22: return .string
        case 0x2D, 0x30...0x39: return .number
        case 0x74, 0x66: return .boolean
        case 0x6E: return .null
        default: throw RequestError(.unexpectedByte, offset: offset)
        }
    }

    /// Refuses a value of another type.
    @inline(never)
    public mutating func expect(_ wanted: Kind) throws(RequestError) {
        guard try kind() == wanted else { throw RequestError(.wrongType, detail: wanted.name, offset: offset) }
    }

    /// Refuses anything but white space up to the end.
    @inline(never)
    public mutating func finish() throws(RequestError) {
        while offset < bytes.count {
            let byte = bytes[offset]
            guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else {
                throw RequestError(.trailingBytes, offset: offset)
            }
            offset += 1
        }
    }

    // MARK: Arrays and objects

    /// Enters an object; read its members with `nextMember`.
    @inline(never)
    public mutating func enterObject() throws(RequestError) {
        try expect(.object)
        try enter()
    }

    /// Enters an array; read its elements with `nextElement`.
    @inline(never)
    public mutating func enterArray() throws(RequestError) {
        try expect(.array)
        try enter()
    }

    private mutating func enter() throws(RequestError) {
        guard depth < JSONReader.maximumDepth else { throw RequestError(.tooDeep, offset: offset) }
        depth += 1
        offset += 1
    }

    /// Moves to the next element of the array that was entered last; false at its end, which is consumed.
    ///
    /// - Parameter isFirst: true before the first call; it is set to false.
    @inline(never)
    public mutating func nextElement(_ isFirst: inout Bool) throws(RequestError) -> Bool {
        try next(&isFirst, closing: 0x5D)
    }

    /// Moves to the value of the next member of the object that was entered last; false at its end, which is consumed.
    ///
    /// - Parameters:
    ///   - isFirst: true before the first call; it is set to false.
    ///   - name: Gets the member's name, in place of what it held.
    @inline(never)
    public mutating func nextMember(_ isFirst: inout Bool, name: ByteBuffer) throws(RequestError) -> Bool {
        guard try next(&isFirst, closing: 0x7D) else { return false }
        guard try peek() == 0x22 else { throw RequestError(.unexpectedByte, offset: offset) }
        name.clear()
        try readString(into: name)
        guard try peek() == 0x3A else { throw RequestError(.unexpectedByte, offset: offset) }
        offset += 1
        return true
    }

    @inline(never)
    private mutating func next(_ isFirst: inout Bool, closing: UInt8) throws(RequestError) -> Bool {
        let byte = try peek()
        if byte == closing {
            offset += 1
            depth -= 1
            isFirst = false
            return false
        }
        if !isFirst {
            guard byte == 0x2C else { throw RequestError(.unexpectedByte, offset: offset) }
            offset += 1
            guard try peek() != closing else { throw RequestError(.unexpectedByte, offset: offset) }
        }
        isFirst = false
        return true
    }

    /// Skips the next value, whatever it is, and checks it on the way.
    @inline(never)
    public mutating func skipValue(_ scratch: ByteBuffer) throws(RequestError) {
        let outer = depth
        var objects: UInt64 = 0
        var isFirst = false
        repeat {
            if depth > outer {
                let isObject = objects & 1 == 1
                guard try isObject ? nextMember(&isFirst, name: scratch) : nextElement(&isFirst) else {
                    objects >>= 1
                    continue
                }
            }
            switch try kind() {
            case .object, .array:
                objects = objects << 1 | (bytes[offset] == 0x7B ? 1 : 0)
                try enter()
                isFirst = true
            case .string:
                scratch.clear()
                try readString(into: scratch)
            case .number: _ = try readNumber()
            case .boolean: _ = try readBoolean()
            case .null: try readNull()
            }
        } while depth > outer
    }

    // MARK: Words

    /// Reads `true` or `false`.
    @inline(never)
    public mutating func readBoolean() throws(RequestError) -> Bool {
        try expect(.boolean)
        let value = bytes[offset] == 0x74
        if value { try read("true") } else { try read("false") }
        return value
    }

    /// Reads `null`.
    public mutating func readNull() throws(RequestError) {
        try expect(.null)
        try read("null")
    }

    private mutating func read(_ word: StaticString) throws(RequestError) {
        for index in 0..<word.utf8CodeUnitCount {
            guard offset < bytes.count else { throw RequestError(.truncated, offset: offset) }
            guard bytes[offset] == word.utf8Start[index] else { throw RequestError(.unexpectedByte, offset: offset) }
            offset += 1
        }
    }
}
