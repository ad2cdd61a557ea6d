import PackCore

/// An element type by the name that safetensors gives it.
public struct StoredType: Hashable, Sendable {
    /// The name in the file: `F32`, `F8_E4M3`.
    public let name: String
    /// Bits of one element.
    public let bits: Int
    /// The type to compute with; nil for types that are listed only.
    public let dtype: DType?

    /// Every type that the format has, as of version 0.6 of its reference.
    public static let known: [StoredType] =
        [
            ("F64", DType.f64), ("F32", .f32), ("F16", .f16), ("BF16", .bf16), ("I64", .i64), ("I32", .i32),
            ("I16", .i16), ("I8", .i8), ("U64", .u64), ("U32", .u32), ("U16", .u16), ("U8", .u8), ("BOOL", .bool),
        ].map { StoredType(name: $0, bits: $1.size * 8, dtype: $1) }
        + [
            ("F8_E4M3", 8), ("F8_E5M2", 8), ("F8_E8M0", 8), ("F8_E4M3FNUZ", 8), ("F8_E5M2FNUZ", 8), ("F6_E2M3", 6),
            ("F6_E3M2", 6), ("F4", 4), ("C64", 64),
        ].map { StoredType(name: $0, bits: $1, dtype: nil) }

    /// The type of a name, if the format has it.
    public static func named(_ name: String) -> StoredType? {
        byName[name]
    }

    private static let byName = Dictionary(uniqueKeysWithValues: known.map { ($0.name, $0) })

    /// Whether elements are real numbers, so that they count as parameters.
    public var isFloating: Bool { name.hasPrefix("F") || name.hasPrefix("BF") }
}
