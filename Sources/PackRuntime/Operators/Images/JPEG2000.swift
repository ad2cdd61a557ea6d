/// JPEG 2000, bare codestreams and JP2 files: gray or RGB, with or without alpha, of at most 16 bits: ITU-T T.800.
///
/// A JP2 file is made of boxes: size u32, type of four letters, contents; a size of 1 is followed by one of 64 bits, and 0 means up to
/// the end. Of samples of more than 8 bits the upper ones are taken.
struct JPEG2000: ImageFormat {
    let width: Int
    let height: Int
    private let header: JPEG2000Header

    static func matches(_ bytes: ImageBytes) -> Bool {
        isCodestream(bytes, 0) || bytes.holds("\0\0\0\u{0C}jP  \r\n", at: 0)
    }

    private static func isCodestream(_ bytes: ImageBytes, _ at: Int) -> Bool {
        bytes.peek(at) == 0xFF && bytes.peek(at + 1) == 0x4F && bytes.peek(at + 2) == 0xFF
    }

    init(_ bytes: ImageBytes) throws(ImageError) {
        header = try JPEG2000Header(try JPEG2000.codestream(bytes))
        (width, height) = (header.image.width, header.image.height)
        try checkImageSize(width, height, of: bytes, at: header.start)
    }

    /// Finds the codestream among boxes.
    private static func codestream(_ bytes: ImageBytes) throws(ImageError) -> ImageBytes {
        if isCodestream(bytes, 0) { return bytes }
        var at = 0
        while true {
            var size = try bytes.big32(at)
            var first = at + 8
            if size == 1 {
                guard try bytes.big32(at + 8) == 0 else { throw ImageError(.badOffset, at: at) }
                size = try bytes.big32(at + 12)
                first = at + 16
            }
            if size == 0 { size = bytes.end - at }
            guard size >= first - at else { throw ImageError(.badOffset, at: at) }
            if bytes.holds("jp2c", at: at + 4) { return try bytes.part(at: first, count: size - (first - at)) }
            if bytes.holds("jp2h", at: at + 4) {
                // The boxes within tell of colours.
                at = first
                continue
            }
            // Tables of colours, and colours that are neither gray nor RGB.
            if bytes.holds("pclr", at: at + 4) { throw ImageError(.unsupportedKind, at: at) }
            if bytes.holds("colr", at: at + 4), try bytes.byte(first) == 1 {
                let space = try bytes.big32(first + 3)
                guard space == 16 || space == 17 else { throw ImageError(.unsupportedKind, at: first + 3) }
            }
            at += size
        }
    }

    func decode(into pixels: ImagePixels) throws(ImageError) {
        let parts = try header.tileParts()
        for (index, part) in parts.enumerated() {
            let area = header.tile(index)
            var tile = try JPEG2000Tile(
                part.coding, area: area, depths: header.depths, byteCount: part.data.count, start: part.start)
            var failure: ImageError?
            part.data.withUnsafeBufferPointer { data in
                do throws(ImageError) { try tile.read(ImageBytes(data, start: part.start)) } catch { failure = error }
            }
            if let failure { throw failure }
            let planes = try tile.planes()
            for y in 0..<area.height {
                for x in 0..<area.width {
                    let (left, top) = (area.left &- header.image.left &+ x, area.top &- header.image.top &+ y)
                    let place = y &* area.width &+ x
                    if planes.count < 3 {
                        pixels.set(left, top, gray: planes[0][place])
                    } else {
                        pixels.set(left, top, planes[0][place], planes[1][place], planes[2][place])
                    }
                }
            }
        }
    }
}

/// A rectangle of samples.
struct JPEG2000Area {
    var left = 0
    var top = 0
    var right = 0
    var bottom = 0

    var width: Int { Swift.max(right - left, 0) }
    var height: Int { Swift.max(bottom - top, 0) }

    /// With every coordinate less an offset, halved so many times, and rounded up.
    func reduced(_ levels: Int, _ x: Int = 0, _ y: Int = 0) -> JPEG2000Area {
        func part(_ value: Int, _ offset: Int) -> Int { (value - offset + 1 << levels - 1) >> levels }
        return JPEG2000Area(left: part(left, x), top: part(top, y), right: part(right, x), bottom: part(bottom, y))
    }

    func intersection(_ other: JPEG2000Area) -> JPEG2000Area {
        JPEG2000Area(
            left: Swift.max(left, other.left), top: Swift.max(top, other.top), right: Swift.min(right, other.right),
            bottom: Swift.min(bottom, other.bottom))
    }
}
