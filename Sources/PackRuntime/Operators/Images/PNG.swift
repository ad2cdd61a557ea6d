/// Portable Network Graphics: all colour types and depths, interlaced or not: https://www.w3.org/TR/png/.
///
/// A signature of 8 bytes, then chunks: length u32, type of four letters, data, and a checksum of type and data. Of samples of
/// 16 bits the upper 8 are taken.
struct PNG: ImageFormat {
    private enum Color: Int {
        case gray = 0
        case rgb = 2
        case palette = 3
        case grayAlpha = 4
        case rgbAlpha = 6

        var channels: Int {
            switch self {
            case .gray, .palette: 1
            case .grayAlpha: 2
            case .rgb: 3
            case .rgbAlpha: 4
            }
        }

        func takes(_ depth: Int) -> Bool {
            switch self {
            case .gray: [1, 2, 4, 8, 16].contains(depth)
            case .palette: [1, 2, 4, 8].contains(depth)
            default: depth == 8 || depth == 16
            }
        }
    }

    /// A part of the pixels that stand in the file together: every pixel, or one of the seven of an interlaced image.
    private struct Pass {
        let first: (x: Int, y: Int)
        let step: (x: Int, y: Int)

        static let whole = [Pass(first: (0, 0), step: (1, 1))]
        static let interlaced = [
            Pass(first: (0, 0), step: (8, 8)), Pass(first: (4, 0), step: (8, 8)), Pass(first: (0, 4), step: (4, 8)),
            Pass(first: (2, 0), step: (4, 4)), Pass(first: (0, 2), step: (2, 4)), Pass(first: (1, 0), step: (2, 2)),
            Pass(first: (0, 1), step: (1, 2)),
        ]

        func width(of image: PNG) -> Int { (image.width - first.x + step.x - 1) / step.x }
        func height(of image: PNG) -> Int { (image.height - first.y + step.y - 1) / step.y }
    }

    let width: Int
    let height: Int
    private let bytes: ImageBytes
    private let depth: Int
    private let color: Color
    private let passes: [Pass]

    static func matches(_ bytes: ImageBytes) -> Bool {
        bytes.peek(0) == 0x89 && bytes.holds("PNG\r\n", at: 1) && bytes.holds("\u{1A}\n", at: 6)
    }

    init(_ bytes: ImageBytes) throws(ImageError) {
        self.bytes = bytes
        guard bytes.holds("IHDR", at: 12), try bytes.big32(8) == 13 else { throw ImageError(.missingPart, at: 8) }
        try PNG.checkSum(bytes, at: 8, count: 13)
        width = try bytes.big32(16)
        height = try bytes.big32(20)
        try checkImageSize(width, height, at: 16)
        depth = try bytes.byte(24)
        guard let color = Color(rawValue: try bytes.byte(25)) else { throw ImageError(.badHeader, at: 25) }
        guard color.takes(depth) else { throw ImageError(.unsupportedDepth, at: 24) }
        self.color = color
        guard try bytes.byte(26) == 0, try bytes.byte(27) == 0 else { throw ImageError(.badHeader, at: 26) }
        let interlace = try bytes.byte(28)
        guard interlace <= 1 else { throw ImageError(.badHeader, at: 28) }
        passes = interlace == 1 ? Pass.interlaced : Pass.whole
        guard dataCount / Inflate.largestRatio <= bytes.count else { throw ImageError(.sizeBeyondData, at: 16) }
    }

    private var pixelBits: Int { depth * color.channels }

    private func rowBytes(_ pass: Pass) -> Int { (pass.width(of: self) * pixelBits + 7) / 8 }

    /// Bytes of all rows, each behind the kind of its filter.
    private var dataCount: Int {
        var sum = 0
        for pass in passes where pass.width(of: self) > 0 { sum += pass.height(of: self) * (1 + rowBytes(pass)) }
        return sum
    }

    func decode(into pixels: ImagePixels) throws(ImageError) {
        let (data, palette) = try collect()
        var rows = try data.unpacked(count: dataCount)
        var at = 0
        for pass in passes where pass.width(of: self) > 0 {
            let count = rowBytes(pass)
            for row in 0..<pass.height(of: self) {
                try restore(&rows, at, count, isFirst: row == 0, data.start)
                put(rows, at + 1, pass, row, palette, pixels)
                at += count + 1
            }
        }
    }

    // MARK: Chunks

    /// The parts of the packed data, which chunks may cut anywhere.
    private struct Data {
        var start = 0
        var joined: [UInt8] = []

        func unpacked(count: Int) throws(ImageError) -> [UInt8] {
            var result: [UInt8] = []
            var failure: ImageError?
            joined.withUnsafeBufferPointer { bytes in
                do throws(ImageError) {
                    result = try Inflate.unpack(ImageBytes(bytes, start: start), count: count)
                } catch {
                    failure = error
                }
            }
            if let failure { throw failure }
            return result
        }
    }

