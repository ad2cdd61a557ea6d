import CZlib
import PackIO

extension ZipDirectory {
    /// The bytes of an entry, unpacked.
    /// - Parameter limit: The most bytes; of a larger entry the first ones, which are then not checked against its CRC.
    /// - Throws: ``FormatFailure/zip(_:)`` for an entry that cannot be read or is damaged.
    public func contents(of entry: ZipEntry, limit: Int = FileContents.settingsLimit) throws(FormatFailure) -> [UInt8] {
        try withBytes(of: entry, limit: limit) { Array($0) }
    }

    /// Lends the bytes of an entry: those of the file where they are stored as they are.
    /// - Parameter limit: As in ``contents(of:limit:)``.
    public func withBytes<Result>(
        of entry: ZipEntry, limit: Int, _ body: (UnsafeRawBufferPointer) -> Result
    ) throws(FormatFailure) -> Result {
        do throws(ZipProblem) {
            guard entry.isReadable else {
                throw ZipProblem(.fault, found: "it \(entry.fault?.text ?? "")", expected: "a sound entry")
            }
            return try file.withBytes { bytes throws(ZipProblem) in
                // An entry of another file may be beyond this one's end.
                guard entry.dataOffset >= 0, entry.dataOffset <= bytes.count, entry.compressedBytes >= 0,
                    entry.compressedBytes <= bytes.count - entry.dataOffset
                else { throw ZipProblem(.damaged, found: "the end of the file", expected: "the entry's bytes") }
                let range = entry.dataOffset..<entry.dataOffset + entry.compressedBytes
                let stored = UnsafeRawBufferPointer(rebasing: bytes[range])
                if entry.method == 0 { return try lend(stored, entry, limit, body) }
                var inflater = try ZipInflater(stored, count: min(entry.bytes, max(0, limit)))
                try inflater.run(isWhole: entry.bytes <= limit)
                return try lend(inflater.output, entry, limit, body)
            }
        } catch {
            throw error.failure(file: path, entry: entry.path)
        }
    }

    private func lend<Result>(
        _ bytes: UnsafeRawBufferPointer, _ entry: ZipEntry, _ limit: Int, _ body: (UnsafeRawBufferPointer) -> Result
    ) throws(ZipProblem) -> Result {
        if bytes.count > max(0, limit) || entry.bytes > limit {
            return body(UnsafeRawBufferPointer(rebasing: bytes.prefix(max(0, limit))))
        }
        let sum = UInt32(crc32_z(0, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count))
        // Without an address, which an empty buffer may lack, zlib starts anew and gives 0: the checksum of nothing.
        guard sum == entry.checksum else {
            throw ZipProblem(
                .damaged, found: "bytes of another checksum", expected: "those of the CRC in the directory")
        }
        return body(bytes)
    }
}

/// Inflates (RFC 1951) up to a number of bytes. Memory is taken as bytes arrive, not because a file announces them.
private struct ZipInflater: ~Copyable {
    private let input: UnsafeRawBufferPointer
    private let count: Int
    private var buffer: UnsafeMutableRawBufferPointer
    private var filled = 0
    private let stream: UnsafeMutablePointer<z_stream>

    init(_ input: UnsafeRawBufferPointer, count: Int) throws(ZipProblem) {
        self.input = input
        self.count = count
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        buffer = .allocate(byteCount: min(max(count, 1), 1 << 16), alignment: 16)
        // Negative window bits: raw data without zlib's header.
        guard inflateInit2_(stream, -15, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
            throw ZipProblem(.damaged, found: "no memory", expected: "memory to unpack it")
        }
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
        buffer.deallocate()
    }

    var output: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[..<filled]) }

    /// Fills the buffer.
    /// - Parameter isWhole: Whether the data must end with the last byte that is wanted.
    mutating func run(isWhole: Bool) throws(ZipProblem) {
        var consumed = 0
        var status = Z_OK
        var spare: UInt8 = 0
        while status == Z_OK, filled < count || isWhole {
            if filled == buffer.count, filled < count { grow() }
            let piece = min(input.count - consumed, 1 << 30)
            stream.pointee.next_in = UnsafeMutablePointer(
                mutating: input.baseAddress?.advanced(by: consumed).assumingMemoryBound(to: UInt8.self))
            stream.pointee.avail_in = UInt32(piece)
            let room = min(min(buffer.count, count) - filled, 1 << 30)
            let given = max(room, 1)
            let before = filled
            withUnsafeMutablePointer(to: &spare) { spare in
                // At the end one byte of room shows whether there is more than was stated.
                stream.pointee.next_out =
                    room > 0
                    ? buffer.baseAddress?.advanced(by: before).assumingMemoryBound(to: UInt8.self) : spare
                stream.pointee.avail_out = UInt32(given)
                status = inflate(stream, Z_NO_FLUSH)
            }
            let produced = given - Int(stream.pointee.avail_out)
            consumed += piece - Int(stream.pointee.avail_in)
            guard produced <= room else {
                throw ZipProblem(.damaged, found: "more bytes", expected: "\(count), as the directory says")
            }
            filled += produced
        }
        guard status == Z_OK || status == Z_STREAM_END else { throw damage(status) }
        guard filled == count, !isWhole || status == Z_STREAM_END && consumed == input.count else {
            throw ZipProblem(
                .damaged, found: "\(filled) bytes, \(input.count - consumed) stored ones left over",
                expected: "\(count) bytes")
        }
    }

    private func damage(_ status: Int32) -> ZipProblem {
        let message = stream.pointee.msg.map { String(cString: $0) } ?? "data that ends early"
        return ZipProblem(.damaged, found: message, expected: "\(count) bytes")
    }

    private mutating func grow() {
        let larger = UnsafeMutableRawBufferPointer.allocate(
            byteCount: max(1, min(count, buffer.count * 4)), alignment: 16)
        larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: buffer[..<filled]))
        buffer.deallocate()
        buffer = larger
    }
}
