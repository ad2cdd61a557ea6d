import PackTokenizers

extension TokenizerDefinition {
    /// The tokenizer as the table that `Tokenizer` reads; `TokenizerTable` describes it. The same definition gives the same bytes.
    public func encodedTable() -> [UInt8] {
        typealias Section = TokenizerTable.Section
        var normalizer = TokenizerNormalizerTable(normalizer)
        normalizer.make()
        let (slots, slotBits, probes) = slots()
        let raw = sortedTokens(normalized: false, normalizer)
        let cooked = sortedTokens(normalized: true, normalizer)
        var offsets: [UInt32] = [0]
        for piece in pieces { offsets.append((offsets.last ?? 0) + UInt32(piece.count)) }

        var writer = TokenizerTableWriter()
        writer.add(.ascii, normalizer.ascii)
        writer.add(.prefix, continuationPrefix)
        writer.add(.pieceOffsets, offsets)
        writer.add(.pieceBytes, pieces.flatMap { $0 })
        writer.add(.slots, slots)
        writer.add(.blocks, normalizer.blocks)
        writer.add(.values, normalizer.values)
        writer.add(.records, normalizer.records)
        writer.add(.units, normalizer.units)
        let tokenBytes = (raw + cooked).flatMap { $0.content }
        writer.add(.rawTokens, records(raw, from: 0), elements: 4)
        writer.add(.normalizedTokens, records(cooked, from: raw.reduce(0) { $0 + $1.content.count }), elements: 4)
        writer.add(.tokenBytes, tokenBytes)
        writer.add(.single, single.flatMap(\.words), elements: 2)
        writer.add(.pair, pair.flatMap(\.words), elements: 2)
        let needsWords = addedTokens.contains { $0.isSingleWord }
        let words = needsWords ? TokenizerScalars.shared.word.flatMap { [$0.lowerBound, $0.upperBound] } : []
        writer.add(.wordRanges, words, elements: 2)
        return writer.finished(header: [
            truncatesStart ? 1 : 0, UInt32(pieces.count), UInt32(unknownID), UInt32(padID),
            UInt32(truncationMaximum ?? 0),
            UInt32(wordLimit), UInt32(longestPiece), slotBits, UInt32(probes),
        ])
    }

    private var longestPiece: Int { min(4 * wordLimit, max(1, model.keys.map(\.count).max() ?? 1)) }

    /// The hash slots: at most half of them taken, more if a search would have to look at too many.
    private func slots() -> (slots: [UInt32], bits: UInt32, probes: Int) {
        let entries = model.map { (id: $1, hash: PieceHash.mixed($0.reduce(PieceHash.seed, PieceHash.extended))) }
            .sorted { $0.id < $1.id }
        let idBits = UInt32(UInt32.bitWidth - UInt32(pieces.count).leadingZeroBitCount)
        var bits: UInt32 = 1
        while 1 << bits < 2 * entries.count { bits += 1 }
        while true {
            let mask = 1 << bits - 1
            var slots = [UInt32](repeating: 0, count: mask + 1)
            var probes = 1
            for (id, hash) in entries {
                var at = Int(hash) & mask
                var distance = 1
                while slots[at] != 0 {
                    at = (at + 1) & mask
                    distance += 1
                }
                slots[at] = hash & ~(1 << idBits - 1) | UInt32(id + 1)
                probes = max(probes, distance)
            }
            if probes <= TokenizerTable.probeLimit || bits == 24 { return (slots, bits, probes + 1) }
            bits += 1
        }
    }

    /// The added tokens of one of the two sets by what is looked for, sorted.
    func sortedTokens(normalized: Bool, _ table: TokenizerNormalizerTable) -> [AddedToken] {
        var tokens = addedTokens.filter { $0.isNormalized == normalized }
        if normalized {
            for index in tokens.indices { tokens[index].content = table.normalized(tokens[index].content) }
        }
        return tokens.sorted { $0.content.lexicographicallyPrecedes($1.content) }
    }

    private func records(_ tokens: [AddedToken], from start: Int) -> [UInt32] {
        var offset = start
        return tokens.flatMap { token -> [UInt32] in
            defer { offset += token.content.count }
            let flags: UInt32 =
                (token.isSingleWord ? 1 : 0) | (token.stripsLeft ? 2 : 0) | (token.stripsRight ? 4 : 0)
            return [UInt32(token.id), flags, UInt32(offset), UInt32(token.content.count)]
        }
    }
}

extension TokenizerDefinition.Part {
    fileprivate var words: [UInt32] {
        switch self {
        case .token(let id, let type): [UInt32(type) << 8, UInt32(id)]
        case .text(let index, let type): [UInt32(index + 1) | UInt32(type) << 8, 0]
        }
    }
}

/// Puts the sections of a tokenizer table behind each other.
private struct TokenizerTableWriter {
    private var directory: [UInt32] = []
    private var body: [UInt8] = []

    mutating func add<Number: FixedWidthInteger>(
        _ section: TokenizerTable.Section, _ numbers: [Number], elements: Int = 1
    ) {
        precondition(section.rawValue == directory.count / 2)  // a mistake of this file, not of its input
        while body.count % 64 != 0 { body.append(0) }
        directory += [UInt32(body.count), UInt32(numbers.count / elements)]
        for number in numbers { withUnsafeBytes(of: number.littleEndian) { body.append(contentsOf: $0) } }
    }

    func finished(header numbers: [UInt32]) -> [UInt8] {
        let start = (TokenizerTable.headerBytes + 63) / 64 * 64
        var header = [TokenizerTable.magic, UInt32(TokenizerTable.version) | UInt32(TokenizerTable.wordPiece) << 16]
        header += [UInt32(start + body.count)] + numbers
        for index in directory.indices { header.append(directory[index] + (index % 2 == 0 ? UInt32(start) : 0)) }
        var bytes = header.flatMap { number in withUnsafeBytes(of: number.littleEndian) { Array($0) } }
        bytes += [UInt8](repeating: 0, count: start - bytes.count)
        return bytes + body
    }
}
