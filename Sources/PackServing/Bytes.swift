/// Whether bytes are those of a literal.
@inline(never)
func matches(_ bytes: UnsafeRawBufferPointer, _ text: StaticString) -> Bool {
    guard bytes.count == text.utf8CodeUnitCount else { return false }
    for index in 0..<bytes.count where bytes[index] != text.utf8Start[index] { return false }
    return true
}

/// Whether bytes are those of a literal in lower case, ASCII letters in any case.
@inline(never)
func matchesIgnoringCase(_ bytes: UnsafeRawBufferPointer, _ lowercase: StaticString) -> Bool {
    guard bytes.count == lowercase.utf8CodeUnitCount else { return false }
    for index in 0..<bytes.count where lowercased(bytes[index]) != lowercase.utf8Start[index] { return false }
    return true
}

/// Whether two runs of bytes are the same.
@inline(never)
func equal(_ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer) -> Bool {
    guard a.count == b.count else { return false }
    for index in 0..<a.count where a[index] != b[index] { return false }
    return true
}

/// An ASCII capital's small letter; other bytes as they are.
func lowercased(_ byte: UInt8) -> UInt8 {
    byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte
}

/// The value of a decimal text of 1 to 18 digits; nil for anything else.
@inline(never)
func decimal(_ bytes: UnsafeRawBufferPointer) -> Int? {
    guard bytes.count >= 1, bytes.count <= 18 else { return nil }
    var value = 0
    for byte in bytes {
        guard byte >= 0x30, byte <= 0x39 else { return nil }
        value = value * 10 + Int(byte - 0x30)
    }
    return value
}

/// The value of a hexadecimal digit.
func hexadecimal(_ byte: UInt8) -> UInt32? {
    switch byte {
    case 0x30...0x39: UInt32(byte - 0x30)
    case 0x41...0x46: UInt32(byte - 0x41 + 10)
    case 0x61...0x66: UInt32(byte - 0x61 + 10)
    default: nil
    }
}

extension UnsafeRawBufferPointer {
    /// A part; the range is cut to what there is.
    @inline(never)
    func part(_ range: Range<Int>) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: self[range.clamped(to: 0..<count)])
    }
}

/// A copy of bytes, for errors.
@inline(never)
func copied(_ bytes: UnsafeRawBufferPointer, limit: Int = 200) -> [UInt8] {
    [UInt8](bytes.part(0..<limit))
}
