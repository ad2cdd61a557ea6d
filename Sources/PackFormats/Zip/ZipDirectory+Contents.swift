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
    ///
    /// Unpacked bytes are kept in memory, so the limit has to be one that memory allows.
    ///
    /// - Parameter limit: As in ``contents(of:limit:)``.
    public func withBytes<Result>(
        of entry: ZipEntry, limit: Int, _ body: (UnsafeRawBufferPointer) -> Result
    ) throws(FormatFailure) -> Result {
        try reading(entry) { stored throws(ZipProblem) in
            let count = min(entry.bytes, max(0, limit))
            var sum = ZipChecksum()
            if entry.method == 0 {
                let bytes = UnsafeRawBufferPointer(rebasing: stored[..<count])
                if count == entry.bytes {
                    sum.update(bytes)
                    try sum.check(entry)
                }
                return body(bytes)
            }
            var bytes: [UInt8] = []
            // A guess by what is stored, and not by what the directory states.
            bytes.reserveCapacity(min(count, 4 * stored.count))
            try ZipInflater(stored).run(count: count, isWhole: count == entry.bytes) { bytes.append(contentsOf: $0) }
            if count == entry.bytes {
                bytes.withUnsafeBytes { sum.update($0) }
                try sum.check(entry)
            }
            return bytes.withUnsafeBytes(body)
        }
    }

    /// Lends all bytes of an entry piece by piece, in memory that does not grow with it.
    /// - Throws: ``FormatFailure/zip(_:)`` as for ``contents(of:limit:)``; a wrong CRC shows only after all pieces were lent.
    public func forEachPiece(
        of entry: ZipEntry, _ body: (UnsafeRawBufferPointer) -> Void
    ) throws(FormatFailure) {
        try reading(entry) { stored throws(ZipProblem) in
            var sum = ZipChecksum()
            if entry.method == 0 {
                sum.update(stored)
                body(stored)
            } else {
                try ZipInflater(stored).run(count: entry.bytes, isWhole: true) {
                    sum.update($0)
                    body($0)
                }
            }
            try sum.check(entry)
        }
    }

    /// Lends the stored bytes of an entry that can be read.
    private func reading<Result>(
        _ entry: ZipEntry, _ body: (UnsafeRawBufferPointer) throws(ZipProblem) -> Result
    ) throws(FormatFailure) -> Result {
        do throws(ZipProblem) {
            guard entry.isReadable else {
                throw ZipProblem(.fault, found: "it \(entry.fault?.text ?? "")", expected: "a sound entry")
            }
            return try file.withBytes { bytes throws(ZipProblem) in
                // An entry of another file may be beyond this one's end.
                guard entry.bytes >= 0, entry.dataOffset >= 0, entry.dataOffset <= bytes.count,
                    entry.compressedBytes >= (entry.method == 0 ? entry.bytes : 0),
                    entry.compressedBytes <= bytes.count - entry.dataOffset
                else { throw ZipProblem(.damaged, found: "the end of the file", expected: "the entry's bytes") }
                let range = entry.dataOffset..<entry.dataOffset + entry.compressedBytes
                return try body(UnsafeRawBufferPointer(rebasing: bytes[range]))
            }
        } catch {
            throw error.failure(file: path, entry: entry.path)
        }
    }
}

/// The CRC-32 of bytes that come piece by piece.
private struct ZipChecksum {
    private var sum: UInt = 0

    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        // Without an address zlib would begin anew.
        guard let base = bytes.baseAddress else { return }
        sum = UInt(crc32_z(uLong(sum), base.assumingMemoryBound(to: UInt8.self), bytes.count))
    }

    func check(_ entry: ZipEntry) throws(ZipProblem) {
        guard sum == UInt(entry.checksum) else {
            throw ZipProblem(
                .damaged, found: "bytes of another checksum", expected: "those of the CRC in the directory")
        }
    }
}
