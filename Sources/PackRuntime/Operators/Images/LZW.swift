/// TIFF's compressions by strings and runs: LZW (TIFF 6.0, section 13) and PackBits (section 9).
enum LZW {
    /// No word of 12 bits stands for as many bytes.
    static let largestRatio = 4096

    /// Unpacks the first so many bytes.
    static func unpack(_ bytes: ImageBytes, count: Int) throws(ImageError) -> [UInt8] {
        guard count / largestRatio <= bytes.count else { throw ImageError(.sizeBeyondData, at: bytes.start) }
        var out = [UInt8](repeating: 0, count: count)
        var written = 0
        // A string is another one and a byte.
        var prefixes = [UInt16](repeating: 0, count: 4096)
        var lasts = [UInt8](repeating: 0, count: 4096)
        var lengths = [UInt16](repeating: 1, count: 4096)
        for index in 0..<256 { lasts[index] = UInt8(index) }
        var (next, width, previous) = (258, 9, -1)
        var (held, bits, at) = (0, 0, bytes.start)
        while written < count {
            while bits < width {
                held = (held << 8 | (try bytes.byte(at))) & 0xFF_FFFF
                at += 1
                bits += 8
            }
            bits -= width
            let code = held >> bits & (1 << width - 1)
            if code == 256 {
                (next, width, previous) = (258, 9, -1)
                continue
            }
            guard code != 257 else { break }
            guard code < 256 || code < next || code == next && previous >= 0, code < 256 || previous >= 0 else {
                throw ImageError(.badSymbol, at: at)
            }
            if previous >= 0, next < 4096 {
                prefixes[next] = UInt16(truncatingIfNeeded: previous)
                lengths[next] = lengths[previous] &+ 1
                lasts[next] = first(code == next ? previous : code, prefixes, lasts)
                next += 1
                // Words grow one string early.
                if next + 1 >= 1 << width, width < 12 { width += 1 }
            }
            guard code < next else { throw ImageError(.badSymbol, at: at) }
            let length = Int(lengths[code])
            var string = code
            for index in stride(from: length - 1, through: 0, by: -1) {
                if written + index < count { out[written + index] = lasts[string] }
                string = Int(prefixes[string])
            }
            written += length
            previous = code
        }
        guard written >= count else { throw ImageError(.tooLittleData, at: at) }
        return out
    }

    private static func first(_ code: Int, _ prefixes: [UInt16], _ lasts: [UInt8]) -> UInt8 {
        var code = code
        while code >= 258 { code = Int(prefixes[code]) }
        return lasts[code]
    }
}

/// Runs of equal bytes, and bytes as they are, each behind a count.
enum PackBits {
    static let largestRatio = 64

    /// Unpacks the first so many bytes.
    static func unpack(_ bytes: ImageBytes, count: Int) throws(ImageError) -> [UInt8] {
        guard count / largestRatio <= bytes.count else { throw ImageError(.sizeBeyondData, at: bytes.start) }
        var out = [UInt8](repeating: 0, count: count)
        var (written, at) = (0, bytes.start)
        while written < count {
            let kind = try bytes.byte(at)
            at += 1
            if kind == 128 { continue }
            let isRun = kind > 128
            for index in 0...(isRun ? 256 - kind : kind) {
                let value = try bytes.byte(isRun ? at : at + index)
                if written < count { out[written] = UInt8(truncatingIfNeeded: value) }
                written += 1
            }
            at += isRun ? 1 : kind + 1
        }
        return out
    }
}
