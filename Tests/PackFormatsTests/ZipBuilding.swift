/// A zip file put together record by record (PKWARE's APPNOTE.TXT), so that each field can be wrong.
struct ZipBuilder {
    struct Entry {
        var name: [UInt8]
        var body: [UInt8]
        /// The bytes as stored, if they are not `body`.
        var stored: [UInt8]?
        var method = 0
        var flags = 0
        var mode = 0o100644
        var system = 3
        /// Fields that stand in the directory in place of the right ones.
        var checksum: UInt32?
        var bytes: Int?
        var compressed: Int?
        var offset: Int?
        /// The name in the local header, if it is another.
        var localName: [UInt8]?
        var localFlags: Int?
        var localMethod: Int?
        var localBytes: Int?
        /// Extra fields in the directory.
        var extra: [UInt8] = []

        init(_ name: String, _ body: [UInt8] = [], _ change: (inout Entry) -> Void = { _ in }) {
            self.name = Array(name.utf8)
            self.body = body
            change(&self)
        }
    }

    var entries: [Entry]
    var before: [UInt8] = []
    var comment: [UInt8] = []
    /// Fields of the record at the end in place of the right ones.
    var count: Int?
    var directorySize: Int?
    var directoryOffset: Int?
    var isZip64 = false

    init(_ entries: [Entry]) { self.entries = entries }

    static func little(_ value: Int, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }

    var bytes: [UInt8] {
        func little(_ value: Int, _ count: Int) -> [UInt8] { Self.little(value, count) }
        var file = before
        var directory: [UInt8] = []
        for entry in entries {
            let stored = entry.stored ?? entry.body
            let sum = Int(entry.checksum ?? zipChecksum(entry.body))
            let offset = entry.offset ?? file.count - before.count
            let size = entry.bytes ?? entry.body.count
            let compressed = entry.compressed ?? stored.count
            let localName = entry.localName ?? entry.name
            file += [0x50, 0x4B, 3, 4] + little(20, 2) + little(entry.localFlags ?? entry.flags, 2)
            file += little(entry.localMethod ?? entry.method, 2) + little(0x21_0000, 4) + little(sum, 4)
            file += little(compressed, 4) + little(entry.localBytes ?? size, 4) + little(localName.count, 2)
            file += little(0, 2) + localName + stored
            directory +=
                [0x50, 0x4B, 1, 2] + little(entry.system << 8 | 20, 2) + little(20, 2) + little(entry.flags, 2)
            directory += little(entry.method, 2) + little(0x21_0000, 4) + little(sum, 4) + little(compressed, 4)
            directory += little(size, 4) + little(entry.name.count, 2) + little(entry.extra.count, 2) + little(0, 6)
            directory += little(0, 2) + little(entry.mode, 2) + little(offset, 4) + entry.name + entry.extra
        }
        let place = directoryOffset ?? file.count - before.count
        let size = directorySize ?? directory.count
        let total = count ?? entries.count
        file += directory
        if isZip64 {
            let end = file.count - before.count
            file += [0x50, 0x4B, 6, 6] + little(44, 8) + little(45, 2) + little(45, 2) + little(0, 8)
            file += little(total, 8) + little(total, 8) + little(size, 8) + little(place, 8)
            file += [0x50, 0x4B, 6, 7] + little(0, 4) + little(end, 8) + little(1, 4)
            file += [0x50, 0x4B, 5, 6] + little(0, 4) + little(-1, 12)
        } else {
            file += [0x50, 0x4B, 5, 6] + little(0, 4) + little(total, 2) + little(total, 2)
            file += little(size, 4) + little(place, 4)
        }
        return file + little(comment.count, 2) + comment
    }
}

/// `count` zeros deflated (RFC 1951): one literal, then copies of 258 bytes from one byte back, in the fixed code.
func deflatedZeros(_ copies: Int) -> (bytes: [UInt8], count: Int) {
    var bits: [UInt8] = [1, 1, 0]  // last block, fixed code
    bits += [0, 0, 1, 1, 0, 0, 0, 0]  // literal 0: 00110000
    for _ in 0..<copies { bits += [1, 1, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0] }  // length 258, distance 1
    bits += [0, 0, 0, 0, 0, 0, 0]  // end of block
    var bytes: [UInt8] = []
    for start in stride(from: 0, to: bits.count, by: 8) {
        // The first bit is the lowest.
        bytes.append(bits[start..<min(start + 8, bits.count)].reversed().reduce(0) { $0 << 1 | $1 })
    }
    return (bytes, 1 + 258 * copies)
}

/// Bytes in one block that is not compressed (RFC 1951, 3.2.4).
func deflatedPlainly(_ body: [UInt8]) -> [UInt8] {
    [1] + ZipBuilder.little(body.count, 2) + ZipBuilder.little(~body.count, 2) + body
}

/// CRC-32 as zip files have it.
func zipChecksum(_ bytes: [UInt8]) -> UInt32 {
    var sum = UInt32.max
    for byte in bytes {
        sum ^= UInt32(byte)
        for _ in 0..<8 { sum = sum >> 1 ^ (sum & 1 == 1 ? 0xEDB8_8320 : 0) }
    }
    return ~sum
}
