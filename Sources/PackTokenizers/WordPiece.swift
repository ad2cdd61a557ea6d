/// The model WordPiece: a word becomes the longest pieces that the vocabulary has, from left to right.
///
/// Each piece is looked up by the hashes of the word's prefixes, longest first: a word that the vocabulary holds costs one
/// look-up, any other at most one for each length that a piece can have.
struct WordPiece {
    private let slots: UnsafePointer<UInt32>
    private let offsets: UnsafePointer<UInt32>
    private let pieces: UnsafePointer<UInt8>
    private let prefix: UnsafeBufferPointer<UInt8>
    private let slotMask: UInt32
    private let idMask: UInt32
    private let probes: Int
    private let longest: Int
    private let unknown: Int32
    private let continuationSeed: UInt32

    init(_ table: TokenizerTable) {
        slots = table.words(.slots)
        offsets = table.words(.pieceOffsets)
        pieces = table.bytes(.pieceBytes)
        prefix = UnsafeBufferPointer(start: table.bytes(.prefix), count: table.count(.prefix))
        slotMask = 1 << table.slotBits - 1
        idMask = 1 << table.idBits - 1
        probes = table.probes
        longest = min(table.pieceLimit, 4 * table.wordLimit)
        unknown = Int32(table.unknownID)
        var seed = PieceHash.seed
        for byte in prefix { seed = PieceHash.extended(seed, by: byte) }
        continuationSeed = seed
    }

    /// Elements of scratch memory that `append` needs.
    var scratchCount: Int { longest + 1 }

    /// The id of a whole piece with the given hash, continuation prefix included or not; nil if there is none.
    @inline(__always)
    private func find(_ hash: UInt32, _ bytes: UnsafePointer<UInt8>, _ count: Int, continues: Bool) -> Int32? {
        let mixed = PieceHash.mixed(hash)
        let tag = mixed & ~idMask
        var at = mixed & slotMask
        for _ in 0..<probes {
            let slot = slots[Int(at)]
            if slot == 0 { return nil }
            if slot & ~idMask == tag, matches(Int(slot & idMask) - 1, bytes, count, continues: continues) {
                return Int32(bitPattern: slot & idMask) - 1
            }
            at = (at + 1) & slotMask
        }
        return nil
    }

    private func matches(_ id: Int, _ bytes: UnsafePointer<UInt8>, _ count: Int, continues: Bool) -> Bool {
        guard id >= 0 else { return false }
        var start = Int(offsets[id])
        let length = Int(offsets[id + 1]) - start
        guard length == count + (continues ? prefix.count : 0) else { return false }
        if continues {
            for index in 0..<prefix.count where pieces[start + index] != prefix[index] { return false }
            start += prefix.count
        }
        for index in 0..<count where pieces[start + index] != bytes[index] { return false }
        return true
    }

    /// Appends the ids of a word.
    ///
    /// - Parameters:
    ///   - word: the normalized word, UTF-8, at least one byte, at most the table's longest word.
    ///   - hash: its hash.
    ///   - spans: for each of its bytes, where in the source text its character starts and ends.
    ///   - scratch: room for `scratchCount` hashes.
    ///   - tokens: where the ids go.
    func append(
        _ word: UnsafeBufferPointer<UInt8>, hash: UInt32, spans: UnsafePointer<Span>,
        scratch: UnsafeMutablePointer<UInt32>,
        to tokens: inout TokenList
    ) {
        guard let base = word.baseAddress else { return }
        let whole = Span(start: spans[0].start, end: spans[word.count - 1].end)
        if word.count <= longest, let id = find(hash, base, word.count, continues: false) {
            tokens.append(id, whole)
            return
        }
        let before = tokens.mark
        var start = 0
        while start < word.count {
            guard let (id, count) = longestPiece(base + start, word.count - start, start > 0, scratch) else {
                tokens.rewind(to: before)
                tokens.append(unknown, whole)
                return
            }
            tokens.append(id, Span(start: spans[start].start, end: spans[start + count - 1].end))
            start += count
        }
    }

    /// The longest piece that some bytes start with.
    private func longestPiece(
        _ bytes: UnsafePointer<UInt8>, _ available: Int, _ continues: Bool, _ hashes: UnsafeMutablePointer<UInt32>
    ) -> (id: Int32, count: Int)? {
        let limit = min(available, longest)
        var hash = continues ? continuationSeed : PieceHash.seed
        for index in 0..<limit {
            hash = PieceHash.extended(hash, by: bytes[index])
            hashes[index + 1] = hash
        }
        var count = limit
        while count > 0 {
            let isBoundary = count == available || bytes[count] & 0xC0 != 0x80
            if isBoundary, let id = find(hashes[count], bytes, count, continues: continues) { return (id, count) }
            count -= 1
        }
        return nil
    }
}
