/// The parts of an object that a program needs, and where its addresses point.
struct LinkedParts {
    /// Where an address points.
    enum Target {
        /// A byte of a part; what is added to its address.
        case part(Int, offset: Int)
        case number(Int)
        /// A weak symbol that nothing defines.
        case nothing
    }

    let object: RelocatableObject
    /// The bytes of the object's file.
    let bytes: UnsafeRawBufferPointer
    /// Whether each part of the object is needed.
    private(set) var isNeeded: [Bool]
    /// The slots of the table of addresses, by symbol.
    private(set) var tableSlots: [Int: Int] = [:]

    /// For each symbol the one that it stands for, or -1 and less for the values of symbols that the object leaves open.
    private let meaning: [Int32]
    private let values: [Int]
    /// The symbol of the table itself.
    let tableSymbol: Int?

    /// Finds what the entry point and the tied symbols lead to.
    ///
    /// - Parameters:
    ///   - bytes: Those of the object's file.
    ///   - ties: Pairs of a symbol and the one that it stands for.
    ///   - numbers: Symbols with their values.
    init(
        _ object: RelocatableObject, _ bytes: UnsafeRawBufferPointer, entry: Int,
        ties: [(symbol: Int, target: Int)], numbers: [(symbol: Int, value: Int)]
    ) throws(BundleError) {
        (self.object, self.bytes) = (object, bytes)
        isNeeded = Array(repeating: false, count: object.parts.count)
        var meaning = object.symbols.indices.map { Int32($0) }
        for (symbol, target) in ties { meaning[symbol] = Int32(target) }
        for (index, (symbol, _)) in numbers.enumerated() { meaning[symbol] = -1 - Int32(index) }
        self.meaning = meaning
        values = numbers.map(\.value)
        tableSymbol = object.globals["_GLOBAL_OFFSET_TABLE_"]
        var waiting: [Int] = []
        func need(_ part: Int) {
            if isNeeded[part] { return }
            isNeeded[part] = true
            waiting.append(part)
        }
        for section in object.always { object.sections[section].parts.forEach { need(Int($0)) } }
        if case .part(let part, _) = try target(entry, addend: 0, lead: 0) { need(part) }
        while let part = waiting.popLast() {
            let section = object.sections[Int(object.parts[part].section)]
            for place in LinkedParts.places(section) {
                let relocation = try Relocation(bytes, at: place, object.machine)
                guard relocation.offset >= 0, relocation.offset <= Int(section.size) - relocation.width,
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
        stride(from: Int(section.relocations.lowerBound), to: Int(section.relocations.upperBound) - 23, by: 24)
    }

    /// Where a relocation points; that of the table of addresses itself is `nothing`.
    func target(of relocation: Relocation) throws(BundleError) -> Target {
        try target(
            relocation.symbol, addend: relocation.isViaTable ? 0 : relocation.addend,
            lead: relocation.isViaTable ? 0 : relocation.lead)
    }

    /// Where a symbol points, with what is added to it.
    func target(_ symbol: Int, addend: Int, lead: Int) throws(BundleError) -> Target {
        guard symbol < meaning.count else { throw .link("a relocation of symbol \(symbol)") }
        let meant = Int(meaning[symbol])
        if meant < 0 { return .number(values[-1 - meant] &+ addend) }
        let definition = object.symbols[meant]
        if definition.section == RelocatableObject.Symbol.absolute { return .number(definition.value &+ addend) }
        guard definition.section > 0 else {
            if definition.isWeak || symbol == tableSymbol { return .nothing }
            throw .link("nothing defines the symbol \(object.name(of: symbol))")
        }
        let section = object.sections[Int(definition.section)]
        // Only with what is added does the symbol of a whole section say which entry is meant.
        let entry = section.isMergeable && definition.isSection ? definition.value &+ addend &+ lead : definition.value
        guard let part = part(of: section, at: entry) else {
            throw .link("byte \(entry) of a section of \(section.size) bytes")
        }
        return .part(part, offset: definition.value &+ addend &- Int(object.parts[part].start))
    }

    private func part(of section: RelocatableObject.Section, at offset: Int) -> Int? {
        guard offset >= 0, offset <= Int(section.size), !section.parts.isEmpty else { return nil }
        var (low, high) = (Int(section.parts.lowerBound), Int(section.parts.upperBound) - 1)
        while low < high {
            let middle = (low + high + 1) / 2
            if Int(object.parts[middle].start) <= offset { low = middle } else { high = middle - 1 }
        }
        return low
    }
}
