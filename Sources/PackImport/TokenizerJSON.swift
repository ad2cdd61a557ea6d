/// A JSON value whose strings are bytes.
///
/// A vocabulary holds strings that differ in bytes yet are equal to Swift (`é` composed and decomposed), so neither `String` nor
/// a dictionary of them can carry it.
enum TokenizerJSON {
    case null
    case bool(Bool)
    /// A number as it is written.
    case number([UInt8])
    case string([UInt8])
    case array([TokenizerJSON])
    /// Members in the order of the file.
    case object([(key: [UInt8], value: TokenizerJSON)])

    /// Nesting that is read; files of tokenizers have about six.
    static let depthLimit = 64
    /// Values that are read: a vocabulary of the largest size, and some. It bounds the memory that a small file can ask for.
    static let valueLimit = 6 << 20

    /// Reads one value that fills a file.
    /// - Throws: `TokenizerImportError.malformed` with the offset of the first byte that does not fit.
    static func parse(_ bytes: [UInt8], file: String) throws(TokenizerImportError) -> TokenizerJSON {
        var parser = TokenizerJSONParser(bytes: bytes, file: file)
        guard String(validating: bytes, as: UTF8.self) != nil else {
            throw .malformed(
                file: file, offset: validCount(bytes), found: "bytes that are not UTF-8", expected: "UTF-8")
        }
        parser.skipSpace()
        let value = try parser.value(depth: 0)
        parser.skipSpace()
        guard parser.position == bytes.count else { throw parser.error("the end of the file") }
        return value
    }
}

/// The offset of the first byte that is not UTF-8.
func validCount(_ bytes: [UInt8]) -> Int {
    var (parser, iterator, offset) = (Unicode.UTF8.ForwardParser(), bytes.makeIterator(), 0)
    while case .valid(let scalar) = parser.parseScalar(from: &iterator) { offset += scalar.count }
    return offset
}

/// A parser after RFC 8259. Recursion is bounded by the depth limit.
struct TokenizerJSONParser {
    let bytes: [UInt8]
    let file: String
    var position = 0
    private var valueCount = 0

    init(bytes: [UInt8], file: String) {
        self.bytes = bytes
        self.file = file
    }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    func error(_ expected: String) -> TokenizerImportError {
        let found =
            switch next {
            case nil: "the end of the file"
            case .some(let byte) where 0x20..<0x7F ~= byte: "\(Unicode.Scalar(byte))"
            case .some(let byte): "byte 0x" + String(byte, radix: 16)
            }
        return .malformed(file: file, offset: position, found: found, expected: expected)
    }

    mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    mutating func value(depth: Int) throws(TokenizerImportError) -> TokenizerJSON {
        guard depth < TokenizerJSON.depthLimit else { throw error("nesting of at most \(TokenizerJSON.depthLimit)") }
        guard valueCount < TokenizerJSON.valueLimit else { throw error("at most \(TokenizerJSON.valueLimit) values") }
        valueCount += 1
        switch next {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try literal("true", .bool(true))
        case UInt8(ascii: "f"): return try literal("false", .bool(false))
        case UInt8(ascii: "n"): return try literal("null", .null)
        default: return .number(try number())
        }
    }

    private mutating func literal(
        _ text: StaticString, _ value: TokenizerJSON
    ) throws(TokenizerImportError) -> TokenizerJSON {
        for offset in 0..<text.utf8CodeUnitCount { try expect(text.utf8Start[offset]) }
        return value
    }

    private mutating func expect(_ byte: UInt8) throws(TokenizerImportError) {
        guard next == byte else { throw error("\(Unicode.Scalar(byte))") }
        position += 1
    }

    private mutating func accepts(_ byte: UInt8) -> Bool {
        guard next == byte else { return false }
        position += 1
        return true
    }

    private mutating func array(depth: Int) throws(TokenizerImportError) -> TokenizerJSON {
        position += 1
        var elements: [TokenizerJSON] = []
        skipSpace()
        if accepts(UInt8(ascii: "]")) { return .array(elements) }
        while true {
            skipSpace()
            elements.append(try value(depth: depth + 1))
            skipSpace()
            if accepts(UInt8(ascii: "]")) { return .array(elements) }
            try expect(UInt8(ascii: ","))
        }
    }

    private mutating func object(depth: Int) throws(TokenizerImportError) -> TokenizerJSON {
        position += 1
        var members: [(key: [UInt8], value: TokenizerJSON)] = []
        skipSpace()
        if accepts(UInt8(ascii: "}")) { return .object(members) }
        while true {
            skipSpace()
            let key = try string()
            skipSpace()
            try expect(UInt8(ascii: ":"))
            skipSpace()
            members.append((key, try value(depth: depth + 1)))
            skipSpace()
            if accepts(UInt8(ascii: "}")) { return .object(members) }
            try expect(UInt8(ascii: ","))
        }
    }

    private mutating func number() throws(TokenizerImportError) -> [UInt8] {
        let start = position
        _ = accepts(UInt8(ascii: "-"))
        if !accepts(UInt8(ascii: "0")) { try digits() }
        if accepts(UInt8(ascii: ".")) { try digits() }
        if accepts(UInt8(ascii: "e")) || accepts(UInt8(ascii: "E")) {
            if !accepts(UInt8(ascii: "-")) { _ = accepts(UInt8(ascii: "+")) }
            try digits()
        }
        return Array(bytes[start..<position])
    }

    private mutating func digits() throws(TokenizerImportError) {
        let start = position
        while let byte = next, 0x30...0x39 ~= byte { position += 1 }
        guard position > start else { throw error(start == 0 || position == start ? "a value" : "a digit") }
    }

    private mutating func string() throws(TokenizerImportError) -> [UInt8] {
        try expect(UInt8(ascii: "\""))
        var result: [UInt8] = []
        while let byte = next {
            switch byte {
            case UInt8(ascii: "\""):
                position += 1
                return result
            case UInt8(ascii: "\\"):
                position += 1
                try escape(into: &result)
            case 0..<0x20: throw error("an escape for a control character")
            default:
                result.append(byte)
                position += 1
            }
        }
        throw error("the end of a string")
    }

    private mutating func escape(into result: inout [UInt8]) throws(TokenizerImportError) {
        guard let byte = next else { throw error("an escape") }
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): result.append(byte)
        case UInt8(ascii: "b"): result.append(0x08)
        case UInt8(ascii: "f"): result.append(0x0C)
        case UInt8(ascii: "n"): result.append(0x0A)
        case UInt8(ascii: "r"): result.append(0x0D)
        case UInt8(ascii: "t"): result.append(0x09)
        case UInt8(ascii: "u"):
            position += 1
            return result.append(contentsOf: Array(String(try escapedScalar()).utf8))
        default: throw error("an escape")
        }
        position += 1
    }

    private mutating func escapedScalar() throws(TokenizerImportError) -> Unicode.Scalar {
        let first = try escapedUnit()
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard first < 0xDC00 else { throw error("the first of two surrogates") }
        try expect(UInt8(ascii: "\\"))
        try expect(UInt8(ascii: "u"))
        let second = try escapedUnit()
        guard 0xDC00...0xDFFF ~= second,
            let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
        else { throw error("the second of two surrogates") }
        return scalar
    }

    private mutating func escapedUnit() throws(TokenizerImportError) -> UInt32 {
        var unit: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw error("a hexadecimal digit")
            }
            unit = unit << 4 | UInt32(digit)
            position += 1
        }
        return unit
    }
}
