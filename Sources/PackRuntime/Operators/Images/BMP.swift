/// Windows bitmaps with 1, 4, 8, 16, 24 or 32 bits a pixel, run lengths (RLE4, RLE8) and masks, and OS/2's first header:
/// https://learn.microsoft.com/windows/win32/gdi/bitmap-storage.
///
/// File header: "BM", file size u32, two reserved u16, offset of the pixels u32; then a header that starts with its own size.
struct BMP: ImageFormat {
    let width: Int
    let height: Int
    private let bytes: ImageBytes
    private let isTopDown: Bool
    private let depth: Int
    private let runs: Bool
    /// Of red, green and blue.
    private var masks = (0, 0, 0)
    private var palette = ImagePalette()
    private let data: Int

    static func matches(_ bytes: ImageBytes) -> Bool { bytes.holds("BM", at: 0) }

    init(_ bytes: ImageBytes) throws(ImageError) {
        self.bytes = bytes
        data = try bytes.little32(10)
        let header = try bytes.little32(14)
        guard header == 12 || 40...124 ~= header else { throw ImageError(.badHeader, at: 14) }
        let isOld = header == 12
        width = isOld ? try bytes.little16(18) : Int(Int32(truncatingIfNeeded: try bytes.little32(18)))
        let rows = isOld ? try bytes.little16(20) : Int(Int32(truncatingIfNeeded: try bytes.little32(22)))
        isTopDown = rows < 0
        height = isTopDown ? -rows : rows
        try checkImageSize(width, height, at: 18)
        depth = try bytes.little16(isOld ? 24 : 28)
        let compression = isOld ? 0 : try bytes.little32(30)
        guard [1, 4, 8, 16, 24, 32].contains(depth) else { throw ImageError(.unsupportedDepth, at: isOld ? 24 : 28) }
        runs = compression == 1 && depth == 8 || compression == 2 && depth == 4
        let hasMasks = compression == 3 && (depth == 16 || depth == 32)
        guard compression == 0 || runs || hasMasks else { throw ImageError(.unsupportedCompression, at: 30) }
        if hasMasks {
            masks = (try bytes.little32(54), try bytes.little32(58), try bytes.little32(62))
        } else {
            masks = depth == 16 ? (0x7C00, 0x3E0, 0x1F) : (0xFF0000, 0xFF00, 0xFF)
        }
        let entry = isOld ? 3 : 4
        if depth <= 8 {
            let used = isOld ? 0 : try bytes.little32(46)
            let count = used == 0 ? 1 << depth : Swift.min(used, 1 << depth)
            let first = 14 + header
            for index in 0..<count {
                let place = first + index * entry
                palette.append(try bytes.byte(place + 2), try bytes.byte(place + 1), try bytes.byte(place))
            }
        }
        guard data <= bytes.end else { throw ImageError(.badOffset, at: 10) }
        guard runs || bytes.end - data >= rowBytes * height else { throw ImageError(.sizeBeyondData, at: 18) }
        // A run covers at most 255 pixels with two bytes; skips leave more, but two bytes of them as many rows at most.
        guard !runs || width * height / (1 << 16) <= bytes.end - data else { throw ImageError(.sizeBeyondData, at: 18) }
    }

    private var rowBytes: Int { (width * depth + 31) / 32 * 4 }

    func decode(into pixels: ImagePixels) throws(ImageError) {
        if runs { return try decodeRuns(into: pixels) }
        for row in 0..<height {
            let start = data + row * rowBytes
            let y = isTopDown ? row : height - 1 - row
            for x in 0..<width {
                switch depth {
                case 24:
                    let at = start + x * 3
                    pixels.set(
                        x, y, UInt8(truncatingIfNeeded: try bytes.byte(at + 2)),
                        UInt8(truncatingIfNeeded: try bytes.byte(at + 1)),
                        UInt8(truncatingIfNeeded: try bytes.byte(at)))
                case 16, 32:
                    let value = depth == 16 ? try bytes.little16(start + x * 2) : try bytes.little32(start + x * 4)
                    pixels.set(x, y, sample(value, masks.0), sample(value, masks.1), sample(value, masks.2))
                default:
                    let bit = x * depth
                    let value = try bytes.byte(start + bit / 8) >> (8 - depth - bit & 7)
                    palette.set(pixels, x, y, value & (1 << depth - 1))
                }
            }
        }
    }

    /// The bits under a mask, stretched to 255.
    private func sample(_ value: Int, _ mask: Int) -> UInt8 {
        if mask == 0 { return 0 }
        let shift = mask.trailingZeroBitCount
        return clampedSample((value & mask) >> shift &* 255 / (mask >> shift))
    }

    /// A pair of bytes is a run of a pixel, or with 0 first: 0 the end of a row, 1 the end of the image, 2 a step to the right
    /// and up, else so many pixels as they are, filled up to an even number of bytes.
    private func decodeRuns(into pixels: ImagePixels) throws(ImageError) {
        for y in 0..<height { for x in 0..<width { palette.set(pixels, x, y, 0) } }
        var (at, x, row) = (data, 0, 0)
        func put(_ index: Int) {
            palette.set(pixels, x, isTopDown ? row : height - 1 - row, index)
            x += 1
        }
        func nibble(_ byte: Int, _ index: Int) -> Int { depth == 8 ? byte : index & 1 == 0 ? byte >> 4 : byte & 15 }
        while row < height {
            let (count, value) = (try bytes.byte(at), try bytes.byte(at + 1))
            at += 2
            if count > 0 {
                // What a run has beyond its row is dropped.
                for index in 0..<Swift.min(count, width - Swift.min(x, width)) { put(nibble(value, index)) }
                continue
            }
            switch value {
            case 0: (x, row) = (0, row + 1)
            case 1: return
            case 2:
                x += try bytes.byte(at)
                row += try bytes.byte(at + 1)
                at += 2
            default:
                for index in 0..<value { put(nibble(try bytes.byte(depth == 8 ? at + index : at + index / 2), index)) }
                let used = depth == 8 ? value : (value + 1) / 2
                at += used + used & 1
            }
        }
    }
}
