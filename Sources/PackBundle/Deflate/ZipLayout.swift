/// What a zip holds besides the data of its entries: sizes after the specification, APPNOTE.TXT 6.3.10, sections 4.3.7
/// (local header), 4.3.12 (central directory), 4.3.14 to 4.3.16 (ends) and 4.5.3 (the zip64 field).
enum ZipLayout {
    /// What fits in the fields of 32 bits.
    static let limit = 0xFFFF_FFFE

    /// Bytes before an entry's data.
    static func localHeader(nameBytes: Int, size: Int, stored: Int) -> Int {
        30 + nameBytes + (size > limit || stored > limit ? 20 : 0)
    }

    /// Bytes of an entry in the central directory; `offset` is where its local header starts.
    static func centralHeader(nameBytes: Int, size: Int, stored: Int, offset: Int) -> Int {
        let wide = [size, stored, offset].filter { $0 > limit }.count
        return 46 + nameBytes + (wide > 0 ? 4 + 8 * wide : 0)
    }

    /// Bytes at the end.
    static func end(entries: Int, directoryBytes: Int, directoryOffset: Int) -> Int {
        let isWide = entries > 0xFFFE || directoryBytes > limit || directoryOffset > limit
        return 22 + (isWide ? 56 + 20 : 0)
    }
}
