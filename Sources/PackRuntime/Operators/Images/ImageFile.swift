/// Image files of any format that is known, told apart by their first bytes.
enum ImageFile {
    /// The width and height that the header says.
    static func size(_ bytes: ImageBytes) throws(ImageError) -> (width: Int, height: Int) {
        try read(bytes, into: nil)
    }

    /// Sets every pixel of an image of the size that the header says.
    static func decode(_ bytes: ImageBytes, into pixels: ImagePixels) throws(ImageError) {
        _ = try read(bytes, into: pixels)
    }

    private static func read(
        _ bytes: ImageBytes, into pixels: ImagePixels?
    ) throws(ImageError) -> (width: Int, height: Int) {
        if PNG.matches(bytes) { return try read(PNG.self, bytes, into: pixels) }
        if JPEG.matches(bytes) { return try read(JPEG.self, bytes, into: pixels) }
        if TIFF.matches(bytes) { return try read(TIFF.self, bytes, into: pixels) }
        if WebP.matches(bytes) { return try read(WebP.self, bytes, into: pixels) }
        if JPEG2000.matches(bytes) { return try read(JPEG2000.self, bytes, into: pixels) }
        if PNM.matches(bytes) { return try read(PNM.self, bytes, into: pixels) }
        if BMP.matches(bytes) { return try read(BMP.self, bytes, into: pixels) }
        throw ImageError(.unknownFormat, at: 0)
    }

    private static func read<Format: ImageFormat>(
        _: Format.Type, _ bytes: ImageBytes, into pixels: ImagePixels?
    ) throws(ImageError) -> (width: Int, height: Int) {
        let format = try Format(bytes)
        if let pixels {
            guard (format.width, format.height) == (pixels.width, pixels.height) else {
                throw ImageError(.badSize, at: 0)
            }
            try format.decode(into: pixels)
        }
        return (format.width, format.height)
    }
}

/// Decodes a file outside of any model; for tests.
///
/// - Returns: Samples [height, width, channels], or what is wrong and at which byte.
public func decodedImage(
    _ bytes: [UInt8], _ format: PixelFormat
) -> Result<(samples: [UInt8], width: Int, height: Int), ImageError> {
    bytes.withUnsafeBufferPointer { bytes in
        do throws(ImageError) {
            let file = ImageBytes(bytes)
            let (width, height) = try ImageFile.size(file)
            var samples = [UInt8](repeating: 0, count: width * height * format.channels)
            var failure: ImageError?
            samples.withUnsafeMutableBufferPointer { samples in
                guard let base = samples.baseAddress else { return }
                let pixels = ImagePixels(base, width: width, height: height, format: format)
                do throws(ImageError) { try ImageFile.decode(file, into: pixels) } catch { failure = error }
            }
            if let failure { throw failure }
            return .success((samples, width, height))
        } catch {
            return .failure(error)
        }
    }
}
