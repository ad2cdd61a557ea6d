/// The hash by which the model's pieces are found: FNV-1a over the bytes, mixed at the end.
///
/// It grows byte by byte, so the hashes of all prefixes of a word cost one pass.
package enum PieceHash {
    /// The hash of no bytes.
    package static let seed: UInt32 = 0x811C_9DC5

    /// The hash of some bytes and one more.
    @inline(__always)
    package static func extended(_ hash: UInt32, by byte: UInt8) -> UInt32 {
        (hash ^ UInt32(byte)) &* 0x0100_0193
    }

    /// Spreads a hash over all bits: the low ones choose the slot, the high ones are kept in it.
    @inline(__always)
    package static func mixed(_ hash: UInt32) -> UInt32 {
        var mixed = hash
        mixed ^= mixed >> 16
        mixed &*= 0x7FEB_352D
        mixed ^= mixed >> 15
        mixed &*= 0x846C_A68B
        mixed ^= mixed >> 16
        return mixed
    }
}
