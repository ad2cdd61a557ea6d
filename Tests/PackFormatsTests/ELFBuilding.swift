import PackFormats

/// A shared library in the making, of 64 bits and least significant byte first unless told otherwise: a header, program
/// headers, one loaded segment with names, versions and the dynamic section, and sections behind it.
struct ELFBuilder {
    var machine: UInt16 = 62
    var kind: UInt16 = 3
    var is64 = true
    var isBigEndian = false
    var needed: [String] = ["libm.so.6", "libc.so.6"]
    var soname: String? = "libx.so.1"
    var runpath: String?
    var interpreter: String?
    /// Needed versions by library; a name with `?` behind it is weak.
    var versions: [(String, [String])] = [("libc.so.6", ["GLIBC_2.2.5", "GLIBC_2.28"])]
    /// Flags of PT_GNU_STACK.
    var stack: UInt32? = 6
    var instructionSets: UInt32?
    /// Sections with their names and contents; those beginning with `.symtab` and `.strtab` get these types.
    var sections: [(String, [UInt8])] = []

    private var word: Int { is64 ? 8 : 4 }

    private func integer<Word: FixedWidthInteger>(_ value: Word) -> [UInt8] {
        withUnsafeBytes(of: isBigEndian ? value.bigEndian : value.littleEndian) { Array($0) }
    }

    private func size(_ value: Int) -> [UInt8] {
        is64 ? integer(UInt64(value)) : integer(UInt32(value))
    }

    /// Addresses are offsets and this.
    static let base = 0x10000

    var bytes: [UInt8] {
        var names: [UInt8] = [0]
        func name(_ text: String) -> Int {
            names += Array(text.utf8) + [0]
            return names.count - text.utf8.count - 1
        }
        var dynamic: [(Int, Int)] = needed.map { (1, name($0)) }
        if let soname { dynamic.append((14, name(soname))) }
        if let runpath { dynamic.append((29, name(runpath))) }
        let verneed = versionList(name)
        let headers = is64 ? 64 : 52
        let segmentCount = 2 + (stack == nil ? 0 : 1) + (instructionSets == nil ? 0 : 1) + (interpreter == nil ? 0 : 1)
        var body: [UInt8] = []
        let start = headers + segmentCount * (is64 ? 56 : 32)
        func place(_ bytes: [UInt8]) -> Int {
            while (start + body.count) % 8 != 0 { body.append(0) }
            body += bytes
            return start + body.count - bytes.count
        }
        let namesOffset = place(names)
        let versionsOffset = place(verneed)
        dynamic += [(5, namesOffset + Self.base), (10, names.count)]
        if !versions.isEmpty { dynamic += [(0x6FFF_FFFE, versionsOffset + Self.base), (0x6FFF_FFFF, versions.count)] }
        let table = (dynamic + [(0, 0)]).flatMap { size($0.0) + size($0.1) }
        let dynamicOffset = place(table)
        let interpreterOffset = place(interpreter.map { Array($0.utf8) + [0] } ?? [])
        let note = instructionSets.map { sets in
            integer(UInt32(4)) + integer(UInt32(16)) + integer(UInt32(5)) + Array("GNU\0".utf8)
                + integer(UInt32(0xC000_8002)) + integer(UInt32(4)) + integer(sets) + [0, 0, 0, 0]
        }
        let noteOffset = place(note ?? [])
        let loaded = start + body.count
        var segments =
            segment(1, flags: 5, offset: 0, length: loaded)
            + segment(2, flags: 6, offset: dynamicOffset, length: table.count)
        if let stack { segments += segment(0x6474_E551, flags: stack, offset: 0, length: 0) }
        if let note { segments += segment(0x6474_E553, flags: 4, offset: noteOffset, length: note.count) }
        if let interpreter {
            segments += segment(3, flags: 4, offset: interpreterOffset, length: interpreter.utf8.count + 1)
        }
        let sectionTable = sectionTable(place)
        let tableOffset = sectionTable.isEmpty ? 0 : place(sectionTable)
        return header(segmentCount, tableOffset) + segments + body
    }

    private func versionList(_ name: (String) -> Int) -> [UInt8] {
        versions.enumerated().flatMap { index, need -> [UInt8] in
            let last = index == versions.count - 1
            var bytes = integer(UInt16(1)) + integer(UInt16(need.1.count)) + integer(UInt32(name(need.0)))
            bytes += integer(UInt32(16)) + integer(UInt32(last ? 0 : 16 + 16 * need.1.count))
            for (place, version) in need.1.enumerated() {
                let weak = version.hasSuffix("?")
                bytes += integer(UInt32(0)) + integer(UInt16(weak ? 2 : 0)) + integer(UInt16(2))
                bytes += integer(UInt32(name(weak ? String(version.dropLast()) : version)))
                bytes += integer(UInt32(place == need.1.count - 1 ? 0 : 16))
            }
            return bytes
        }
    }

    private func segment(_ type: UInt32, flags: UInt32, offset: Int, length: Int) -> [UInt8] {
        let address = size(offset + Self.base)
        return is64
            ? integer(type) + integer(flags) + size(offset) + address + address + size(length) + size(length) + size(8)
            : integer(type) + size(offset) + address + address + size(length) + size(length) + integer(flags) + size(8)
    }

    private func sectionTable(_ place: ([UInt8]) -> Int) -> [UInt8] {
        guard !sections.isEmpty else { return [] }
        var names: [UInt8] = [0]
        var table = [UInt8](repeating: 0, count: is64 ? 64 : 40)
        let strings = sections.firstIndex { $0.0 == ".strtab" }.map { $0 + 1 } ?? 0
        func add(_ name: String, _ content: [UInt8]) {
            let type: UInt32 = name == ".symtab" ? 2 : name.contains("strtab") ? 3 : 1
            let nameOffset = names.count
            names += Array(name.utf8) + [0]
            let bytes = name == ".shstrtab" ? names : content
            table += integer(UInt32(nameOffset)) + integer(type) + size(0) + size(0) + size(place(bytes))
            table +=
                size(bytes.count) + integer(UInt32(type == 2 ? strings : 0)) + integer(UInt32(0)) + size(1) + size(0)
        }
        for (name, content) in sections { add(name, content) }
        add(".shstrtab", [])
        return table
    }

    private func header(_ segments: Int, _ sectionTable: Int) -> [UInt8] {
        let sectionCount = sections.isEmpty ? 0 : sections.count + 2
        var bytes: [UInt8] =
            [0x7F, 0x45, 0x4C, 0x46, is64 ? 2 : 1, isBigEndian ? 2 : 1, 1] + [UInt8](repeating: 0, count: 9)
        bytes += integer(kind) + integer(machine) + integer(UInt32(1)) + size(0)
        bytes += size(is64 ? 64 : 52) + size(sectionTable) + integer(UInt32(0)) + integer(UInt16(is64 ? 64 : 52))
        bytes += integer(UInt16(is64 ? 56 : 32)) + integer(UInt16(segments)) + integer(UInt16(is64 ? 64 : 40))
        return bytes + integer(UInt16(sectionCount)) + integer(UInt16(max(0, sectionCount - 1)))
    }

    func read() throws -> ELFFile { try ELFFile.read(bytes) }
}

extension ELFFile {
    static func read(_ bytes: [UInt8]) throws(ELFFailure) -> ELFFile {
        try bytes.withUnsafeBytes { buffer in Result { () throws(ELFFailure) in try ELFFile(buffer) } }.get()
    }
}
