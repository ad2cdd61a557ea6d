/// The lines of a message's head (RFC 9112), read strictly: lines end in CR LF, no line is folded, names are tokens and have no
/// space before the colon. What differs is refused, so that no two readers of one message can disagree about it.
struct HTTPHeaders {
    /// Why a head is refused.
    enum Fault: Error, Equatable {
        case badLine, badName, badValue
    }

    private let bytes: UnsafeRawBufferPointer
    private var offset = 0

    /// - Parameter bytes: The head with its last empty line.
    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    /// The first line, without its end.
    @inline(never)
    mutating func startLine() throws(Fault) -> UnsafeRawBufferPointer {
        let start = offset
        while offset < bytes.count, bytes[offset] != 0x0D, bytes[offset] != 0x0A { offset += 1 }
        let line = bytes.part(start..<offset)
        try lineEnd()
        return line
    }

    /// The next header; nil at the empty line.
    @inline(never)
    mutating func next() throws(Fault) -> (name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer)? {
        guard offset < bytes.count else { throw .badLine }
        if bytes[offset] == 0x0D {
            try lineEnd()
            return nil
        }
        let start = offset
        while offset < bytes.count, isTokenByte(bytes[offset]) { offset += 1 }
        let name = bytes.part(start..<offset)
        guard name.count > 0, offset < bytes.count, bytes[offset] == 0x3A else { throw .badName }
        offset += 1
        let value = try value()
        try lineEnd()
        return (name, value)
    }

    private mutating func value() throws(Fault) -> UnsafeRawBufferPointer {
        while offset < bytes.count, isSpace(bytes[offset]) { offset += 1 }
        let start = offset
        while offset < bytes.count, bytes[offset] != 0x0D {
            let byte = bytes[offset]
            guard byte >= 0x20 || byte == 0x09, byte != 0x7F else { throw .badValue }
            offset += 1
        }
        var end = offset
        while end > start, isSpace(bytes[end - 1]) { end -= 1 }
        return bytes.part(start..<end)
    }

    private mutating func lineEnd() throws(Fault) {
        guard offset + 1 < bytes.count, bytes[offset] == 0x0D, bytes[offset + 1] == 0x0A else { throw .badLine }
        offset += 2
    }
}

private func isSpace(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x09
}

/// Whether a byte may stand in a header's name or a method (RFC 9110, 5.6.2).
func isTokenByte(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
    case 0x21, 0x23, 0x24, 0x25, 0x26, 0x27, 0x2A, 0x2B, 0x2D, 0x2E, 0x5E, 0x5F, 0x60, 0x7C, 0x7E: true
    default: false
    }
}

/// Whether a comma-separated list has a word, in any case.
func hasWord(_ list: UnsafeRawBufferPointer, _ lowercase: StaticString) -> Bool {
    var start = 0
    for index in 0...list.count where index == list.count || list[index] == 0x2C {
        var word = list.part(start..<index)
        while let first = word.first, isSpace(first) { word = word.part(1..<word.count) }
        while let last = word.last, isSpace(last) { word = word.part(0..<word.count - 1) }
        if matchesIgnoringCase(word, lowercase) { return true }
        start = index + 1
    }
    return false
}

/// The length of the head at the start of bytes, its empty line included; nil if it has not ended yet.
///
/// - Parameter searched: Bytes that were searched before, so that a slow head costs no more than a quick one.
func headLength(_ bytes: UnsafeRawBufferPointer, searched: Int) -> Int? {
    var index = max(searched - 3, 0)
    while index + 3 < bytes.count {
        if bytes[index] == 0x0D, bytes[index + 1] == 0x0A, bytes[index + 2] == 0x0D, bytes[index + 3] == 0x0A {
            return index + 4
        }
        index += 1
    }
    return nil
}
