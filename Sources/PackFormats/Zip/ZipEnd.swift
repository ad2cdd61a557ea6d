/// Where a zip's directory is, from the records at the end of the file.
struct ZipEnd {
    /// The directory's bytes.
    let directory: Range<Int>
    /// Entries as stated, and the mask of the bits that are stated.
    let count: Int
    let countMask: Int
    /// What is added to the offsets that records state: bytes that stand before the zip.
    let base: Int

    static let size = 22

    /// Where the record at the end begins. Its comment ends with the file.
    static func position(_ bytes: UnsafeRawBufferPointer) -> Int? {
        guard bytes.count >= size else { return nil }
        for position in stride(from: bytes.count - size, through: max(0, bytes.count - size - 0xFFFF), by: -1)
        where bytes[position] == 0x50 && bytes.zip32(position) == 0x0605_4B50 {
            if bytes.zip16(position + 20) == bytes.count - position - size { return position }
        }
        return nil
    }

    init(_ bytes: UnsafeRawBufferPointer) throws(ZipProblem) {
        guard let position = Self.position(bytes) else {
            throw ZipProblem(.directory, found: "no end of a directory", expected: "one at the end of the file")
        }
        var place = Place(
            disks: (bytes.zip16(position + 4), bytes.zip16(position + 6)), count: bytes.zip16(position + 10),
            size: bytes.zip32(position + 12), offset: bytes.zip32(position + 16), end: position)
        countMask = try place.widen(bytes, position) ? -1 : 0xFFFF
        guard place.disks == (0, 0) else {
            throw ZipProblem(.directory, found: "a part of several files", expected: "a zip in one file")
        }
        // Subtract, as the sum of hostile numbers may overflow.
        guard place.size <= place.end, place.offset <= place.end - place.size else {
            throw ZipProblem(
                .directory, found: "a directory of \(place.size) bytes at byte \(place.offset)",
                expected: "at most \(place.end) bytes in all")
        }
        directory = place.end - place.size..<place.end
        base = place.end - place.size - place.offset
        count = place.count
    }

    /// What the records say.
    private struct Place {
        var disks: (Int, Int)
        var count: Int
        var size: Int
        var offset: Int
        /// Where the directory has to end: at the first of the records behind it.
        var end: Int

        /// Takes the numbers of the zip64 records, if there are some. Returns whether there are.
        mutating func widen(_ bytes: UnsafeRawBufferPointer, _ position: Int) throws(ZipProblem) -> Bool {
            guard position >= 20, bytes.zip32(position - 20) == 0x0706_4B50 else { return false }
            // The locator's offset does not count bytes that stand before the zip; the record may stand right before it.
            let places = [bytes.zip64(position - 12), position - 20 - 56]
            guard
                let record = places.compactMap(\.self).first(where: {
                    $0 >= 0 && $0 <= position - 20 - 56 && bytes.zip32($0) == 0x0606_4B50
                }), let count = bytes.zip64(record + 32), let size = bytes.zip64(record + 40),
                let offset = bytes.zip64(record + 48)
            else {
                throw ZipProblem(
                    .directory, found: "a zip64 locator that leads nowhere", expected: "the zip64 end of the directory")
            }
            disks = (bytes.zip32(record + 16), bytes.zip32(record + 20))
            (self.count, self.size, self.offset, end) = (count, size, offset, record)
            return true
        }
    }
}
