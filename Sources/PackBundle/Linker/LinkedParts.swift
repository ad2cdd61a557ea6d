/// The parts of an object that a program needs: whole sections, and single entries of those that hold texts and constants.
struct LinkedParts {
    struct Part {
        let section: Int
        /// Bytes of the section.
        let range: Range<Int>
        var isNeeded = false
    }

    /// Where an address points.
    enum Target {
        /// A byte of a part; what is added to its address.
        case part(Int, offset: Int)
        case number(Int)
        /// A weak symbol that nothing defines.
        case nothing
    }

    let object: RelocatableObject
    private(set) var parts: [Part] = []
    /// The slots of the table of addresses, by symbol.
    private(set) var tableSlots: [Int: Int] = [:]

    /// For each section its parts.
    private var partsOfSection: [Range<Int>] = []
    /// The symbols that stand for others.
    private let ties: [Int: Int]
    /// The values of symbols that the object leaves open.
    private let numbers: [Int: Int]
    /// The symbol of the table itself.
    let tableSymbol: Int?

    /// Finds what the entry point and the tied symbols lead to.
    ///
    /// - Parameters:
    ///   - ties: Symbols by those that they stand for.
    ///   - numbers: Values by the symbols that have them.
    init(
        _ object: RelocatableObject, entry: Int, ties: [Int: Int], numbers: [Int: Int] = [:]
    ) throws(BundleError) {
        self.object = object
        (self.ties, self.numbers) = (ties, numbers)
        tableSymbol = object.globals["_GLOBAL_OFFSET_TABLE_"]
        for section in object.sections.indices { split(section) }
        var waiting: [Int] = []
        func need(_ part: Int) {
            if parts[part].isNeeded { return }
            parts[part].isNeeded = true
            waiting.append(part)
        }
        for section in object.always { partsOfSection[section].forEach(need) }
        if case .part(let part, _) = try target(entry, addend: 0, lead: 0) { need(part) }
        while let part = waiting.popLast() {
            let section = object.sections[parts[part].section]
            for place in LinkedParts.places(section) {
                let relocation = try Relocation(object.bytes, at: place, object.machine)
                guard relocation.offset >= 0, relocation.offset <= section.size - relocation.width,
                    section.kind != RelocatableObject.Section.nobits
                else { throw .link("a relocation at \(relocation.offset) of a section of \(section.size) bytes") }
                if relocation.isViaTable, tableSlots[relocation.symbol] == nil {
                    tableSlots[relocation.symbol] = tableSlots.count
                }
                if case .part(let needed, _) = try target(of: relocation) { need(needed) }
            }
        }
    }

    /// Where the relocations of a section lie in the object.
    static func places(_ section: RelocatableObject.Section) -> StrideTo<Int> {
        stride(from: section.relocations.lowerBound, to: section.relocations.upperBound - 23, by: 24)
    }

    /// Where a relocation points; that of the table of addresses itself is `nothing`.
    func target(of relocation: Relocation) throws(BundleError) -> Target {
        try target(
            relocation.symbol, addend: relocation.isViaTable ? 0 : relocation.addend,
            lead: relocation.isViaTable ? 0 : relocation.lead)
    }

    /// Where a symbol points, with what is added to it.
    func target(_ symbol: Int, addend: Int, lead: Int) throws(BundleError) -> Target {
        guard symbol < object.symbols.count else { throw .link("a relocation of symbol \(symbol)") }
        if let number = numbers[symbol] { return .number(number &+ addend) }
        let definition = object.symbols[ties[symbol] ?? symbol]
        if definition.section == RelocatableObject.Symbol.absolute { return .number(definition.value &+ addend) }
        guard definition.section > 0 else {
            if definition.isWeak || symbol == tableSymbol { return .nothing }
            let name = object.globals.first { $0.value == symbol }?.key ?? "number \(symbol)"
            throw .link("nothing defines the symbol \(name)")
        }
        let section = object.sections[definition.section]
        // Only with what is added does the symbol of a whole section say which entry is meant.
        let entry = section.isMergeable && definition.isSection ? definition.value &+ addend &+ lead : definition.value
        guard let part = part(of: definition.section, at: entry) else {
            throw .link("byte \(entry) of a section of \(section.size) bytes")
        }
        return .part(part, offset: definition.value &+ addend &- parts[part].range.lowerBound)
    }

    private func part(of section: Int, at offset: Int) -> Int? {
        let candidates = partsOfSection[section]
        guard let last = candidates.last, offset >= 0, offset <= parts[last].range.upperBound else { return nil }
        var (low, high) = (candidates.lowerBound, last)
        while low < high {
            let middle = (low + high + 1) / 2
            if parts[middle].range.lowerBound <= offset { low = middle } else { high = middle - 1 }
        }
        return low
    }

    private mutating func split(_ place: Int) {
        let section = object.sections[place]
        let first = parts.count
        defer { partsOfSection.append(first..<parts.count) }
        guard section.isLoaded else { return }
        guard section.isMergeable, section.relocations.isEmpty else {
            return parts.append(Part(section: place, range: 0..<section.size))
        }
        var start = 0
        while start < section.size {
            var end = min(start + section.entrySize, section.size)
            if section.holdsTexts, section.entrySize == 1 {
                while end < section.size, object.bytes[section.bytes.lowerBound + end - 1] != 0 { end += 1 }
            }
            parts.append(Part(section: place, range: start..<end))
            start = end
        }
    }
}
