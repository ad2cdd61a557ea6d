/// A header of a tar; see ``TarIndex``.
struct TarHeader {
    private(set) var name: [UInt8]
    private(set) var link: [UInt8]
    private(set) var size: Int
    let kind: UInt8

    /// Reads the 512 bytes at a position; nil if their sum is wrong or the size is no number.
    init?(_ bytes: UnsafeRawBufferPointer, at position: Int) {
        let header = UnsafeRawBufferPointer(rebasing: bytes[position..<position + 512])
        var sum = 0
        for index in 0..<512 { sum += (148..<156).contains(index) ? 0x20 : Int(header[index]) }
        guard Self.number(header[148..<156]) == sum, let size = Self.number(header[124..<136]) else { return nil }
        self.size = size
        kind = header[156]
        name = Self.text(header[0..<100])
        link = Self.text(header[157..<257])
        // GNU's older form has a blank behind the magic, and other fields in place of the prefix.
        if header[257..<263].elementsEqual(Array("ustar".utf8) + [0]), header[345] != 0 {
            name = Self.text(header[345..<500]) + [UInt8(ascii: "/")] + name
        }
    }

    /// Whether it only says more about the next header.
    var isExtension: Bool { "xgLK".utf8.contains(kind) }

    /// What extensions say about the next header.
    struct Extension {
        var name: [UInt8]?
        var link: [UInt8]?
        var size: Int?

        /// Reads the contents of an extension. Global pax records do not name files.
        mutating func take(_ kind: UInt8, _ contents: Slice<UnsafeRawBufferPointer>) {
            switch kind {
            case UInt8(ascii: "L"): name = Array(contents.prefix { $0 != 0 })
            case UInt8(ascii: "K"): link = Array(contents.prefix { $0 != 0 })
            case UInt8(ascii: "x"): takeRecords(contents)
            default: break
            }
        }

        /// Records `LENGTH KEY=VALUE\n`, the length counting all of it.
        private mutating func takeRecords(_ contents: Slice<UnsafeRawBufferPointer>) {
            var rest = contents
            while let space = rest.firstIndex(of: 0x20),
                let length = Int(String(decoding: rest[..<space].prefix(9), as: UTF8.self)),
                length > space - rest.startIndex + 1, length <= rest.count
            {
                let record = rest[(space + 1)..<(rest.startIndex + length - 1)]
                rest = rest[(rest.startIndex + length)...]
                guard let equals = record.firstIndex(of: UInt8(ascii: "=")) else { continue }
                let value = Array(record[(equals + 1)...])
                switch String(decoding: record[..<equals], as: UTF8.self) {
                case "path": name = value
                case "linkpath": link = value
                case "size": size = Int(String(decoding: value, as: UTF8.self)).flatMap { $0 < 0 ? nil : $0 }
                default: break
                }
            }
        }
    }

    /// Takes what extensions said, and leaves nothing for the next header.
    mutating func extend(_ other: inout Extension) {
        name = other.name ?? name
        link = other.link ?? link
        size = other.size ?? size
        // Links and folders have no contents, whatever their size says.
        if !["0", "\0", "7"].contains(Character(Unicode.Scalar(kind))) { size = 0 }
        other = Extension()
    }

    private static func text(_ field: Slice<UnsafeRawBufferPointer>) -> [UInt8] { Array(field.prefix { $0 != 0 }) }

    /// A number in octal digits, or in GNU's binary form.
    private static func number(_ field: Slice<UnsafeRawBufferPointer>) -> Int? {
        guard let first = field.first else { return nil }
        if first & 0x80 != 0 {
            guard first == 0x80, field.dropFirst().dropLast(7).allSatisfy({ $0 == 0 }) else { return nil }
            return field.suffix(7).reduce(0) { $0 << 8 | Int($1) }
        }
        var value = 0
        for byte in field.drop(while: { $0 == 0x20 }) {
            guard byte != 0, byte != 0x20 else { break }
            guard (0x30...0x37).contains(byte) else { return nil }
            value = value << 3 | Int(byte - 0x30)
        }
        return value
    }
}
