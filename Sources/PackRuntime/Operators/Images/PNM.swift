/// Netpbm's formats PBM, PGM and PPM, as text (P1, P2, P3) or bytes (P4, P5, P6): https://netpbm.sourceforge.net/doc/.
///
/// Samples of another maximum than 255 are stretched to it, and rounded to the nearest number, halves to even.
struct PNM: ImageFormat {
    let width: Int
    let height: Int
    private let bytes: ImageBytes
    private let isText: Bool
    private let isBitmap: Bool
    private let channels: Int
    private let maximum: Int
    /// Where the samples start.
    private let data: Int

    static func matches(_ bytes: ImageBytes) -> Bool {
        bytes.peek(0) == 0x50 && (bytes.peek(1).map { 0x31...0x36 ~= $0 } ?? false)
    }

    init(_ bytes: ImageBytes) throws(ImageError) {
        self.bytes = bytes
        let kind = try bytes.byte(1) - 0x30
        guard 1...6 ~= kind else { throw ImageError(.unknownFormat, at: 1) }
        isText = kind <= 3
        isBitmap = kind == 1 || kind == 4
        channels = kind == 3 || kind == 6 ? 3 : 1
        var at = 2
        width = try PNM.number(bytes, &at)
        height = try PNM.number(bytes, &at)
        maximum = isBitmap ? 1 : try PNM.number(bytes, &at)
        guard 1...65535 ~= maximum else { throw ImageError(.badHeader, at: at) }
        try checkImageSize(width, height, at: at)
        // One white space ends the header.
        guard PNM.isSpace(try bytes.byte(at)) else { throw ImageError(.badNumber, at: at) }
        data = at + 1
        guard bytes.end - data >= (isText ? width * height * channels : height * rowBytes) else {
            throw ImageError(.sizeBeyondData, at: data)
        }
    }

    private var sampleBytes: Int { maximum > 255 ? 2 : 1 }
    private var rowBytes: Int { isBitmap ? (width + 7) / 8 : width * channels * sampleBytes }

    private static func isSpace(_ byte: Int) -> Bool { byte == 32 || 9...13 ~= byte }

    /// Goes to the next byte that is neither white space nor part of a comment.
    private static func skipSpace(_ bytes: ImageBytes, _ at: inout Int) throws(ImageError) {
        while true {
            let byte = try bytes.byte(at)
            if byte == 0x23 {
                while try bytes.byte(at) != 10, try bytes.byte(at) != 13 { at += 1 }
            } else if !isSpace(byte) {
                return
            }
            at += 1
        }
    }

    /// Reads a number in decimal.
    private static func number(
        _ bytes: ImageBytes, _ at: inout Int, limit: Int = Int(Int32.max)
    ) throws(ImageError) -> Int {
        try skipSpace(bytes, &at)
        let first = at
        var value = 0
        while let byte = bytes.peek(at), 0x30...0x39 ~= byte {
            value = value * 10 + Int(byte - 0x30)
            guard value <= limit else { throw ImageError(.badNumber, at: first) }
            at += 1
        }
        guard at > first else { throw ImageError(.badNumber, at: at) }
        return value
    }

    func decode(into pixels: ImagePixels) throws(ImageError) {
        var at = data
        for y in 0..<height {
            if !isText { at = data + y * rowBytes }
            for x in 0..<width {
                if isBitmap {
                    let bit = isText ? try bit(&at) : try bytes.byte(at + x / 8) >> (7 - x & 7) & 1
                    pixels.set(x, y, gray: bit == 0 ? 255 : 0)
                } else if channels == 1 {
                    pixels.set(x, y, gray: try sample(&at))
                } else {
                    pixels.set(x, y, try sample(&at), try sample(&at), try sample(&at))
                }
            }
        }
    }

    /// Bits as text need no space between them.
    private func bit(_ at: inout Int) throws(ImageError) -> Int {
        try PNM.skipSpace(bytes, &at)
        let value = try bytes.byte(at) - 0x30
        guard value == 0 || value == 1 else { throw ImageError(.badNumber, at: at) }
        at += 1
        return value
    }

    private func sample(_ at: inout Int) throws(ImageError) -> UInt8 {
        var value: Int
        if isText {
            value = try PNM.number(bytes, &at, limit: maximum)
        } else {
            value = sampleBytes == 2 ? try bytes.big16(at) : try bytes.byte(at)
            at += sampleBytes
        }
        if maximum != 255 {
            let exact = Double(value) / Double(maximum) * 255
            let whole = Int(exact)
            let rest = exact - Double(whole)
            value = whole + (rest > 0.5 || rest == 0.5 && whole & 1 == 1 ? 1 : 0)
        }
        return clampedSample(value)
    }
}
