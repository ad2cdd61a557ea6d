/// A format of image files. Making one reads the header, decoding the pixels. Neither traps, whatever the bytes are.
protocol ImageFormat {
    var width: Int { get }
    var height: Int { get }

    init(_ bytes: ImageBytes) throws(ImageError)

    /// Sets every pixel of an image of this size.
    func decode(into pixels: ImagePixels) throws(ImageError)
}

/// The most pixels of an image that is decoded.
let imagePixelLimit = 1 << 26

/// Refuses sizes that no image has, or that would take too much memory.
func checkImageSize(_ width: Int, _ height: Int, at offset: Int) throws(ImageError) {
    guard width > 0, height > 0 else { throw ImageError(.badSize, at: offset) }
    guard width <= imagePixelLimit, height <= imagePixelLimit / width else {
        throw ImageError(.tooLarge, at: offset)
    }
}

/// Refuses large sizes of files that are much too short, in formats that can say that nothing changes from pixel to pixel.
func checkImageSize(_ width: Int, _ height: Int, of bytes: ImageBytes, at offset: Int) throws(ImageError) {
    try checkImageSize(width, height, at: offset)
    guard width * height <= 1 << 24 || width * height / 4096 <= bytes.count else {
        throw ImageError(.sizeBeyondData, at: offset)
    }
}

/// A number within 0 ... 255.
@inline(__always)
func clampedSample(_ value: Int) -> UInt8 {
    value < 0 ? 0 : value > 255 ? 255 : UInt8(truncatingIfNeeded: value)
}

/// A number of 32 bits within 0 ... 255.
@inline(__always)
func clampedSample(_ value: Int32) -> UInt8 {
    value < 0 ? 0 : value > 255 ? 255 : UInt8(truncatingIfNeeded: value)
}

/// An entry of a table of colours; black where the table is too short.
struct ImagePalette {
    /// Red, green and blue of each entry.
    private var samples: [UInt8] = []

    var count: Int { samples.count / 3 }

    mutating func append(_ red: Int, _ green: Int, _ blue: Int) {
        samples.append(UInt8(truncatingIfNeeded: red))
        samples.append(UInt8(truncatingIfNeeded: green))
        samples.append(UInt8(truncatingIfNeeded: blue))
    }

    /// Sets a pixel to an entry.
    func set(_ pixels: ImagePixels, _ x: Int, _ y: Int, _ index: Int) {
        let place = index &* 3
        guard place >= 0, place < samples.count else { return pixels.set(x, y, gray: 0) }
        pixels.set(x, y, samples[place], samples[place &+ 1], samples[place &+ 2])
    }
}
