/// A canonical prefix code of at most 15 bits, sent from the highest bit of each word on: RFC 1951, section 3.2.2.
struct PrefixCode {
    private static let maximumLength = 15
    /// At most 9: longer words are rare.
    private let quickBits: Int
    /// For the next bits as they come, the symbol · 32 + its length, and the highest bit; 0 where the word is longer, or none.
    private var quick: [UInt32]
    /// Words of each length.
    private var counts: [Int]
    /// Symbols by length, then by value.
    private var symbols: [UInt16]

    /// - Parameters:
    ///   - lengths: The length of each symbol's word, at most 15; 0 for symbols that do not occur.
    ///   - isEmptyAlone: Whether the word of a symbol that is the only one has no bits; there must be a symbol then.
    ///   - offset: Where the lengths stand in the file.
    init(_ lengths: some Collection<UInt8>, isEmptyAlone: Bool = false, at offset: Int) throws(ImageError) {
        counts = [Int](repeating: 0, count: PrefixCode.maximumLength + 1)
        for length in lengths {
            guard length <= PrefixCode.maximumLength else { throw ImageError(.badPrefixCode, at: offset) }
            counts[Int(length)] += 1
        }
        let used = lengths.count - counts[0]
        counts[0] = 0
        var places = [Int](repeating: 0, count: PrefixCode.maximumLength + 2)
        var codes = [Int](repeating: 0, count: PrefixCode.maximumLength + 2)
        var free = 1
        for length in 1...PrefixCode.maximumLength {
            free = free * 2 - counts[length]
            guard free >= 0 else { throw ImageError(.badPrefixCode, at: offset) }
            places[length + 1] = places[length] + counts[length]
            codes[length + 1] = (codes[length] + counts[length]) << 1
        }
        // Every sequence of bits must be a word, unless there is only one.
        guard free == 0 || used == 1 || used == 0 && !isEmptyAlone else { throw ImageError(.badPrefixCode, at: offset) }
        let longest = counts.lastIndex { $0 > 0 } ?? 0
        quickBits = isEmptyAlone && used == 1 ? 0 : Swift.min(longest, 9)
        symbols = [UInt16](repeating: 0, count: Swift.max(used, 1))
        quick = [UInt32](repeating: 0, count: 1 << quickBits)
        for (symbol, length) in lengths.enumerated() where length > 0 {
            let length = Int(length)
            if quickBits == 0 { quick[0] = 1 << 31 | UInt32(symbol << 5) }
            symbols[places[length]] = UInt16(truncatingIfNeeded: symbol)
            places[length] += 1
            let code = codes[length]
            codes[length] += 1
            guard length <= quickBits else { continue }
            var reversed = 0
            for bit in 0..<length { reversed |= (code >> bit & 1) << (length - 1 - bit) }
            while reversed < quick.count {
                quick[reversed] = 1 << 31 | UInt32(symbol << 5 | length)
                reversed += 1 << length
            }
        }
    }

    /// Reads the symbol of the next word.
    @inline(__always)
    func symbol(_ bits: inout LowBits) throws(ImageError) -> Int {
        let next = bits.peek()
        let entry = quick[Int(next & (1 << UInt64(quickBits) &- 1))]
        if entry != 0 {
            try bits.skip(Int(entry & 31))
            return Int(entry >> 5 & 0xFFFF)
        }
        return try longSymbol(&bits, next)
    }

    @inline(never)
    private func longSymbol(_ bits: inout LowBits, _ next: UInt64) throws(ImageError) -> Int {
        var (code, first, place) = (0, 0, 0)
        for length in 1...PrefixCode.maximumLength {
            code = code << 1 | Int(next >> UInt64(length - 1) & 1)
            if code - first < counts[length] {
                try bits.skip(length)
                return Int(symbols[place + code - first])
            }
            place += counts[length]
            first = (first + counts[length]) << 1
        }
        throw ImageError(.badSymbol, at: bits.position)
    }
}
