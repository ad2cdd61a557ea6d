/// Reading scalars from bytes that may be any.
///
/// Invalid UTF-8 is read as the Unicode Standard recommends (section 3.9, "U+FFFD substitution of maximal subparts") and as
/// Python's `errors="replace"` does: each longest run of bytes that starts a sequence, or else each single byte, is one U+FFFD.
package enum UTF8Decoding {
    /// The scalar that starts at an offset, which must be inside the text, and the number of its bytes.
    @inlinable @inline(__always)
    package static func scalar(_ text: UnsafePointer<UInt8>, _ at: Int, _ end: Int) -> (scalar: UInt32, length: Int) {
        let lead = text[at]
        if lead < 0x80 { return (UInt32(lead), 1) }
        return multibyte(text, at, end, lead)
    }

    @usableFromInline
    package static func multibyte(
        _ text: UnsafePointer<UInt8>, _ at: Int, _ end: Int, _ lead: UInt8
    ) -> (scalar: UInt32, length: Int) {
        var scalar: UInt32
        let following: Int
        var lowest: UInt8 = 0x80
        var highest: UInt8 = 0xBF
        switch lead {
        case 0xC2...0xDF: (scalar, following) = (UInt32(lead & 0x1F), 1)
        case 0xE0...0xEF:
            (scalar, following) = (UInt32(lead & 0x0F), 2)
            if lead == 0xE0 { lowest = 0xA0 }
            if lead == 0xED { highest = 0x9F }
        case 0xF0...0xF4:
            (scalar, following) = (UInt32(lead & 0x07), 3)
            if lead == 0xF0 { lowest = 0x90 }
            if lead == 0xF4 { highest = 0x8F }
        default: return (0xFFFD, 1)
        }
        for index in 1...following {
            guard at + index < end, lowest...highest ~= text[at + index] else { return (0xFFFD, index) }
            scalar = scalar << 6 | UInt32(text[at + index] & 0x3F)
            (lowest, highest) = (0x80, 0xBF)
        }
        return (scalar, following + 1)
    }

    /// The scalar that ends before an offset greater than `start`, and the number of its bytes.
    package static func scalarBefore(_ text: UnsafePointer<UInt8>, _ at: Int, _ start: Int) -> (
        scalar: UInt32, length: Int
    ) {
        var from = at - 1
        while from > start, at - from < 4, text[from] & 0xC0 == 0x80 { from -= 1 }
        let (found, length) = scalar(text, from, at)
        return from + length == at ? (found, length) : (0xFFFD, 1)
    }

    /// Writes a scalar's bytes and returns their number.
    @inlinable @inline(__always)
    package static func write(_ scalar: UInt32, to bytes: UnsafeMutablePointer<UInt8>) -> Int {
        let last = UInt8(truncatingIfNeeded: scalar & 0x3F | 0x80)
        switch scalar {
        case 0..<0x80:
            bytes[0] = UInt8(truncatingIfNeeded: scalar)
            return 1
        case 0x80..<0x800:
            bytes[0] = UInt8(truncatingIfNeeded: scalar >> 6 | 0xC0)
            bytes[1] = last
            return 2
        case 0x800..<0x10000:
            bytes[0] = UInt8(truncatingIfNeeded: scalar >> 12 | 0xE0)
            bytes[1] = UInt8(truncatingIfNeeded: scalar >> 6 & 0x3F | 0x80)
            bytes[2] = last
            return 3
        default:
            bytes[0] = UInt8(truncatingIfNeeded: scalar >> 18 | 0xF0)
            bytes[1] = UInt8(truncatingIfNeeded: scalar >> 12 & 0x3F | 0x80)
            bytes[2] = UInt8(truncatingIfNeeded: scalar >> 6 & 0x3F | 0x80)
            bytes[3] = last
            return 4
        }
    }

    /// Whether Unicode calls a scalar white space (a set that is stable).
    @inlinable
    package static func isSpace(_ scalar: UInt32) -> Bool {
        switch scalar {
        case 0x09...0x0D, 0x20, 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000: true
        default: false
        }
    }
    /// Whether bytes are UTF-8.
    package static func isValid(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        guard let base = text.baseAddress else { return true }
        var at = 0
        while at < text.count {
            if base[at] < 0x80 {
                at += 1
                continue
            }
            let (scalar, length) = scalar(base, at, text.count)
            // U+FFFD itself has three bytes, as what is cut off may have; only the former starts with these.
            guard scalar != 0xFFFD || length == 3 && base[at] == 0xEF && base[at + 1] == 0xBF && base[at + 2] == 0xBD
            else { return false }
            at += length
        }
        return true
    }
}
