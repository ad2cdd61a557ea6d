/// Appends the bytes that base64 text stands for (RFC 4648, section 4; padding may be left out).
///
/// - Returns: false if the text is not base64; what was appended is then of no use.
func decodeBase64(_ text: UnsafeRawBufferPointer, into out: ByteBuffer) -> Bool {
    var end = text.count
    while end > 0, end > text.count - 2, text[end - 1] == 0x3D { end -= 1 }
    guard end % 4 != 1, end == text.count || text.count % 4 == 0 else { return false }
    var bits: UInt32 = 0
    var count = 0
    for index in 0..<end {
        guard let value = base64Value(text[index]) else { return false }
        bits = bits << 6 | value
        count += 6
        if count >= 8 {
            count -= 8
            out.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
        }
    }
    return true
}

private func base64Value(_ byte: UInt8) -> UInt32? {
    switch byte {
    case 0x41...0x5A: UInt32(byte - 0x41)
    case 0x61...0x7A: UInt32(byte - 0x61 + 26)
    case 0x30...0x39: UInt32(byte - 0x30 + 52)
    case 0x2B: 62
    case 0x2F: 63
    default: nil
    }
}
