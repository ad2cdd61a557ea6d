import PackIO

/// Reads the sections of an ELF64 file (System V ABI, chapter 4); every place in it is checked.
struct ExecutableReader {
    let file: MappedFile
    /// Where each named section lies in the file.
    let sections: [String: Range<Int>]

    /// nil for a file that is no ELF64 file, or whose table of sections is not inside it; other sections that are not are left out.
    init?(_ file: MappedFile) {
        self.file = file
        guard let sections = file.withBytes({ Self.sections(of: $0) }) else { return nil }
        self.sections = sections
    }

    private static func sections(of bytes: UnsafeRawBufferPointer) -> [String: Range<Int>]? {
        guard bytes.count >= 64, bytes.starts(with: [0x7f, 0x45, 0x4c, 0x46, 2, 1]) else { return nil }
        func number<Number: FixedWidthInteger>(_ offset: Int, _: Number.Type) -> Int? {
            Int(exactly: Number(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Number.self)))
        }
        let count = number(60, UInt16.self) ?? 0
        let names = number(62, UInt16.self) ?? 0
        let size = InnerPlan.sectionBytes
        guard count > 0, names < count, let table = number(40, UInt64.self), table <= bytes.count - count * size else {
            return nil
        }
        func place(_ section: Int) -> Range<Int>? {
            let header = table + section * size
            guard let start = number(header + 24, UInt64.self), let length = number(header + 32, UInt64.self),
                start <= bytes.count, length <= bytes.count - start
            else { return nil }
            return start..<start + length
        }
        guard let texts = place(names) else { return nil }
        var sections: [String: Range<Int>] = [:]
        for section in 1..<max(count, 1) {
            guard let name = number(table + section * size, UInt32.self), name < texts.count, let place = place(section)
            else { continue }
            let text = bytes[(texts.lowerBound + name)..<texts.upperBound].prefix { $0 != 0 }
            sections[String(decoding: text, as: UTF8.self)] = place
        }
        return sections
    }
}
