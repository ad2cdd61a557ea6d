import PackCore

/// A fixed tensor: bytes in row-major order, held in memory or lent by a mapped file.
public struct Constant: Sendable {
    /// Element type.
    public let dtype: DType
    /// Extents, one an axis.
    public let shape: [Int]
    /// Where the bytes are.
    public let storage: Storage

    /// Where the bytes of a constant are.
    public enum Storage: Sendable {
        /// Computed by the tool.
        case owned([UInt8])
        /// A range of somebody else's bytes; the closure keeps them alive and lends them.
        case lent(@Sendable ((UnsafeRawBufferPointer) -> Void) -> Void)
    }
}
