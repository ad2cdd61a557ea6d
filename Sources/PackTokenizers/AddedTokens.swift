/// A set of added tokens that can be looked for in a text: one of the sorted lists of the table.
struct AddedTokens {
    private let records: UnsafePointer<UInt32>
    private let bytes: UnsafePointer<UInt8>
    private let wordRanges: UnsafePointer<UInt32>
    private let wordRangeCount: Int
    private let count: Int
    /// A bit for each byte that a token starts with.
    private var firstBytes: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

    init(_ table: TokenizerTable, _ section: TokenizerTable.Section) {
        records = table.words(section)
        bytes = table.bytes(.tokenBytes)
        wordRanges = table.words(.wordRanges)
        wordRangeCount = table.count(.wordRanges)
        count = table.count(section)
        for index in 0..<count {
            let first = bytes[Int(records[4 * index + 2])]
            let bit: UInt64 = 1 << UInt64(first & 63)
            switch first >> 6 {
            case 0: firstBytes.0 |= bit
            case 1: firstBytes.1 |= bit
            case 2: firstBytes.2 |= bit
            default: firstBytes.3 |= bit
            }
        }
    }

    var isEmpty: Bool { count == 0 }

    /// Whether some token starts with a byte.
    @inline(__always)
    func canStart(with byte: UInt8) -> Bool {
        let bits =
            switch byte >> 6 {
            case 0: firstBytes.0
            case 1: firstBytes.1
            case 2: firstBytes.2
            default: firstBytes.3
            }
        return bits >> UInt64(byte & 63) & 1 != 0
    }

    func id(_ index: Int) -> Int32 { Int32(truncatingIfNeeded: records[4 * index]) }
    func isSingleWord(_ index: Int) -> Bool { records[4 * index + 1] & 1 != 0 }
    func stripsLeft(_ index: Int) -> Bool { records[4 * index + 1] & 2 != 0 }
    func stripsRight(_ index: Int) -> Bool { records[4 * index + 1] & 4 != 0 }

    /// Whether a scalar is part of a word (`\w`).
    func isWord(_ scalar: UInt32) -> Bool {
        var (low, high) = (0, wordRangeCount)
        while low < high {
            let middle = (low + high) / 2
            if wordRanges[2 * middle + 1] < scalar { low = middle + 1 } else { high = middle }
        }
        return low < wordRangeCount && wordRanges[2 * low] <= scalar
    }

    /// The tokens that start with the bytes seen so far.
    struct Cursor {
        var low = 0
        var high: Int
        var depth = 0
    }

    /// A cursor before the first byte.
    var cursor: Cursor { Cursor(high: count) }

    /// Adds a byte; false when no token starts so.
    func advance(_ cursor: inout Cursor, by byte: UInt8) -> Bool {
        let low = firstIndex(cursor, notBefore: Int(byte))
        cursor.high = firstIndex(cursor, notBefore: Int(byte) + 1)
        cursor.low = low
        cursor.depth += 1
        return cursor.low < cursor.high
    }

    /// The token whose bytes are those seen so far.
    func complete(_ cursor: Cursor) -> Int? {
        Int(records[4 * cursor.low + 3]) == cursor.depth ? cursor.low : nil
    }

    private func firstIndex(_ cursor: Cursor, notBefore byte: Int) -> Int {
        var (low, high) = (cursor.low, cursor.high)
        while low < high {
            let middle = (low + high) / 2
            let start = Int(records[4 * middle + 2])
            let isLonger = Int(records[4 * middle + 3]) > cursor.depth
            if isLonger, Int(bytes[start + cursor.depth]) >= byte { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
