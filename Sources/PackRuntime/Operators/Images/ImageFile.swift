/// Image files of any format that is known, told apart by their first bytes.
enum ImageFile {
    /// The width and height that the header says.
    static func size(_ bytes: ImageBytes) throws(ImageError) -> (width: Int, height: Int) {
        if PNG.matches(bytes) { return try size(of: PNG.self, bytes) }
        if JPEG.matches(bytes) { return try size(of: JPEG.self, bytes) }
        if TIFF.matches(bytes) { return try size(of: TIFF.self, bytes) }
        if WebP.matches(bytes) { return try size(of: WebP.self, bytes) }
        if JPEG2000.matches(bytes) { return try size(of: JPEG2000.self, bytes) }
        if PNM.matches(bytes) { return try size(of: PNM.self, bytes) }
        if BMP.matches(bytes) { return try size(of: BMP.self, bytes) }
        throw ImageError(.unknownFormat, at: 0)
    }

    /// Sets every pixel of an image of the size that the header says.
    static func decode(_ bytes: ImageBytes, into pixels: ImagePixels) throws(ImageError) {
        if PNG.matches(bytes) { return try PNG(bytes).decode(into: pixels) }
        if JPEG.matches(bytes) { return try JPEG(bytes).decode(into: pixels) }
        if TIFF.matches(bytes) { return try TIFF(bytes).decode(into: pixels) }
        if WebP.matches(bytes) { return try WebP(bytes).decode(into: pixels) }
        if JPEG2000.matches(bytes) { return try JPEG2000(bytes).decode(into: pixels) }
        if PNM.matches(bytes) { return try PNM(bytes).decode(into: pixels) }
        if BMP.matches(bytes) { return try BMP(bytes).decode(into: pixels) }
        throw ImageError(.unknownFormat, at: 0)
    }

    private static func size<Format: ImageFormat>(
        of _: Format.Type, _ bytes: ImageBytes
    ) throws(ImageError) -> (width: Int, height: Int) {
        let format = try Format(bytes)
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
