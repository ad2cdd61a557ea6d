/// Deflate within zlib's frame: RFC 1950 and 1951.
enum Inflate {
    /// The most bytes that a byte of data can stand for.
    static let largestRatio = 1032

    private static let lengthBases = [
        3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227,
        258,
    ]
    private static let lengthBits = [
        0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
    ]
    private static let distanceBases = [
        1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097,
        6145,
        8193, 12289, 16385, 24577,
    ]
    private static let distanceBits = [
        0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13,
    ]
    private static let lengthOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]

    /// Unpacks data whose size is known.
    ///
    /// - Parameter isWhole: Whether the data must have this size, and the checksum that it says; else the first so many bytes are
    ///   taken.
    static func unpack(_ bytes: ImageBytes, count: Int, isWhole: Bool = true) throws(ImageError) -> [UInt8] {
        let start = bytes.start
        let header = try bytes.big16(start)
        guard header % 31 == 0, header >> 8 & 15 == 8, header >> 12 <= 7, header & 0x20 == 0 else {
            throw ImageError(.badHeader, at: start)
        }
        guard count / largestRatio <= bytes.count else { throw ImageError(.sizeBeyondData, at: start) }
        var bits = LowBits(bytes)
        bits.go(to: start + 2)
        var out = [UInt8](repeating: 0, count: count)
        var written = 0
        var isLast = false
        while !isLast, isWhole || written < count {
            isLast = try bits.take(1) == 1
            switch try bits.take(2) {
            case 0: try store(bytes, &bits, &out, &written, isWhole)
            case 1:
                let lengths =
                    [UInt8](repeating: 8, count: 144) + [UInt8](repeating: 9, count: 112)
                    + [UInt8](repeating: 7, count: 24) + [UInt8](repeating: 8, count: 8)
                try expand(
                    &bits, try PrefixCode(lengths, at: start),
                    try PrefixCode([UInt8](repeating: 5, count: 32), at: start), &out, &written, isWhole)
            case 2:
                let (lengths, distances) = try codes(&bits)
                try expand(&bits, lengths, distances, &out, &written, isWhole)
            default: throw ImageError(.badSymbol, at: bits.position)
            }
        }
        guard written == count else { throw ImageError(.tooLittleData, at: bits.position) }
        guard isWhole else { return out }
        let end = bits.align()
        guard try bytes.big32(end) == checksum(out) else { throw ImageError(.badChecksum, at: end) }
        return out
    }

    /// Adler-32.
    private static func checksum(_ data: [UInt8]) -> Int {
        var (a, b) = (1, 0)
        var index = 0
        while index < data.count {
            let end = Swift.min(index + 5552, data.count)
            while index < end {
                a &+= Int(data[index])
                b &+= a
                index += 1
            }
            a %= 65521
            b %= 65521
        }
        return b << 16 | a
    }

    private static func store(
        _ bytes: ImageBytes, _ bits: inout LowBits, _ out: inout [UInt8], _ written: inout Int,
        _ isWhole: Bool
    ) throws(ImageError) {
        let at = bits.align()
        let count = try bytes.little16(at)
        guard try bytes.little16(at + 2) == count ^ 0xFFFF else { throw ImageError(.badSymbol, at: at) }
        let room = out.count - written
        guard count <= room || !isWhole else { throw ImageError(.tooMuchData, at: at) }
        for index in 0..<Swift.min(count, room) {
            out[written] = UInt8(truncatingIfNeeded: try bytes.byte(at + 4 + index))
            written += 1
        }
        bits.go(to: at + 4 + count)
    }

    /// Reads the codes of a block: those of literals and lengths, and of distances.
    private static func codes(_ bits: inout LowBits) throws(ImageError) -> (PrefixCode, PrefixCode) {
        let literals = try bits.take(5) + 257
        let distances = try bits.take(5) + 1
        let words = try bits.take(4) + 4
        var lengths = [UInt8](repeating: 0, count: 19)
        for index in 0..<words { lengths[lengthOrder[index]] = UInt8(try bits.take(3)) }
        let code = try PrefixCode(lengths, at: bits.position)
        lengths = [UInt8](repeating: 0, count: literals + distances)
        var index = 0
        while index < lengths.count {
            let symbol = try code.symbol(&bits)
            guard symbol >= 16 else {
                lengths[index] = UInt8(symbol)
                index += 1
                continue
            }
            guard symbol > 16 || index > 0 else { throw ImageError(.badSymbol, at: bits.position) }
            let value = symbol == 16 ? lengths[index - 1] : 0
            let run = try symbol == 16 ? 3 + bits.take(2) : symbol == 17 ? 3 + bits.take(3) : 11 + bits.take(7)
            guard run <= lengths.count - index else { throw ImageError(.badPrefixCode, at: bits.position) }
            for _ in 0..<run {
                lengths[index] = value
                index += 1
            }
        }
        return (
            try PrefixCode(lengths[..<literals], at: bits.position),
            try PrefixCode(lengths[literals...], at: bits.position)
        )
    }

    private static func expand(
        _ bits: inout LowBits, _ literals: PrefixCode, _ distances: PrefixCode, _ out: inout [UInt8],
        _ written: inout Int, _ isWhole: Bool
    ) throws(ImageError) {
        while isWhole || written < out.count {
            let symbol = try literals.symbol(&bits)
            if symbol == 256 { return }
            if symbol < 256 {
                guard written < out.count else { throw ImageError(.tooMuchData, at: bits.position) }
                out[written] = UInt8(truncatingIfNeeded: symbol)
                written &+= 1
                continue
            }
            guard symbol < 286 else { throw ImageError(.badSymbol, at: bits.position) }
            let length = lengthBases[symbol - 257] + (try bits.take(lengthBits[symbol - 257]))
            let kind = try distances.symbol(&bits)
            guard kind < 30 else { throw ImageError(.badSymbol, at: bits.position) }
            let distance = distanceBases[kind] + (try bits.take(distanceBits[kind]))
            guard distance <= written else { throw ImageError(.badDistance, at: bits.position) }
            let room = out.count - written
            guard length <= room || !isWhole else { throw ImageError(.tooMuchData, at: bits.position) }
            for _ in 0..<Swift.min(length, room) {
                out[written] = out[written &- distance]
                written &+= 1
            }
        }
    }
}
