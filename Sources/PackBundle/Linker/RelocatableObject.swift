import Glibc
import PackIO

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
        fileprivate let flags: UInt32
        fileprivate let offset: UInt32
        /// Bytes in memory.
        let size: UInt32
        let alignment: UInt32
        let entrySize: UInt32
        /// Where its relocations lie in the file, 24 bytes each.
        fileprivate(set) var relocations: Range<UInt32> = 0..<0
        /// Its parts.
        fileprivate(set) var parts: Range<Int32> = 0..<0

        /// Where its bytes lie in the file; nothing where it only takes memory.
        var bytes: Range<Int> { Self.isInFile(kind) ? Int(offset)..<Int(offset) + Int(size) : 0..<0 }
        var isLoaded: Bool { flags & 2 != 0 && kind != Self.unused }
        var isWritable: Bool { flags & 1 != 0 }
        var isCode: Bool { flags & 4 != 0 }
        /// Equal entries may be merged, so each entry can be left out alone.
        var isMergeable: Bool { flags & 0x10 != 0 && kind != Self.nobits && entrySize > 0 }
        var holdsTexts: Bool { flags & 0x20 != 0 }
        /// The object asks that it stays, used or not (SHF_GNU_RETAIN).
        var isRetained: Bool { flags & 0x20_0000 != 0 }

        static func isInFile(_ kind: UInt32) -> Bool { kind != nobits && kind != unused }

        static let unused: UInt32 = 0
        static let nobits: UInt32 = 8
    }

    /// What a program has or has not: a whole section, or a single entry of one that holds texts or constants.
    struct Part: Sendable {
        let section: Int32
        /// The first of its bytes in the section.
        let start: UInt32
        let count: UInt32
    }

    struct Symbol: Sendable {
        /// What it is: a place in a section, a plain number, or not defined.
        let section: UInt16
        let isWeak: Bool
        let isSection: Bool
        let value: Int

        static let absolute: UInt16 = 0xfff1
    }

    let file: MappedFile
    let machine: Machine
    let sections: [Section]
    let parts: [Part]
    let symbols: [Symbol]
    /// The places of the symbols that are not local, by name, but for those of Swift's functions.
    let globals: [String: Int]
    /// Sections that belong to every program: `.init` and `.fini`.
    let always: [Int]
    private let names: Range<Int>
    private let symbolTable: Range<Int>

    private static let headerBytes = 64
    private static let symbolBytes = 24
    /// What Swift's mangled names begin with.
    private static let mangled = UInt8(ascii: "$")

    /// - Throws: `.link` where it is no such object, or has what the runtime never needs: constructors, storage of threads.
    init(_ file: MappedFile) throws(BundleError) {
        self = try file.withBytes { bytes throws(BundleError) in try RelocatableObject(file, bytes) }
    }

    private init(_ file: MappedFile, _ bytes: UnsafeRawBufferPointer) throws(BundleError) {
        self.file = file
        guard bytes.count >= Self.headerBytes, bytes.count < 1 << 28,
            bytes.starts(with: [0x7f, 0x45, 0x4c, 0x46, 2, 1]), bytes.number(16, UInt16.self) == 1,
            let machine = Machine(rawValue: bytes.number(18, UInt16.self))
        else { throw .link("the runtime is no relocatable ELF object of a known machine") }
        self.machine = machine
        let table = Int(truncatingIfNeeded: bytes.number(40, UInt64.self))
        let count = Int(bytes.number(60, UInt16.self))
        let headers = try Self.range(table, count * 64, in: bytes)
        var sections: [Section] = []
        sections.reserveCapacity(count)
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
            let section = sections[place]
            sections[target].relocations = section.offset..<section.offset + section.size
        }
        parts = Self.split(&sections, bytes)
        guard let tables, tables.names < count else { throw .link("the runtime has no symbols") }
        (names, symbolTable) = (sections[tables.names].bytes, tables.symbols)
        (symbols, globals) = try Self.symbols(tables.symbols, names, tables.firstGlobal, sections, in: bytes)
        var always: [Int] = []
        for name in ["_init", "_fini"] {
            if let symbol = globals[name], symbols[symbol].section > 0, symbols[symbol].section != Symbol.absolute {
                always.append(Int(symbols[symbol].section))
            }
        }
        self.always = always + sections.indices.filter { sections[$0].isLoaded && sections[$0].isRetained }
        self.sections = sections
    }

    /// The name of a symbol, for errors.
    func name(of symbol: Int) -> String {
        file.withBytes { bytes in
            let entry = symbolTable.lowerBound + symbol * Self.symbolBytes
            guard symbol < symbols.count, let name = Self.name(at: entry, names, in: bytes) else {
                return "number \(symbol)"
            }
            return String(decoding: bytes[name], as: UTF8.self)
        }
    }

    private static func section(_ header: Int, in bytes: UnsafeRawBufferPointer) throws(BundleError) -> Section {
        let kind = bytes.number(header + 4, UInt32.self)
        let offset = Int(truncatingIfNeeded: bytes.number(header + 24, UInt64.self))
        let size = Int(truncatingIfNeeded: bytes.number(header + 32, UInt64.self))
        let alignment = Int(truncatingIfNeeded: bytes.number(header + 48, UInt64.self))
        guard (0..<1 << 30).contains(size), (0...4096).contains(alignment), alignment & (alignment &- 1) == 0 else {
            throw .link("a section of \(size) bytes aligned to \(alignment)")
        }
        let isInFile = Section.isInFile(kind)
        let place = try range(isInFile ? offset : 0, isInFile ? size : 0, in: bytes)
        return Section(
            kind: kind, flags: UInt32(truncatingIfNeeded: bytes.number(header + 8, UInt64.self)),
            offset: UInt32(place.lowerBound), size: UInt32(size), alignment: UInt32(max(alignment, 1)),
            entrySize: UInt32(bytes.number(header + 56, UInt64.self) & 0xffff))
    }

    /// The parts of all sections, in their order.
    private static func split(_ sections: inout [Section], _ bytes: UnsafeRawBufferPointer) -> [Part] {
        var parts: [Part] = []
        parts.reserveCapacity(sections.count)
        for index in sections.indices {
            let section = sections[index]
            let first = Int32(parts.count)
            defer { sections[index].parts = first..<Int32(parts.count) }
            guard section.isLoaded else { continue }
            guard section.isMergeable, section.relocations.isEmpty else {
                parts.append(Part(section: Int32(index), start: 0, count: section.size))
                continue
            }
            var start: UInt32 = 0
            while start < section.size {
                var end = min(start + section.entrySize, section.size)
                if section.holdsTexts, section.entrySize == 1 {
                    while end < section.size, bytes[Int(section.offset + end) - 1] != 0 { end += 1 }
                }
                parts.append(Part(section: Int32(index), start: start, count: end - start))
                start = end
            }
        }
        return parts
    }

    private static func symbols(
        _ table: Range<Int>, _ names: Range<Int>, _ firstGlobal: Int, _ sections: [Section],
        in bytes: UnsafeRawBufferPointer
    ) throws(BundleError) -> ([Symbol], [String: Int]) {
        var symbols: [Symbol] = []
        var globals: [String: Int] = [:]
        symbols.reserveCapacity(table.count / symbolBytes)
        for entry in stride(from: table.lowerBound, to: table.upperBound - symbolBytes + 1, by: symbolBytes) {
            let info = bytes[entry + 4]
            let section = bytes.number(entry + 6, UInt16.self)
            let value = Int(truncatingIfNeeded: bytes.number(entry + 8, UInt64.self))
            guard section == Symbol.absolute || section < sections.count && value >= 0 else {
                throw .link("symbol \(symbols.count) lies in section \(section), expected one of \(sections.count)")
            }
            if symbols.count >= firstGlobal, section != Symbol.absolute {
                guard let name = name(at: entry, names, in: bytes) else {
                    throw .link("symbol \(symbols.count) has no name")
                }
                if !name.isEmpty, bytes[name.lowerBound] != mangled {
                    globals[String(decoding: bytes[name], as: UTF8.self)] = symbols.count
                }
            }
            symbols.append(Symbol(section: section, isWeak: info >> 4 == 2, isSection: info & 15 == 3, value: value))
        }
        return (symbols, globals)
    }

    /// Where the name of a symbol lies, by the place of its entry.
    private static func name(at entry: Int, _ names: Range<Int>, in bytes: UnsafeRawBufferPointer) -> Range<Int>? {
        let name = names.lowerBound + Int(bytes.number(entry, UInt32.self))
        guard name < names.upperBound, let start = bytes.baseAddress.map({ $0 + name }),
            let end = memchr(start, 0, names.upperBound - name)
        else { return nil }
        return name..<name + (UnsafeRawPointer(end) - start)
    }

    private static func range(
        _ offset: Int, _ count: Int, in bytes: UnsafeRawBufferPointer
    ) throws(BundleError) -> Range<Int> {
        guard offset >= 0, count >= 0, offset <= bytes.count, count <= bytes.count - offset else {
            throw .link("\(count) bytes at \(offset) of a runtime of \(bytes.count) bytes")
        }
        return offset..<offset + count
    }
}

extension UnsafeRawBufferPointer {
    /// The little-endian number at a place that the caller has checked.
    func number<Number: FixedWidthInteger>(_ offset: Int, _: Number.Type) -> Number {
        Number(littleEndian: loadUnaligned(fromByteOffset: offset, as: Number.self))
    }
}

extension [UInt8] {
    /// The little-endian number at a place that the caller has checked.
    func number<Number: FixedWidthInteger>(_ offset: Int, _ kind: Number.Type) -> Number {
        withUnsafeBytes { $0.number(offset, kind) }
    }

    /// Writes a little-endian number at a place that the caller has checked.
    mutating func put<Number: FixedWidthInteger>(_ value: Number, at offset: Int) {
        withUnsafeMutableBytes { $0.storeBytes(of: value.littleEndian, toByteOffset: offset, as: Number.self) }
    }
}
