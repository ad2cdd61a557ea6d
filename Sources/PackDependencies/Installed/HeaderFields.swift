/// The header of a message as METADATA, PKG-INFO and WHEEL have it ("Core metadata specifications", which follow RFC
/// 822):
/// `Name: value` lines up to the first empty one, lines that begin with a blank continue the one before.
package struct HeaderFields: Sendable {
    /// The fields in order, names in lower case.
    package private(set) var fields: [(name: String, value: String)] = []
    /// Whether there was more than is read.
    package private(set) var isCut = false

    /// The most bytes of a header that are read.
    package static let byteLimit = 1 << 20
    /// The most fields that are kept, and the most bytes of one.
    private static let (fieldLimit, valueLimit) = (20_000, 65_536)

    /// Reads the fields that are wanted, by their names in lower case.
    package init(_ bytes: some RandomAccessCollection<UInt8>, wanted: Set<String>) {
        var text = bytes.prefix(HeaderFields.byteLimit)
        isCut = bytes.count > text.count
        var isKept = false
        while !text.isEmpty {
            var line = text.prefix { $0 != 0x0A }
            text = text.dropFirst(line.count + 1)
            if line.last == 0x0D { line = line.dropLast() }
            guard let first = line.first else {
                isCut = false
                return
            }
            if first == 0x20 || first == 0x09 {
                if isKept { append(String(decoding: line, as: UTF8.self)) }
                continue
            }
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { continue }
            let name = String(
                decoding: line[..<colon].map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }, as: UTF8.self)
            isKept = wanted.contains(name)
            guard isKept else { continue }
            guard fields.count < HeaderFields.fieldLimit else {
                isCut = true
                return
            }
            let value = line[line.index(after: colon)...].drop { $0 == 0x20 || $0 == 0x09 }
            fields.append((name, String(decoding: value.prefix(HeaderFields.valueLimit), as: UTF8.self)))
        }
    }

    private mutating func append(_ line: String) {
        let index = fields.count - 1
        guard fields[index].value.utf8.count + line.utf8.count < HeaderFields.valueLimit else { return }
        fields[index].value += "\n" + line
    }

    /// The first value of a field that is not empty.
    package func first(_ name: String) -> String? {
        fields.first { $0.name == name && !$0.value.isEmpty }?.value
    }

    /// All values of a field.
    package func all(_ name: String) -> [String] {
        fields.lazy.filter { $0.name == name }.map(\.value)
    }
}
