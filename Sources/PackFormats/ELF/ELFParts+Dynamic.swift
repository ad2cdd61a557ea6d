/// What the dynamic segment says; gABI figure 5-10, and the LSB's DT_VERNEED.
struct ELFDynamic {
    var needed: [String] = []
    var soname: String?
    var rpath: [String] = []
    var runpath: [String] = []
    /// The table of names.
    var names: Range<Int>?
    /// The list of needed versions, to the end of its segment.
    var versions: Range<Int>?
    var versionCount = 0
}

extension ELFParts {
    /// The most entries that are taken of the dynamic segment and of lists of versions.
    static let entryLimit = 65_536

    mutating func readDynamic() -> ELFDynamic {
        guard let dynamic else { return ELFDynamic() }
        var result = ELFDynamic()
        var values: [(tag: Int, value: Int)] = []
        var (table, length): (Int?, Int?)
        let word = source.is64 ? 8 : 4
        var offset = dynamic.lowerBound
        let end = min(dynamic.upperBound, dynamic.lowerBound + 2 * word * ELFParts.entryLimit)
        while offset <= end - 2 * word {
            // Tags above Int's range belong to no entry that is read here.
            let (tag, value) = (source.size(offset), source.size(offset + word))
            offset += 2 * word
            guard let tag, let value else { continue }
            if tag == 0 { break }
            switch tag {
            case 5: table = value
            case 10: length = value
            case 1, 14, 15, 29: values.append((tag, value))
            case 0x6FFF_FFFE: result.versions = range(from: value)
            case 0x6FFF_FFFF: result.versionCount = value
            default: break
            }
        }
        if offset == end, end < dynamic.upperBound {
            problems.append(ELFFailure(.tooManyEntries, at: offset, found: "more than \(ELFParts.entryLimit)"))
        }
        guard let table else { return result }
        guard let rest = range(from: table) else {
            problems.append(ELFFailure(.addressUnmapped, at: dynamic.lowerBound, found: "address \(table)"))
            return result
        }
        result.names = rest.prefix(length ?? rest.count)
        name(values, &result)
        return result
    }

    /// Resolves the names of entries. Folders in paths have `:` between them.
    private mutating func name(_ values: [(tag: Int, value: Int)], _ result: inout ELFDynamic) {
        guard let names = result.names else { return }
        for (tag, value) in values {
            guard let text = text(value, in: names) else { continue }
            switch tag {
            case 1: result.needed.append(text)
            case 14: result.soname = text
            case 15: result.rpath = text.split(separator: ":").map(String.init)
            default: result.runpath = text.split(separator: ":").map(String.init)
            }
        }
    }

    /// The name at an offset into a table; that there is none is a problem of the file.
    mutating func text(_ offset: Int, in names: Range<Int>) -> String? {
        guard let start = elfSum(names.lowerBound, offset), let text = source.text(start, end: names.upperBound) else {
            if problems.count < 16 {
                problems.append(ELFFailure(.textUnended, at: names.lowerBound, found: "offset \(offset)"))
            }
            return nil
        }
        return text
    }

    /// Walks the needed versions: a list of `Verneed` (version, count, file, aux, next), each with a list of `Vernaux`
    /// (hash, flags, other, name, next). Offsets lead forward only, and the steps are limited.
    mutating func readVersions(_ dynamic: ELFDynamic) -> [ELFVersionNeed] {
        guard let names = dynamic.names, let range = dynamic.versions else { return [] }
        var needs: [ELFVersionNeed] = []
        var steps = 0
        var offset = range.lowerBound
        for _ in 0..<min(dynamic.versionCount, ELFParts.entryLimit) {
            guard range.upperBound - offset >= 16, let count = source.half(offset + 2),
                let file = source.word(offset + 4), let first = source.word(offset + 8),
                let next = source.word(offset + 12)
            else { return unended(offset, needs) }
            var need = ELFVersionNeed(library: text(Int(file), in: names) ?? "", names: [], weak: [])
            var entry = offset + Int(first)
            for _ in 0..<Int(count) {
                steps += 1
                guard steps <= ELFParts.entryLimit, range.upperBound - entry >= 16, let flags = source.half(entry + 4),
                    let name = source.word(entry + 8), let following = source.word(entry + 12)
                else { return unended(entry, needs + [need]) }
                if let text = text(Int(name), in: names) {
                    need.names.append(text)
                    if flags & 2 != 0 { need.weak.insert(text) }
                }
                if following == 0 { break }
                entry += Int(following)
            }
            needs.append(need)
            if next == 0 { break }
            offset += Int(next)
        }
        return needs
    }

    private mutating func unended(_ offset: Int, _ needs: [ELFVersionNeed]) -> [ELFVersionNeed] {
        problems.append(ELFFailure(.versionsUnended, at: offset, found: "\(needs.count) libraries"))
        return needs
    }
}
