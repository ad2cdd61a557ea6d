import PackCore

/// An array of numbers or texts with a name, as an `.npz` file holds it.
public struct NamedArray: Hashable, Sendable {
    /// Its name, without the `.npy` that it has in the file.
    public var name: String
    /// Its element type; bf16 is written as the package ml_dtypes does, for NumPy has no such type.
    public var dtype: DType
    /// Its extents; none for a scalar.
    public var shape: [Int]
    /// Its elements, little-endian and row-major: as many bytes as `shape` and `dtype` say; none for texts.
    public var bytes: [UInt8]
    /// The elements of an array of texts, UTF-8.
    public var texts: [[UInt8]] = []

    /// Makes an array; `NPZ.write` checks that the parts agree.
    public init(name: String, dtype: DType, shape: [Int], bytes: [UInt8]) {
        self.name = name
        self.dtype = dtype
        self.shape = shape
        self.bytes = bytes
    }

    /// Makes an array of texts, UTF-8.
    public init(name: String, shape: [Int], texts: [[UInt8]]) {
        self.init(name: name, dtype: .string, shape: shape, bytes: [])
        self.texts = texts
    }
}
