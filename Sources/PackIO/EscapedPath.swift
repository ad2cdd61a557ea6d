/// Paths whose bytes need not be UTF-8, as text and back.
///
/// A path that is UTF-8 and has no backslash is its own text. In all others each byte that is no part of UTF-8, and each
/// backslash, stands as `\xNN`, so that different paths always have different texts.
public enum EscapedPath {
    /// The text of a path.
    public static func text(_ bytes: UnsafeBufferPointer<UInt8>) -> String {
        var isPlain = true
        for byte in bytes where byte >= 0x80 || byte == UInt8(ascii: "\\") {
            isPlain = false
            break
        }
        return isPlain ? String(decoding: bytes, as: UTF8.self) : escaped(bytes)
    }

    /// The text of a path.
    public static func text(_ bytes: [UInt8]) -> String { bytes.withUnsafeBufferPointer { text($0) } }

    /// Whether a text of a path is the path itself.
    public static func isPlain(_ text: String) -> Bool { !text.utf8.contains(UInt8(ascii: "\\")) }

    /// The path that a text stands for.
    public static func bytes(_ text: String) -> [UInt8] {
        let source = Array(text.utf8)
        guard !isPlain(text) else { return source }
        var result: [UInt8] = []
        var index = 0
        while index < source.count {
            if source[index] == UInt8(ascii: "\\"), index + 3 < source.count, source[index + 1] == UInt8(ascii: "x"),
                let high = digit(source[index + 2]), let low = digit(source[index + 3])
            {
                result.append(high << 4 | low)
                index += 4
            } else {
                result.append(source[index])
                index += 1
            }
        }
        return result
    }

    private static func escaped(_ bytes: UnsafeBufferPointer<UInt8>) -> String {
        var result: [UInt8] = []
        var index = 0
        while index < bytes.count {
            let length = sequenceLength(bytes, index)
            if length == 0 || bytes[index] == UInt8(ascii: "\\") {
                let digits = Array("0123456789ABCDEF".utf8)
                let byte = bytes[index]
                result += [UInt8(ascii: "\\"), UInt8(ascii: "x"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
                index += 1
            } else {
                result += bytes[index..<index + length]
                index += length
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// Bytes of the UTF-8 sequence (RFC 3629) that begins at an index; 0 if none does.
    private static func sequenceLength(_ bytes: UnsafeBufferPointer<UInt8>, _ index: Int) -> Int {
        let first = bytes[index]
        let length: Int
        var second: ClosedRange<UInt8> = 0x80...0xBF
        switch first {
        case 0..<0x80: return 1
        case 0xC2...0xDF: length = 2
        case 0xE0: (length, second) = (3, 0xA0...0xBF)
        case 0xED: (length, second) = (3, 0x80...0x9F)
        case 0xE1...0xEF: length = 3
        case 0xF0: (length, second) = (4, 0x90...0xBF)
        case 0xF1...0xF3: length = 4
        case 0xF4: (length, second) = (4, 0x80...0x8F)
        default: return 0
        }
        guard length <= bytes.count - index, second.contains(bytes[index + 1]) else { return 0 }
        for offset in 2..<max(length, 2) where !(0x80...0xBF).contains(bytes[index + offset]) { return 0 }
        return length
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
