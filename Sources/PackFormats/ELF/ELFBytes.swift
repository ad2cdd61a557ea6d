/// Bytes of an ELF file with its byte order. Every read is checked against what is there.
struct ELFBytes {
    let bytes: UnsafeRawBufferPointer
    var isBigEndian = false
    var is64 = true

    var count: Int { bytes.count }

    func byte(_ offset: Int) -> UInt8? {
        offset >= 0 && offset < bytes.count ? bytes[offset] : nil
    }

    func half(_ offset: Int) -> UInt16? { load(offset) }

    func word(_ offset: Int) -> UInt32? { load(offset) }

    /// A word of the file's class: an address, an offset or a size. `nil` also where it is beyond `Int`.
    func size(_ offset: Int) -> Int? {
        if is64 {
            guard let value: UInt64 = load(offset) else { return nil }
            return Int(exactly: value)
        }
        guard let value: UInt32 = load(offset) else { return nil }
        return Int(value)
    }

    private func load<Word: FixedWidthInteger>(_ offset: Int) -> Word? {
        let length = MemoryLayout<Word>.size
        guard offset >= 0, bytes.count >= length, offset <= bytes.count - length else { return nil }
        let word = bytes.loadUnaligned(fromByteOffset: offset, as: Word.self)
        return isBigEndian ? Word(bigEndian: word) : Word(littleEndian: word)
    }

    /// A range of the file, or `nil` if it is not all there.
    func range(_ offset: Int, _ length: Int) -> Range<Int>? {
        guard offset >= 0, length >= 0, offset <= bytes.count, length <= bytes.count - offset else { return nil }
        return offset..<(offset + length)
    }

    /// The text that begins at an offset and ends with a zero byte before `end`; `nil` if it does not, or is longer
    /// than 4096 bytes.
    func text(_ offset: Int, end: Int) -> String? {
        let limit = min(end, bytes.count)
        guard offset >= 0, offset < limit else { return nil }
        let slice = bytes[offset..<min(limit, offset + 4097)]
        guard let zero = slice.firstIndex(of: 0) else { return nil }
        return String(decoding: bytes[offset..<zero], as: UTF8.self)
    }
}

/// Sums that fail instead of trapping.
func elfSum(_ left: Int, _ right: Int) -> Int? {
    let (sum, overflow) = left.addingReportingOverflow(right)
    return overflow ? nil : sum
}
