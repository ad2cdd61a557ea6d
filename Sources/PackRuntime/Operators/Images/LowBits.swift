/// Bits of a file from the lowest of each byte up, as Deflate and WebP's lossless format have them.
struct LowBits {
    private let bytes: ImageBytes
    /// The next byte to take in.
    private var at: Int
    private var held: UInt64 = 0
    private var count = 0

    init(_ bytes: ImageBytes) {
        self.bytes = bytes
        at = bytes.start
    }

    /// About where the next bit is.
    var position: Int { at - count / 8 }

    /// The next bits, zeros behind the end; at least 32 of them are of the file where it has so many.
    @inline(__always)
    mutating func peek() -> UInt64 {
        while count <= 56, let byte = bytes.peek(at) {
            held |= UInt64(byte) << UInt64(count)
            count &+= 8
            at &+= 1
        }
        return held
    }

    /// Goes on by at most 32 bits that were seen before.
    @inline(__always)
    mutating func skip(_ bits: Int) throws(ImageError) {
        guard bits <= count else { throw ImageError(.endsEarly, at: bytes.end) }
        held >>= UInt64(bits)
        count &-= bits
    }

    /// A number of at most 32 bits.
    @inline(__always)
    mutating func take(_ bits: Int) throws(ImageError) -> Int {
        let value = Int(peek() & (1 << UInt64(bits) &- 1))
        try skip(bits)
        return value
    }

    /// Goes to the next whole byte, and returns its position.
    mutating func align() -> Int {
        held >>= UInt64(count & 7)
        count &-= count & 7
        return at - count / 8
    }

    /// Goes to a byte of the file.
    mutating func go(to position: Int) {
        (at, held, count) = (position, 0, 0)
    }
}
