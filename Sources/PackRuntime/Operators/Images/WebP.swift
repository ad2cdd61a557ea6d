/// WebP files, lossy and lossless: https://developers.google.com/speed/webp/docs/riff_container.
///
/// A RIFF file of chunks: name of four letters, size u32, data, filled up to an even size. Of an animation the first frame is
/// decoded, on a canvas of black.
struct WebP: ImageFormat {
    private enum Frame {
        case lossy(WebPLossy)
        case lossless(WebPLossless)
    }

    let width: Int
    let height: Int
    private var left = 0
    private var top = 0
    private let frame: Frame

    static func matches(_ bytes: ImageBytes) -> Bool { bytes.holds("RIFF", at: 0) && bytes.holds("WEBP", at: 8) }

    init(_ bytes: ImageBytes) throws(ImageError) {
        let file = try bytes.part(at: 0, count: Swift.min(8 + (try bytes.little32(4)), bytes.count))
        var canvas: (width: Int, height: Int)?
        var at = 12
        if file.holds("VP8X", at: at) {
            canvas = (try WebP.extent(file, at + 12), try WebP.extent(file, at + 15))
            at = try WebP.next(file, at)
        }
        while !file.holds("VP8 ", at: at), !file.holds("VP8L", at: at) {
            if file.holds("ANMF", at: at) {
                left = try WebP.number(file, at + 8) * 2
                top = try WebP.number(file, at + 11) * 2
                at += 24
            } else {
                at = try WebP.next(file, at)
            }
        }
        let data = try file.part(at: at + 8, count: try file.little32(at + 4))
        let size: (width: Int, height: Int)
        if file.holds("VP8L", at: at) {
            let lossless = try WebPLossless(data)
            size = (lossless.width, lossless.height)
            frame = .lossless(lossless)
        } else {
            let lossy = try WebPLossy(data)
            size = (lossy.width, lossy.height)
            frame = .lossy(lossy)
        }
        (width, height) = canvas ?? size
        try checkImageSize(width, height, of: file, at: 24)
        guard left + size.width <= width, top + size.height <= height else { throw ImageError(.badSize, at: at) }
    }

    /// A number of 24 bits.
    private static func number(_ bytes: ImageBytes, _ at: Int) throws(ImageError) -> Int {
        try bytes.little16(at) | bytes.byte(at + 2) << 16
    }

    private static func extent(_ bytes: ImageBytes, _ at: Int) throws(ImageError) -> Int { try number(bytes, at) + 1 }

    /// Where the next chunk starts.
    private static func next(_ bytes: ImageBytes, _ at: Int) throws(ImageError) -> Int {
        let size = try bytes.little32(at + 4)
        return at + 8 + size + size & 1
    }

    func decode(into pixels: ImagePixels) throws(ImageError) {
        pixels.clear()
        switch frame {
        case .lossless(var lossless):
            let colors = try lossless.pixels()
            for y in 0..<lossless.height {
                for x in 0..<lossless.width {
                    let color = colors[y &* lossless.width &+ x]
                    pixels.set(
                        left &+ x, top &+ y, UInt8(truncatingIfNeeded: color >> 16),
                        UInt8(truncatingIfNeeded: color >> 8), UInt8(truncatingIfNeeded: color))
                }
            }
        case .lossy(var lossy):
            try lossy.decode()
            lossy.write(to: pixels, left, top)
        }
    }
}
