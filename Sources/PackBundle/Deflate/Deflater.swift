import CZlib

/// One stream of raw deflate data (RFC 1951), used again for block after block.
///
/// A block is compressed as if the bytes before it had gone before: they are its dictionary. Blocks but the last end on a
/// byte's boundary (zlib's `Z_SYNC_FLUSH`), so that the blocks of a file, one after the other, are one deflate stream,
/// whichever threads made them.
final class Deflater {
    /// Bytes before a block that can be referred to: the window of deflate.
    static let window = 32768

    private let stream: UnsafeMutablePointer<z_stream>
    private let output: UnsafeMutableRawBufferPointer
    private let isReady: Bool

    /// - Parameter level: 1 to 9, as zlib counts them.
    init(level: Int) {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        output = .allocate(byteCount: 65536, alignment: 64)
        // A negative number of window bits asks for raw data, without zlib's header; 8 is the standard memory level.
        isReady =
            deflateInit2_(
                stream, Int32(level), Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
                Int32(MemoryLayout<z_stream>.size)) == Z_OK
    }

    deinit {
        if isReady { deflateEnd(stream) }
        stream.deallocate()
        output.deallocate()
    }

    /// Compresses a block.
    ///
    /// - Parameters:
    ///   - block: Less than 2^32 bytes.
    ///   - dictionary: The bytes before it, `window` at most; empty for the first block.
    ///   - isLast: Whether the stream ends here.
    ///   - sink: Takes the bytes, in pieces.
    /// - Returns: How many bytes it became; nil if there is no memory.
    func compress(
        _ block: UnsafeRawBufferPointer, after dictionary: UnsafeRawBufferPointer, isLast: Bool,
        sink: (UnsafeRawBufferPointer) -> Void = { _ in }
    ) -> Int? {
        guard isReady, deflateReset(stream) == Z_OK else { return nil }
        if let base = dictionary.baseAddress, !dictionary.isEmpty {
            let bytes = base.assumingMemoryBound(to: UInt8.self)
            guard deflateSetDictionary(stream, bytes, uInt(dictionary.count)) == Z_OK else { return nil }
        }
        // zlib does not write through next_in.
        let input = block.baseAddress.map { UnsafeMutableRawPointer(mutating: $0).assumingMemoryBound(to: UInt8.self) }
        stream.pointee.next_in = input
        stream.pointee.avail_in = uInt(block.count)
        var total = 0
        repeat {
            stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
            stream.pointee.avail_out = uInt(output.count)
            guard deflate(stream, isLast ? Z_FINISH : Z_SYNC_FLUSH) != Z_STREAM_ERROR else { return nil }
            let made = output.count - Int(stream.pointee.avail_out)
            sink(UnsafeRawBufferPointer(rebasing: output[..<made]))
            total += made
        } while stream.pointee.avail_out == 0
        return total
    }
}
