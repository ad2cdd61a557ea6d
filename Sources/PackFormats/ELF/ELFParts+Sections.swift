extension ELFParts {
    /// A section header, gABI figure 4-8.
    private struct Section {
        var name: Int
        var type: UInt32
        var isAllocated: Bool
        var start: Int
        var length: Int
        var link: Int
    }

    /// Bytes of debug sections, and of symbol tables with their names; `nil` without usable section headers.
    mutating func readSections() -> ELFFile.Strippable? {
        guard let table = source.size(source.is64 ? 40 : 32), table > 0 else { return nil }
        let field = source.is64 ? 58 : 46
        guard let step = source.half(field).map(Int.init), let stated = source.half(field + 2).map(Int.init),
            let namesIndex = source.half(field + 4).map(Int.init), step >= (source.is64 ? 64 : 40)
        else { return nil }
        guard let first = section(at: table) else { return beyond(table, stated) }
        // Counts that don't fit in the header stand in the first section (gABI, "ELF header").
        let count = stated == 0 ? first.length : stated
        guard count > 0, count <= (source.count - table) / step else { return beyond(table, count) }
        let index = namesIndex == 0xFFFF ? first.link : namesIndex
        let names =
            index < count ? section(at: table + index * step).flatMap { source.range($0.start, $0.length) } : nil
        var (debug, symbols): ([Range<Int>], [Range<Int>]) = ([], [])
        for index in 0..<count {
            guard let section = section(at: table + index * step), section.type != 8,
                let range = source.range(section.start, section.length), !range.isEmpty
            else { continue }
            if section.isAllocated {
                let isConstant = names.map { name(section.name, in: $0, beginsWith: [".rodata"]) } ?? false
                if isConstant, constants.count < 64 { constants.append(range) }
            } else if section.type == 2 {
                symbols.append(range)
                if section.link < count, let linked = self.section(at: table + section.link * step),
                    linked.type == 3, !linked.isAllocated, section.link != namesIndex,
                    let range = source.range(linked.start, linked.length)
                {
                    symbols.append(range)
                }
            } else if let names, name(section.name, in: names, beginsWith: ELFParts.debugNames) {
                debug.append(range)
            }
        }
        return ELFFile.Strippable(debug: union(debug), symbols: union(symbols))
    }

    private mutating func beyond(_ table: Int, _ count: Int) -> ELFFile.Strippable? {
        problems.append(ELFFailure(.sectionsBeyondFile, at: table, found: "\(count) sections"))
        return nil
    }

    private func section(at offset: Int) -> Section? {
        let is64 = source.is64
        guard source.range(offset, is64 ? 64 : 40) != nil, let name = source.word(offset),
            let type = source.word(offset + 4),
            let flags = source.size(offset + 8), let start = source.size(offset + (is64 ? 24 : 16)),
            let length = source.size(offset + (is64 ? 32 : 20)), let link = source.word(offset + (is64 ? 40 : 24))
        else { return nil }
        return Section(
            name: Int(name), type: type, isAllocated: flags & 2 != 0, start: start, length: length, link: Int(link))
    }

    /// The sections that `strip --strip-debug` removes.
    private static let debugNames = [".debug", ".zdebug", ".gdb_index", ".stab", ".gnu.debuglto_"]

    private func name(_ name: Int, in names: Range<Int>, beginsWith beginnings: [String]) -> Bool {
        guard let start = elfSum(names.lowerBound, name), start < names.upperBound else { return false }
        let text = source.bytes[start..<names.upperBound].prefix(16).prefix { $0 != 0 }
        return beginnings.contains { text.starts(with: $0.utf8) }
    }

    /// Bytes in any of the ranges, each once.
    private func union(_ ranges: [Range<Int>]) -> Int {
        var (sum, end) = (0, 0)
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) where range.upperBound > end {
            sum += range.upperBound - max(range.lowerBound, end)
            end = range.upperBound
        }
        return sum
    }
}
