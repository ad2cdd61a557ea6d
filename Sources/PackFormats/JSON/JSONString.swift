/// What escapes in JSON strings stand for.
enum JSONString {
    /// The bytes that a checked string stands for.
    static func unescaped(_ raw: ArraySlice<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(raw.count)
        var index = raw.startIndex
        while index < raw.endIndex {
            guard raw[index] == UInt8(ascii: "\\"), index + 1 < raw.endIndex else {
                result.append(raw[index])
                index += 1
                continue
            }
            if raw[index + 1] == UInt8(ascii: "u"), let (scalar, length) = scalar(raw[index...]) {
                result.append(contentsOf: Array(String(Character(scalar)).utf8))
                index += length
            } else {
                result.append(simple(raw[index + 1]) ?? raw[index + 1])
                index += 2
            }
        }
        return result
    }

    /// The byte that a two-character escape stands for.
    static func simple(_ letter: UInt8) -> UInt8? {
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): letter
        case UInt8(ascii: "b"): 8
        case UInt8(ascii: "f"): 12
        case UInt8(ascii: "n"): 10
        case UInt8(ascii: "r"): 13
        case UInt8(ascii: "t"): 9
        default: nil
        }
    }

    /// The scalar that `\uXXXX`, or two of them, at the start of a slice stand for, and how many bytes they are.
    static func scalar(_ text: ArraySlice<UInt8>) -> (Unicode.Scalar, Int)? {
        guard let first = unit(text) else { return nil }
        if let scalar = Unicode.Scalar(first) { return (scalar, 6) }
        guard first < 0xDC00, let second = unit(text.dropFirst(6)), (0xDC00..<0xE000).contains(second) else {
            return nil
        }
        let value = 0x10000 + (UInt32(first - 0xD800) << 10) + UInt32(second - 0xDC00)
        return Unicode.Scalar(value).map { ($0, 12) }
    }

    private static func unit(_ text: ArraySlice<UInt8>) -> UInt16? {
        let digits = text.prefix(6)
        guard digits.count == 6, digits.starts(with: [UInt8(ascii: "\\"), UInt8(ascii: "u")]) else { return nil }
        var value: UInt16 = 0
        for digit in digits.dropFirst(2) {
            guard let nibble = Character(Unicode.Scalar(digit)).hexDigitValue, digit < 128 else { return nil }
            value = value << 4 | UInt16(nibble)
        }
        return value
    }
}

extension String {
    /// Without a comma, bracket or blank that an excerpt of fixed length may have caught.
    var trimmingComma: String { String(prefix { !",]} \n\r\t".contains($0) }) }
}
