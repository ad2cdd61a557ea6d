import CZlib

/// Inflates stored bytes (RFC 1951) piece by piece.
struct ZipInflater: ~Copyable {
    private static let pieceBytes = 1 << 16
    private let input: UnsafeRawBufferPointer
    private let piece: UnsafeMutableRawBufferPointer
    private let stream: UnsafeMutablePointer<z_stream>
    private let isReady: Bool

    init(_ input: UnsafeRawBufferPointer) {
        self.input = input
        piece = .allocate(byteCount: Self.pieceBytes, alignment: 16)
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        // Negative window bits: raw data without zlib's header.
        isReady = inflateInit2_(stream, -15, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
    }

    deinit {
        if isReady { inflateEnd(stream) }
        stream.deallocate()
        piece.deallocate()
    }

    /// Hands over the first bytes.
    /// - Parameters:
    ///   - count: How many.
    ///   - isWhole: Whether the data must end with the last of them, and with the last stored byte.
    consuming func run(
        count: Int, isWhole: Bool, _ take: (UnsafeRawBufferPointer) -> Void
    ) throws(ZipProblem) {
        guard isReady else { throw ZipProblem(.damaged, found: "no memory", expected: "memory to unpack it") }
        var (consumed, produced, status) = (0, 0, Z_OK)
        while status == Z_OK, produced < count || isWhole {
            let given = min(input.count - consumed, 1 << 30)
            stream.pointee.next_in = UnsafeMutablePointer(
                mutating: input.baseAddress?.advanced(by: consumed).assumingMemoryBound(to: UInt8.self))
            stream.pointee.avail_in = UInt32(given)
            stream.pointee.next_out = piece.baseAddress?.assumingMemoryBound(to: UInt8.self)
            stream.pointee.avail_out = UInt32(Self.pieceBytes)
            status = inflate(stream, Z_NO_FLUSH)
            consumed += given - Int(stream.pointee.avail_in)
            let got = Self.pieceBytes - Int(stream.pointee.avail_out)
            guard got <= count - produced || !isWhole else {
                throw ZipProblem(.damaged, found: "more bytes", expected: "\(count), as the directory says")
            }
            let taken = min(got, count - produced)
            take(UnsafeRawBufferPointer(rebasing: piece[..<taken]))
            produced += taken
        }
        guard status == Z_OK || status == Z_STREAM_END else {
            let message = stream.pointee.msg.map { String(cString: $0) } ?? "data that ends early"
            throw ZipProblem(.damaged, found: message, expected: "\(count) bytes")
        }
        guard produced == count, !isWhole || consumed == input.count else {
            throw ZipProblem(
                .damaged, found: "\(produced) bytes, \(input.count - consumed) stored ones left over",
                expected: "\(count) bytes")
        }
    }
}