    private func collect() throws(ImageError) -> (Data, ImagePalette) {
        var data = Data()
        var palette = ImagePalette()
        var at = 33
        while !bytes.holds("IEND", at: at + 4) {
            let count = try bytes.big32(at)
            guard count <= bytes.end - at - 8 else { throw ImageError(.badOffset, at: at) }
            let first = at + 8
            let isData = bytes.holds("IDAT", at: at + 4)
            if isData {
                try PNG.checkSum(bytes, at: at, count: count)
                if data.joined.isEmpty { data.start = first }
                for index in 0..<count { data.joined.append(UInt8(truncatingIfNeeded: try bytes.byte(first + index))) }
            } else if bytes.holds("PLTE", at: at + 4) {
                try PNG.checkSum(bytes, at: at, count: count)
                guard count % 3 == 0, count <= 768 else { throw ImageError(.badTable, at: at) }
                for index in 0..<count / 3 {
                    let place = first + index * 3
                    palette.append(try bytes.byte(place), try bytes.byte(place + 1), try bytes.byte(place + 2))
                }
            } else if try bytes.byte(at + 4) & 0x20 == 0 {
                // An unknown chunk in capitals changes what the others mean.
                throw ImageError(.unsupportedKind, at: at + 4)
            }
            // What comes behind the data is of no use.
            if !isData, !data.joined.isEmpty { break }
            at = first + count + 4
        }
        guard !data.joined.isEmpty else { throw ImageError(.missingPart, at: at) }
        guard color != .palette || palette.count > 0 else { throw ImageError(.missingPart, at: 25) }
        return (data, palette)
    }

    /// Checks the CRC-32 of a chunk.
    private static func checkSum(_ bytes: ImageBytes, at start: Int, count: Int) throws(ImageError) {
        var crc: UInt32 = 0xFFFF_FFFF
        for at in start + 4..<start + 8 + count {
            var value = (crc ^ UInt32(try bytes.byte(at))) & 0xFF
            for _ in 0..<8 { value = value & 1 == 0 ? value >> 1 : value >> 1 ^ 0xEDB8_8320 }
            crc = crc >> 8 ^ value
        }
        let place = start + 8 + count
        guard try bytes.big32(place) == Int(~crc) else { throw ImageError(.badChecksum, at: place) }
    }

    // MARK: Rows

    /// Undoes the filter of a row: adds what was foretold from the pixels to the left, above, and above to the left.
    private func restore(
        _ rows: inout [UInt8], _ start: Int, _ count: Int, isFirst: Bool, _ offset: Int
    ) throws(ImageError) {
        let back = Swift.max(pixelBits / 8, 1)
        let filter = rows[start]
        guard filter <= 4 else { throw ImageError(.badFilter, at: offset) }
        if filter == 0 { return }
        for index in 0..<count {
            let at = start &+ 1 &+ index
            let left = index < back ? 0 : Int(rows[at &- back])
            let above = isFirst ? 0 : Int(rows[at &- count &- 1])
            var guess = 0
            switch filter {
            case 1: guess = left
            case 2: guess = above
            case 3: guess = (left &+ above) >> 1
            default:
                let corner = isFirst || index < back ? 0 : Int(rows[at &- count &- 1 &- back])
                let (toLeft, toAbove) = (abs(above &- corner), abs(left &- corner))
                let toCorner = abs(left &+ above &- corner &- corner)
                guess = toLeft <= toAbove && toLeft <= toCorner ? left : toAbove <= toCorner ? above : corner
            }
            rows[at] &+= UInt8(truncatingIfNeeded: guess)
        }
    }

    private func put(
        _ rows: [UInt8], _ start: Int, _ pass: Pass, _ row: Int, _ palette: ImagePalette, _ pixels: ImagePixels
    ) {
        let y = pass.first.y + row * pass.step.y
        let size = depth / 8
        for column in 0..<pass.width(of: self) {
            let x = pass.first.x &+ column &* pass.step.x
            switch color {
            case .gray where depth >= 8, .grayAlpha:
                pixels.set(x, y, gray: rows[start &+ column &* color.channels &* size])
            case .rgb, .rgbAlpha:
                let at = start &+ column &* color.channels &* size
                pixels.set(x, y, rows[at], rows[at &+ size], rows[at &+ size &* 2])
            default:
                let bit = column &* depth
                let value = Int(rows[start &+ bit / 8]) >> (8 - depth - bit & 7) & (1 << depth - 1)
                if color == .palette {
                    palette.set(pixels, x, y, value)
                } else {
                    pixels.set(x, y, gray: UInt8(value * 255 / (1 << depth - 1)))
                }
            }
        }
    }
}
