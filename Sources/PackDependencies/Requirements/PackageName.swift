/// Names of packages, extras and dependency groups.
public enum PackageName {
    /// Bytes that a name may have.
    static let lengthLimit = 200

    /// A name as names are compared (PEP 503): lower case, runs of `-`, `_` and `.` as one hyphen.
    public static func normalized(_ name: some StringProtocol) -> String {
        var result: [UInt8] = []
        var separates = false
        for byte in name.utf8 {
            if byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_") || byte == UInt8(ascii: ".") {
                separates = true
                continue
            }
            if separates { result.append(UInt8(ascii: "-")) }
            separates = false
            result.append(ASCII.lower(byte))
        }
        if separates { result.append(UInt8(ascii: "-")) }
        return String(decoding: result, as: UTF8.self)
    }

    /// Whether a text can be a name: letters, digits, `.`, `_`, `-`, with a letter or digit at both ends.
    public static func isValid(_ text: some StringProtocol) -> Bool {
        let bytes = Array(text.utf8.prefix(lengthLimit + 1))
        guard let first = bytes.first, let last = bytes.last, bytes.count <= lengthLimit else { return false }
        return ASCII.isAlphanumeric(first) && ASCII.isAlphanumeric(last) && bytes.allSatisfy(isNameByte)
    }

    static func isNameByte(_ byte: UInt8) -> Bool {
        ASCII.isAlphanumeric(byte) || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
            || byte == UInt8(ascii: ".")
    }

    /// Takes a name from a cursor; hyphens and dots at its end are left.
    static func read(_ cursor: inout ByteCursor) -> String? {
        let start = cursor.position
        var end = start
        guard ASCII.isAlphanumeric(cursor.next) else { return nil }
        for index in start..<cursor.bytes.count {
            guard isNameByte(cursor.bytes[index]) else { break }
            if ASCII.isAlphanumeric(cursor.bytes[index]) { end = index + 1 }
        }
        guard end - start <= lengthLimit else { return nil }
        cursor.position = end
        return cursor.text(start..<end)
    }
}
