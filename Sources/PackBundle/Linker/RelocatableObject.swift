/// A relocatable ELF object (ELF64, little endian; System V ABI, chapter 4), every place in it checked when it is read.
struct RelocatableObject: Sendable {
    enum Machine: UInt16 {
        case x86_64 = 62
        case arm64 = 183

        /// The largest page of the machine, in bytes.
        var page: Int { self == .x86_64 ? 0x1000 : 0x10000 }
    }

    struct Section: Sendable {
        let kind: UInt32
        let flags: UInt64
        /// Where its bytes lie in the file; nothing where it only takes memory.
        let bytes: Range<Int>
        /// Bytes in memory.
        let size: Int
        let alignment: Int
        let entrySize: Int
        /// Where its relocations lie in the file, 24 bytes each.
        var relocations = 0..<0

        var isLoaded: Bool { flags & 2 != 0 && kind != Self.unused }
        var isWritable: Bool { flags & 1 != 0 }
        var isCode: Bool { flags & 4 != 0 }
        /// Equal entries may be merged, so each entry can be left out alone.
        var isMergeable: Bool { flags & 0x10 != 0 && kind != Self.nobits && entrySize > 0 }
        var holdsTexts: Bool { flags & 0x20 != 0 }
        /// The object asks that it stays, used or not (SHF_GNU_RETAIN).
        var isRetained: Bool { flags & 0x20_0000 != 0 }

        static let unused: UInt32 = 0
        static let nobits: UInt32 = 8
    }

    struct Symbol: Sendable {
        /// 0 where it is not defined, `absolute` for a plain number.
        let section: Int
        let value: Int
        let isWeak: Bool
        let isSection: Bool

        static let absolute = 0xfff1
    }

    let bytes: [UInt8]
    let machine: Machine
    private(set) var sections: [Section] = []
    let symbols: [Symbol]
    /// The places of the symbols that are not local, by name.
    let globals: [String: Int]
    /// Sections that belong to every program: `.init` and `.fini`.
    private(set) var always: [Int] = []

    private static let headerBytes = 64
    private static let symbolBytes = 24
    private static let relocationBytes = 24

    /// - Throws: `.link` where it is no such object, or has what the runtime never needs: constructors, storage of threads.
    init(_ bytes: [UInt8]) throws(BundleError) {
        self.bytes = bytes
        guard bytes.count >= Self.headerBytes, bytes.starts(with: [0x7f, 0x45, 0x4c, 0x46, 2, 1]),
            bytes.number(16, UInt16.self) == 1, let machine = Machine(rawValue: bytes.number(18, UInt16.self))
        else { throw .link("the runtime is no relocatable ELF object of a known machine") }
        self.machine = machine
        let table = Int(truncatingIfNeeded: bytes.number(40, UInt64.self))
        let count = Int(bytes.number(60, UInt16.self))
        let headers = try Self.range(table, count * 64, in: bytes)
        var tables: (symbols: Range<Int>, names: Int, firstGlobal: Int)?
        for place in 0..<count {
            let header = headers.lowerBound + place * 64
            let section = try Self.section(header, in: bytes)
            sections.append(section)
            switch section.kind {
            case 2:
                let (names, first) = (bytes.number(header + 40, UInt32.self), bytes.number(header + 44, UInt32.self))
                tables = (section.bytes, Int(names), Int(first))
            case 14, 15, 16: throw .link("the runtime has constructors, which are not supported")
            default: if section.flags & 0x400 != 0 { throw .link("the runtime has storage of threads") }
            }
        }
        for place in 0..<count where sections[place].kind == 4 {
            let target = Int(bytes.number(headers.lowerBound + place * 64 + 44, UInt32.self))
            guard target < count else { throw .link("relocations of section \(target), expected one of \(count)") }
            sections[target].relocations = sections[place].bytes
        }
        guard let tables, tables.names < count else { throw .link("the runtime has no symbols") }
        let names = sections[tables.names].bytes
        (symbols, globals) = try Self.symbols(tables.symbols, names, tables.firstGlobal, sections, in: bytes)
        for name in ["_init", "_fini"] {
            if let symbol = globals[name], symbols[symbol].section > 0 { always.append(symbols[symbol].section) }
        }
        always += sections.indices.filter { sections[$0].isLoaded && sections[$0].isRetained }
    }

    private static func section(_ header: Int, in bytes: [UInt8]) throws(BundleError) -> Section {
        let kind = bytes.number(header + 4, UInt32.self)
        let offset = Int(truncatingIfNeeded: bytes.number(header + 24, UInt64.self))
        let size = Int(truncatingIfNeeded: bytes.number(header + 32, UInt64.self))
        let alignment = Int(truncatingIfNeeded: bytes.number(header + 48, UInt64.self))
        guard (0..<1 << 30).contains(size), (0...4096).contains(alignment), alignment & (alignment &- 1) == 0 else {
            throw .link("a section of \(size) bytes aligned to \(alignment)")
        }
        return Section(
            kind: kind, flags: bytes.number(header + 8, UInt64.self),
            bytes: try range(offset, kind == Section.nobits || kind == Section.unused ? 0 : size, in: bytes),
            size: size,
            alignment: max(alignment, 1),
            entrySize: Int(truncatingIfNeeded: bytes.number(header + 56, UInt64.self) & 0xffff))
    }

    private static func symbols(
        _ table: Range<Int>, _ names: Range<Int>, _ firstGlobal: Int, _ sections: [Section], in bytes: [UInt8]
    ) throws(BundleError) -> ([Symbol], [String: Int]) {
        var symbols: [Symbol] = []
        var globals: [String: Int] = [:]
        symbols.reserveCapacity(table.count / symbolBytes)
        for entry in stride(from: table.lowerBound, to: table.upperBound - symbolBytes + 1, by: symbolBytes) {
            let info = bytes[entry + 4]
            let section = Int(bytes.number(entry + 6, UInt16.self))
            let value = Int(truncatingIfNeeded: bytes.number(entry + 8, UInt64.self))
            guard section == Symbol.absolute || section < sections.count && value >= 0 else {
                throw .link("symbol \(symbols.count) lies in section \(section), expected one of \(sections.count)")
            }
            if symbols.count >= firstGlobal, section != Symbol.absolute {
                let name = names.lowerBound + Int(bytes.number(entry, UInt32.self))
                guard name < names.upperBound, let end = bytes[name..<names.upperBound].firstIndex(of: 0) else {
                    throw .link("symbol \(symbols.count) has no name")
                }
                globals[String(decoding: bytes[name..<end], as: UTF8.self)] = symbols.count
            }
            symbols.append(Symbol(section: section, value: value, isWeak: info >> 4 == 2, isSection: info & 15 == 3))
        }
        return (symbols, globals)
    }

    private static func range(_ offset: Int, _ count: Int, in bytes: [UInt8]) throws(BundleError) -> Range<Int> {
        guard offset >= 0, count >= 0, offset <= bytes.count, count <= bytes.count - offset else {
            throw .link("\(count) bytes at \(offset) of a runtime of \(bytes.count) bytes")
        }
        return offset..<offset + count
    }
}

extension [UInt8] {
    /// The little-endian number at a place that the caller has checked.
    func number<Number: FixedWidthInteger>(_ offset: Int, _: Number.Type) -> Number {
        withUnsafeBytes { Number(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: Number.self)) }
    }

    /// Writes a little-endian number at a place that the caller has checked.
    mutating func put<Number: FixedWidthInteger>(_ value: Number, at offset: Int) {
        withUnsafeMutableBytes { $0.storeBytes(of: value.littleEndian, toByteOffset: offset, as: Number.self) }
    }
}
