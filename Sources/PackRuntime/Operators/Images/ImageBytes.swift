/// Bytes of an image file. Every read is checked; positions are counted from the file's first byte.
struct ImageBytes {
    private let base: UnsafePointer<UInt8>
    /// The position of the first byte.
    let start: Int
    /// The position behind the last byte.
    let end: Int

    /// - Parameter start: The position of the first byte in the file.
    init(_ bytes: UnsafeBufferPointer<UInt8>, start: Int = 0) {
        // An empty buffer has no address; nothing is read through this one.
        base = bytes.baseAddress ?? UnsafePointer(bitPattern: 1).unsafelyUnwrapped
        self.start = start
        end = start + bytes.count
    }

    var count: Int { end - start }

    /// The bytes of a range.
    func part(_ range: Range<Int>) throws(ImageError) -> ImageBytes {
        guard range.lowerBound >= start, range.upperBound <= end else { throw ImageError(.endsEarly, at: end) }
        return ImageBytes(
            UnsafeBufferPointer(start: base + (range.lowerBound - start), count: range.count), start: range.lowerBound)
    }

    /// The bytes of a range that its position and length say.
    func part(at position: Int, count: Int) throws(ImageError) -> ImageBytes {
        guard position >= start, position <= end, count >= 0, count <= end - position else {
            throw ImageError(.endsEarly, at: end)
        }
        return try part(position..<position + count)
    }

    /// A byte, or nil where there is none.
    @inline(__always)
    func peek(_ position: Int) -> UInt8? {
        position >= start && position < end ? base[position - start] : nil
    }

    @inline(__always)
    func byte(_ position: Int) throws(ImageError) -> Int {
        guard position >= start, position < end else { throw ImageError(.endsEarly, at: end) }
        return Int(base[position - start])
    }

    func big16(_ position: Int) throws(ImageError) -> Int {
        (try byte(position)) << 8 | (try byte(position + 1))
    }

    func big32(_ position: Int) throws(ImageError) -> Int {
        (try big16(position)) << 16 | (try big16(position + 2))
    }

    func little16(_ position: Int) throws(ImageError) -> Int {
        (try byte(position)) | (try byte(position + 1)) << 8
    }

    func little32(_ position: Int) throws(ImageError) -> Int {
        (try little16(position)) | (try little16(position + 2)) << 16
    }

    /// Whether these bytes stand at a position.
    func holds(_ text: StaticString, at position: Int) -> Bool {
        for index in 0..<text.utf8CodeUnitCount where peek(position + index) != text.utf8Start[index] { return false }
        return true
    }
}
