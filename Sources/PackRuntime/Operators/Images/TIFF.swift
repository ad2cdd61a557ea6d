/// TIFF files: gray, RGB, colours of a table, and CMYK, in strips or tiles, as they are or packed by PackBits, LZW or Deflate:
/// TIFF 6.0, https://www.itu.int/itudoc/itu-t/com16/tiff-fx/docs/tiff6.pdf.
///
/// A header (byte order, 42, offset of a directory), and a directory: count u16, entries of 12 bytes: tag u16, type u16, count u32,
/// and values or their offset. The first directory's image is decoded and turned as it says.
struct TIFF: ImageFormat {
    let width: Int
    let height: Int
    private let layout: TIFFLayout
    private let orientation: Int

    static func matches(_ bytes: ImageBytes) -> Bool {
        bytes.holds("II*\0", at: 0) || bytes.holds("MM\0*", at: 0)
    }

    init(_ bytes: ImageBytes) throws(ImageError) {
        let directory = try TIFFDirectory(bytes)
        layout = try TIFFLayout(directory)
        let orientation = try directory.number(274, default: 1)
        self.orientation = 1...8 ~= orientation ? orientation : 1
        (width, height) = self.orientation >= 5 ? (layout.height, layout.width) : (layout.width, layout.height)
    }

    func decode(into pixels: ImagePixels) throws(ImageError) {
        let palette = try layout.palette()
        for row in 0..<layout.chunksDown {
            for column in 0..<layout.chunksAcross {
                let chunk = try layout.chunk(column, row)
                for y in 0..<Swift.min(chunk.height, layout.height - row * layout.chunkHeight) {
                    for x in 0..<Swift.min(layout.chunkWidth, layout.width - column * layout.chunkWidth) {
                        let (red, green, blue) = color(chunk, x, y, palette)
                        let (left, top) = (column * layout.chunkWidth + x, row * layout.chunkHeight + y)
                        let place = turned(left, top)
                        pixels.set(place.x, place.y, red, green, blue)
                    }
                }
            }
        }
    }

    private func color(
        _ chunk: TIFFLayout.Chunk, _ x: Int, _ y: Int, _ palette: [UInt8]
    ) -> (UInt8, UInt8, UInt8) {
        func sample(_ channel: Int) -> UInt8 { UInt8(truncatingIfNeeded: layout.sample(chunk, x, y, channel)) }
        switch layout.color {
        case .gray(let isInverted):
            let value = sample(0)
            return isInverted ? (255 - value, 255 - value, 255 - value) : (value, value, value)
        case .palette:
            let place = Int(sample(0)) * 3
            guard place + 2 < palette.count else { return (0, 0, 0) }
            return (palette[place], palette[place + 1], palette[place + 2])
        case .rgb: return (sample(0), sample(1), sample(2))
        case .premultiplied:
            let alpha = Int(sample(3))
            func plain(_ channel: Int) -> UInt8 {
                alpha == 255 ? sample(channel) : alpha == 0 ? 0 : clampedSample(Int(sample(channel)) * 255 / alpha)
            }
            return (plain(0), plain(1), plain(2))
        case .cmyk:
            let black = sample(3)
            return (inkSample(sample(0), black), inkSample(sample(1), black), inkSample(sample(2), black))
        }
    }

    /// Where a pixel of the file belongs.
    private func turned(_ x: Int, _ y: Int) -> (x: Int, y: Int) {
        let (right, bottom) = (layout.width - 1 - x, layout.height - 1 - y)
        switch orientation {
        case 2: return (right, y)
        case 3: return (right, bottom)
        case 4: return (x, bottom)
        case 5: return (y, x)
        case 6: return (bottom, x)
        case 7: return (bottom, right)
        case 8: return (y, right)
        default: return (x, y)
        }
    }
}

/// The first directory of a TIFF file.
struct TIFFDirectory {
    let bytes: ImageBytes
    private let isBig: Bool
    private let start: Int
    private let count: Int

    init(_ bytes: ImageBytes) throws(ImageError) {
        self.bytes = bytes
        isBig = bytes.peek(0) == 0x4D
        let place = isBig ? try bytes.big32(4) : try bytes.little32(4)
        guard place <= bytes.end else { throw ImageError(.badOffset, at: 4) }
        count = isBig ? try bytes.big16(place) : try bytes.little16(place)
        start = place + 2
    }

    func short(_ at: Int) throws(ImageError) -> Int { isBig ? try bytes.big16(at) : try bytes.little16(at) }
    func long(_ at: Int) throws(ImageError) -> Int { isBig ? try bytes.big32(at) : try bytes.little32(at) }

    /// The values of a tag.
    struct Field {
        let size: Int
        let count: Int
        let place: Int
    }

    /// A tag's values, numbers without a sign; nil where the tag is absent.
    func field(_ tag: Int) throws(ImageError) -> Field? {
        for index in 0..<count {
            let at = start + index * 12
            guard try short(at) == tag else { continue }
            let type = try short(at + 2)
            let count = try long(at + 4)
            guard type == 1 || type == 3 || type == 4, count > 0 else { throw ImageError(.badHeader, at: at) }
            let size = type == 3 ? 2 : type
            let isInside = size * count <= 4
            let place = isInside ? at + 8 : try long(at + 8)
            guard place <= bytes.end, size * count <= bytes.end - place else {
                throw ImageError(.badOffset, at: at + 8)
            }
            return Field(size: size, count: count, place: place)
        }
        return nil
    }

    func value(_ field: Field, _ index: Int) throws(ImageError) -> Int {
        guard index >= 0, index < field.count else { throw ImageError(.missingPart, at: field.place) }
        let at = field.place + index * field.size
        return field.size == 1 ? try bytes.byte(at) : field.size == 2 ? try short(at) : try long(at)
    }

    /// The first value of a tag.
    func number(_ tag: Int, default standard: Int? = nil) throws(ImageError) -> Int {
        if let field = try field(tag) { return try value(field, 0) }
        guard let standard else { throw ImageError(.missingPart, at: start) }
        return standard
    }
}
