/// What was done to the pixels of a lossless WebP image before they were packed.
struct WebPTransform {
    enum Kind: Int {
        /// A pixel is a difference to what its neighbours foretell.
        case predictor = 0
        /// Red and blue are differences to shares of green, and blue to one of red.
        case colors = 1
        /// Red and blue are differences to green.
        case green = 2
        /// Green is an index into a table, or several of them.
        case palette = 3
    }

    let kind: Kind
    /// Of the image without the transform.
    let columns: Int
    /// The logarithm of a block's size, or of the pixels in one.
    var bits = 0
    /// What each block has, or the table.
    var data: [UInt32] = []

    func undo(_ pixels: inout [UInt32], _ rows: Int) {
        switch kind {
        case .predictor: predict(&pixels, rows)
        case .colors: mix(&pixels, rows)
        case .green:
            for index in pixels.indices {
                let green = pixels[index] >> 8 & 0xFF
                pixels[index] = WebPTransform.sum(pixels[index], green << 16 | green)
            }
        case .palette: spread(&pixels, rows)
        }
    }

    /// The sum of two pixels, byte by byte.
    @inline(__always)
    static func sum(_ a: UInt32, _ b: UInt32) -> UInt32 {
        let even = (a & 0xFF00_FF00) &+ (b & 0xFF00_FF00)
        let odd = (a & 0x00FF_00FF) &+ (b & 0x00FF_00FF)
        return even & 0xFF00_FF00 | odd & 0x00FF_00FF
    }

    // MARK: Predictors

    private func predict(_ pixels: inout [UInt32], _ rows: Int) {
        let across = (columns + 1 << bits - 1) >> bits
        for y in 0..<rows {
            for x in 0..<columns {
                let at = y &* columns &+ x
                var guess: UInt32 = 0xFF00_0000
                if y == 0 {
                    if x > 0 { guess = pixels[at &- 1] }
                } else if x == 0 {
                    guess = pixels[at &- columns]
                } else {
                    guess = foretold(
                        Int(data[y >> bits &* across &+ x >> bits] >> 8 & 15), pixels[at &- 1],
                        pixels[at &- columns], pixels[at &- columns &- 1], pixels[at &- columns &+ 1])
                }
                pixels[at] = WebPTransform.sum(pixels[at], guess)
            }
        }
    }

    /// What the pixels to the left, above, above to the left and above to the right foretell. At the end of a row the last of
    /// them is the first of the next row.
    @inline(__always)
    private func foretold(
        _ mode: Int, _ left: UInt32, _ top: UInt32, _ corner: UInt32, _ right: UInt32
    ) -> UInt32 {
        switch mode {
        case 1: left
        case 2: top
        case 3: right
        case 4: corner
        case 5: mean(mean(left, right), top)
        case 6: mean(left, corner)
        case 7: mean(left, top)
        case 8: mean(corner, top)
        case 9: mean(top, right)
        case 10: mean(mean(left, corner), mean(top, right))
        case 11: nearer(left, top, corner)
        case 12: each(left, top, corner) { a, b, c in a &+ b &- c }
        case 13:
            each(left, top, corner) { a, b, c in
                let half = (a &+ b) >> 1
                return half &+ (half &- c) / 2
            }
        default: 0xFF00_0000
        }
    }

    @inline(__always)
    private func mean(_ a: UInt32, _ b: UInt32) -> UInt32 { ((a ^ b) & 0xFEFE_FEFE) >> 1 &+ a & b }

    /// A function of the bytes at each place, within 0 ... 255.
    @inline(__always)
    private func each(_ a: UInt32, _ b: UInt32, _ c: UInt32, _ function: (Int, Int, Int) -> Int) -> UInt32 {
        var result: UInt32 = 0
        for shift in stride(from: UInt32(0), to: 32, by: 8) {
            let value = function(Int(a >> shift & 0xFF), Int(b >> shift & 0xFF), Int(c >> shift & 0xFF))
            result |= UInt32(clampedSample(value)) << shift
        }
        return result
    }

    /// The pixel above or that to the left, whichever is nearer to their sum less the one between them.
    private func nearer(_ left: UInt32, _ top: UInt32, _ corner: UInt32) -> UInt32 {
        var difference = 0
        for shift in stride(from: UInt32(0), to: 32, by: 8) {
            let between = Int(corner >> shift & 0xFF)
            difference += abs(Int(left >> shift & 0xFF) - between) - abs(Int(top >> shift & 0xFF) - between)
        }
        return difference <= 0 ? top : left
    }

    // MARK: Colours

    private func mix(_ pixels: inout [UInt32], _ rows: Int) {
        let across = (columns + 1 << bits - 1) >> bits
        func share(_ factor: UInt32, _ color: UInt32) -> Int32 {
            let factor = Int32(Int8(truncatingIfNeeded: factor))
            return (factor &* Int32(Int8(truncatingIfNeeded: color))) >> 5
        }
        for y in 0..<rows {
            for x in 0..<columns {
                let factors = data[y >> bits &* across &+ x >> bits]
                let pixel = pixels[y &* columns &+ x]
                let green = pixel >> 8
                let red = (pixel >> 16 &+ UInt32(bitPattern: share(factors, green))) & 0xFF
                let shares = share(factors >> 8, green) &+ share(factors >> 16, red)
                let blue = (pixel &+ UInt32(bitPattern: shares)) & 0xFF
                pixels[y &* columns &+ x] = pixel & 0xFF00_FF00 | red << 16 | blue
            }
        }
    }

    /// Looks indices up; what is beyond the table is transparent black.
    private func spread(_ pixels: inout [UInt32], _ rows: Int) {
        let packed = (columns + 1 << bits - 1) >> bits
        let size = 8 >> bits
        var result = [UInt32](repeating: 0, count: columns * rows)
        for y in 0..<rows {
            for x in 0..<columns {
                let word = Int(pixels[y &* packed &+ x >> bits] >> 8 & 0xFF)
                let index = word >> (size &* (x & (1 << bits - 1))) & (1 << size - 1)
                if index < data.count { result[y &* columns &+ x] = data[index] }
            }
        }
        pixels = result
    }
}
