/// How the samples of a pixel are laid out; raw values are the operator's attribute.
public enum PixelFormat: Int, Sendable {
    case rgb = 0
    case bgr = 1
    /// One sample, luma as in ITU-R BT.601.
    case gray = 2

    /// Samples of a pixel.
    public var channels: Int { self == .gray ? 1 : 3 }
}

/// The decoded image, u8 [height, width, channels], that decoders write their pixels into.
struct ImagePixels {
    private let base: UnsafeMutablePointer<UInt8>
    let width: Int
    let height: Int
    let format: PixelFormat

    /// - Parameter base: Memory for height × width × channels samples.
    init(_ base: UnsafeMutablePointer<UInt8>, width: Int, height: Int, format: PixelFormat) {
        self.base = base
        self.width = width
        self.height = height
        self.format = format
    }

    /// Sets a pixel. One that lies outside of the image is dropped.
    @inline(__always)
    func set(_ x: Int, _ y: Int, _ red: UInt8, _ green: UInt8, _ blue: UInt8) {
        guard x >= 0, x < width, y >= 0, y < height else { return }
        let place = y &* width &+ x
        switch format {
        case .rgb:
            base[place &* 3] = red
            base[place &* 3 &+ 1] = green
            base[place &* 3 &+ 2] = blue
        case .bgr:
            base[place &* 3] = blue
            base[place &* 3 &+ 1] = green
            base[place &* 3 &+ 2] = red
        case .gray:
            // The weights 0.299, 0.587 and 0.114 in 1/65536.
            let sum = UInt32(red) &* 19595 &+ UInt32(green) &* 38470 &+ UInt32(blue) &* 7471 &+ 0x8000
            base[place] = UInt8(truncatingIfNeeded: sum >> 16)
        }
    }

    /// Sets a pixel that has no colour.
    @inline(__always)
    func set(_ x: Int, _ y: Int, gray: UInt8) { set(x, y, gray, gray, gray) }

    /// Makes all pixels black.
    func clear() { base.update(repeating: 0, count: width * height * format.channels) }
}
