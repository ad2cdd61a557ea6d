/// Brings the components of a JPEG image to the same density, and their colours to RGB.
struct JPEGColor {
    let frame: JPEGFrame
    let space: JPEGReader.ColorSpace
    /// The samples of each component.
    var planes: [[UInt8]] = []

    init(frame: JPEGFrame, space: JPEGReader.ColorSpace) {
        self.frame = frame
        self.space = space
    }

    func write(to pixels: ImagePixels) throws(ImageError) {
        var rows = frame.components.map { _ in [UInt8](repeating: 0, count: frame.unitsAcross * frame.across * 8) }
        for y in 0..<frame.height {
            for index in rows.indices { stretch(index, y, &rows[index]) }
            switch space {
            case .gray: for x in 0..<frame.width { pixels.set(x, y, gray: rows[0][x]) }
            case .rgb: for x in 0..<frame.width { pixels.set(x, y, rows[0][x], rows[1][x], rows[2][x]) }
            case .ycc:
                for x in 0..<frame.width {
                    let (red, green, blue) = JPEGColor.rgb(rows[0][x], rows[1][x], rows[2][x])
                    pixels.set(x, y, red, green, blue)
                }
            case .cmyk:
                for x in 0..<frame.width { set(pixels, x, y, rows[0][x], rows[1][x], rows[2][x], rows[3][x]) }
            case .ycck:
                for x in 0..<frame.width {
                    let (red, green, blue) = JPEGColor.rgb(rows[0][x], rows[1][x], rows[2][x])
                    set(pixels, x, y, 255 - red, 255 - green, 255 - blue, rows[3][x])
                }
            }
        }
    }

    @inline(__always)
    private static func rgb(_ y: UInt8, _ blue: UInt8, _ red: UInt8) -> (UInt8, UInt8, UInt8) {
        let (y, b, r) = (Int32(y), Int32(blue) &- 128, Int32(red) &- 128)
        return (
            clampedSample(y &+ (r &* 91881 &+ 32768) &>> 16),
            clampedSample(y &+ (b &* -22554 &+ 32768 &- r &* 46802) &>> 16),
            clampedSample(y &+ (b &* 116130 &+ 32768) &>> 16)
        )
    }

    /// Sets a pixel of inverted ink.
    private func set(
        _ pixels: ImagePixels, _ x: Int, _ y: Int, _ cyan: UInt8, _ magenta: UInt8, _ yellow: UInt8, _ black: UInt8
    ) {
        pixels.set(
            x, y, inkSample(255 - cyan, 255 - black), inkSample(255 - magenta, 255 - black),
            inkSample(255 - yellow, 255 - black))
    }

    /// Makes a row of the image of the samples of a component.
    private func stretch(_ index: Int, _ y: Int, _ row: inout [UInt8]) {
        let component = frame.components[index]
        let (across, down) = (frame.across / component.across, frame.down / component.down)
        let stride = component.blocksAcross * 8
        let line = y / down
        // The row that is next nearest; there is none beyond the image.
        let other = Swift.min(Swift.max(y % down == 0 ? line - 1 : line + 1, 0), component.height - 1)
        let samples = planes[index]
        let (near, far) = (line * stride, other * stride)
        let (width, last) = (component.width, component.width - 1)
        switch (across, down) {
        case (1, 1): for x in 0..<width { row[x] = samples[near &+ x] }
        case (1, 2):
            let bias = y & 1 == 0 ? 1 : 2
            for x in 0..<width {
                row[x] = UInt8(
                    truncatingIfNeeded: (Int(samples[near &+ x]) &* 3 &+ Int(samples[far &+ x]) &+ bias) >> 2)
            }
        case (2, 1) where width > 2:
            for x in 0..<width {
                let value = Int(samples[near &+ x])
                let left = x == 0 ? value : Int(samples[near &+ x &- 1])
                let right = x == last ? value : Int(samples[near &+ x &+ 1])
                row[x &* 2] = UInt8(truncatingIfNeeded: (value &* 3 &+ left &+ 1) >> 2)
                row[x &* 2 &+ 1] = UInt8(truncatingIfNeeded: (value &* 3 &+ right &+ 2) >> 2)
            }
        case (2, 2) where width > 2:
            var left = 0
            var middle = Int(samples[near]) &* 3 &+ Int(samples[far])
            for x in 0..<width {
                let next = Swift.min(x &+ 1, last)
                let right = Int(samples[near &+ next]) &* 3 &+ Int(samples[far &+ next])
                if x == 0 { left = middle }
                row[x &* 2] = UInt8(truncatingIfNeeded: (middle &* 3 &+ left &+ 8) >> 4)
                row[x &* 2 &+ 1] = UInt8(truncatingIfNeeded: (middle &* 3 &+ right &+ 7) >> 4)
                (left, middle) = (middle, right)
            }
        default: for x in 0..<frame.width { row[x] = samples[near &+ x / across] }
        }
    }
}

/// A sample of RGB from ink and black, as Pillow mixes them.
func inkSample(_ ink: UInt8, _ black: UInt8) -> UInt8 {
    let light = 255 - Int(black)
    let product = Int(ink) * light + 128
    return clampedSample(light - (product >> 8 + product) >> 8)
}
