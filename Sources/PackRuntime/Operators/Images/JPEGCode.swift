/// A Huffman code of a JPEG file: numbers of words of each length 1 ... 16, then the symbols in the order of their words.
struct JPEGCode {
    private static let quickBits = 9
    /// For the next bits, the symbol · 16 + its length; 0 where the word is longer, or none.
    private var quick = [UInt16](repeating: 0, count: 1 << quickBits)
    /// For each length the word behind the last one, in the upper of 16 bits, and the place of a symbol less its word.
    private var limits = [Int](repeating: 0, count: 17)
    private var places = [Int](repeating: 0, count: 17)
    private var symbols: [UInt8] = []

    var symbolCount: Int { symbols.count }

    init(_ bytes: ImageBytes, at start: Int, isDirect: Bool) throws(ImageError) {
        var word = 0
        var count = 0
        for length in 1...16 {
            let more = try bytes.byte(start + length - 1)
            places[length] = count - word
            for _ in 0..<more {
                guard word < 1 << length, count < 256 else { throw ImageError(.badPrefixCode, at: start) }
                let symbol = try bytes.byte(start + 16 + count)
                guard !isDirect || symbol <= 15 else { throw ImageError(.badTable, at: start + 16 + count) }
                symbols.append(UInt8(symbol))
                if length <= JPEGCode.quickBits {
                    let shift = JPEGCode.quickBits - length
                    for low in 0..<1 << shift { quick[word << shift | low] = UInt16(symbol << 4 | length) }
                }
                word += 1
                count += 1
            }
            limits[length] = word << (16 - length)
            word <<= 1
        }
    }

    /// Reads the symbol of the next word.
    @inline(__always)
    func symbol(_ bits: inout JPEGBits) throws(ImageError) -> Int {
        let next = bits.peek()
        let entry = Int(quick[next >> 7])
        if entry != 0 {
            try bits.skip(entry & 15)
            return entry >> 4
        }
        return try longSymbol(&bits, next)
    }

    @inline(never)
    private func longSymbol(_ bits: inout JPEGBits, _ next: Int) throws(ImageError) -> Int {
        for length in 1...16 where next < limits[length] {
            let place = next >> (16 - length) + places[length]
            guard place >= 0, place < symbols.count else { break }
            try bits.skip(length)
            return Int(symbols[place])
        }
        throw ImageError(.badSymbol, at: bits.position)
    }
}

/// Bits of a scan from the highest of each byte down. A zero that follows 0xFF is left out; anything else there is a marker, which
/// ends the bits.
struct JPEGBits {
    private let bytes: ImageBytes
    private var at: Int
    private var held: UInt64 = 0
    private var count = 0

    init(_ bytes: ImageBytes, at position: Int) {
        self.bytes = bytes
        at = position
    }

    /// The byte that is taken in next: that of a marker, if the bits before it are used up.
    var position: Int { at }

    private mutating func fill() {
        while count <= 48, let byte = bytes.peek(at) {
            if byte == 0xFF {
                guard bytes.peek(at &+ 1) == 0 else { return }
                at &+= 1
            }
            at &+= 1
            held = held << 8 | UInt64(byte)
            count &+= 8
        }
    }

    /// The next 16 bits, zeros behind the end.
    @inline(__always)
    mutating func peek() -> Int {
        if count < 16 { fill() }
        return Int((count >= 16 ? held >> UInt64(count &- 16) : held << UInt64(16 &- count)) & 0xFFFF)
    }

    @inline(__always)
    mutating func skip(_ bits: Int) throws(ImageError) {
        guard bits <= count else { throw ImageError(.endsEarly, at: at) }
        count &-= bits
    }

    /// A number of at most 16 bits.
    @inline(__always)
    mutating func take(_ bits: Int) throws(ImageError) -> Int {
        let value = peek() >> (16 &- bits)
        try skip(bits)
        return value
    }

    /// A number of so many bits, of which the lower half of the range stands for negative ones.
    @inline(__always)
    mutating func takeSigned(_ bits: Int) throws(ImageError) -> Int {
        if bits == 0 { return 0 }
        let value = try take(bits)
        return value < 1 << (bits &- 1) ? value &- 1 << bits &+ 1 : value
    }

    /// Drops what is left before the next marker.
    mutating func finish() {
        count = 0
        while let byte = bytes.peek(at), byte != 0xFF || bytes.peek(at + 1) == 0 { at += 1 }
    }

    /// Goes behind a restart marker.
    mutating func restart(_ number: Int) throws(ImageError) {
        finish()
        while bytes.peek(at) == 0xFF, bytes.peek(at + 1) == 0xFF { at += 1 }
        guard try bytes.byte(at) == 0xFF, try bytes.byte(at + 1) == 0xD0 + number & 7 else {
            throw ImageError(.badMarker, at: at)
        }
        at += 2
    }
}
