extension TokenizerTable {
    /// Checks the entries of every section, once the sections themselves are known to lie inside the table.
    func checkEntries() throws(TokenizerError) {
        try checkPieces()
        try checkNormalizer()
        try checkTokens(.rawTokens)
        try checkTokens(.normalizedTokens)
        try checkTemplate(.single, texts: 1)
        try checkTemplate(.pair, texts: 2)
        try checkWordRanges()
    }

    private func checkPieces() throws(TokenizerError) {
        let offsets = words(.pieceOffsets)
        guard offsets[0] == 0 else { throw .badEntry(.pieceOffsets, index: 0) }
        for index in 0..<idCount where offsets[index + 1] < offsets[index] {
            throw .badEntry(.pieceOffsets, index: index + 1)
        }
        guard Int(offsets[idCount]) <= count(.pieceBytes) else { throw .badEntry(.pieceOffsets, index: idCount) }
        guard count(.prefix) <= Self.tokenLimit else { throw .badSection(.prefix) }
        let slots = words(.slots)
        let mask: UInt32 = 1 << idBits - 1
        for index in 0..<count(.slots) where Int(slots[index] & mask) > idCount {
            throw .badEntry(.slots, index: index)
        }
    }

    private func checkNormalizer() throws(TokenizerError) {
        let ascii = bytes(.ascii)
        for index in 0..<128 where ascii[index] > Ascii.general {
            throw .badEntry(.ascii, index: index)
        }
        guard count(.values) % 256 == 0 else { throw .badSection(.values) }
        let blocks = halves(.blocks)
        for index in 0..<Self.blockCount where Int(blocks[index]) >= count(.values) / 256 {
            throw .badEntry(.blocks, index: index)
        }
        let values = halves(.values)
        for index in 0..<count(.values) {
            let value = values[index]
            guard
                value <= Value.hangul || value >= Value.firstRecord && Int(value - Value.firstRecord) < count(.records)
            else { throw .badEntry(.values, index: index) }
        }
        let records = words(.records)
        for index in 0..<count(.records) {
            let (first, length) = (Int(records[index] & 0xFF_FFFF), Int(records[index] >> 24))
            guard 1...15 ~= length, first <= count(.units), length <= count(.units) - first else {
                throw .badEntry(.records, index: index)
            }
        }
        let units = words(.units)
        for index in 0..<count(.units) {
            let scalar = units[index] & 0x1F_FFFF
            guard scalar <= 0x10FFFF, !(0xD800...0xDFFF ~= scalar), Class(rawValue: units[index] >> 21 & 7) != nil
            else { throw .badEntry(.units, index: index) }
        }
    }

    private func checkTokens(_ section: Section) throws(TokenizerError) {
        let tokens = words(section)
        let bytes = bytes(.tokenBytes)
        for index in 0..<count(section) {
            let (id, flags) = (tokens[4 * index], tokens[4 * index + 1])
            let (offset, length) = (Int(tokens[4 * index + 2]), Int(tokens[4 * index + 3]))
            guard Int(id) < idCount, flags < 8, 1...Self.tokenLimit ~= length, offset <= count(.tokenBytes),
                length <= count(.tokenBytes) - offset
            else { throw .badEntry(section, index: index) }
            guard index > 0 else { continue }
            let before = UnsafeBufferPointer(
                start: bytes + Int(tokens[4 * index - 2]), count: Int(tokens[4 * index - 1]))
            guard Self.precedes(before, UnsafeBufferPointer(start: bytes + offset, count: length)) else {
                throw .badEntry(section, index: index)
            }
        }
    }

    /// Whether one run of bytes sorts before another and differs from it.
    package static func precedes(_ a: UnsafeBufferPointer<UInt8>, _ b: UnsafeBufferPointer<UInt8>) -> Bool {
        let shared = min(a.count, b.count)
        for index in 0..<shared where a[index] != b[index] {
            return a[index] < b[index]
        }
        return a.count < b.count
    }

    private func checkTemplate(_ section: Section, texts: UInt32) throws(TokenizerError) {
        guard count(section) <= 64 else { throw .badSection(section) }
        let parts = words(section)
        var next: UInt32 = 1
        for index in 0..<count(section) {
            let kind = parts[2 * index] & 0xFF
            guard parts[2 * index] < 1 << 16, kind == 0 || kind == next, Int(parts[2 * index + 1]) < idCount else {
                throw .badEntry(section, index: index)
            }
            if kind != 0 { next += 1 }
        }
        guard next == texts + 1 else { throw .badSection(section) }
    }

    private func checkWordRanges() throws(TokenizerError) {
        let ranges = words(.wordRanges)
        for index in 0..<count(.wordRanges) {
            guard ranges[2 * index] <= ranges[2 * index + 1], ranges[2 * index + 1] <= 0x10FFFF,
                index == 0 || ranges[2 * index - 1] < ranges[2 * index]
            else { throw .badEntry(.wordRanges, index: index) }
        }
    }
}
