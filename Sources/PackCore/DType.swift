/// The element type of a tensor, with the code by which plan files name it.
public enum DType: UInt8, Sendable, CaseIterable {
    case f32 = 1
    case f16 = 2
    case bf16 = 3
    case f64 = 4
    case i8 = 5
    case u8 = 6
    case i16 = 7
    case u16 = 8
    case i32 = 9
    case u32 = 10
    case i64 = 11
    case u64 = 12
    case bool = 13
    // Values of fewer bits than a byte are held one to a byte: codes of floats in the low bits, integers as i8 or u8.
    case f8e4m3fn = 14
    case f8e4m3fnuz = 15
    case f8e5m2 = 16
    case f8e5m2fnuz = 17
    case f8e8m0 = 18
    case f4e2m1 = 19
    case i4 = 20
    case u4 = 21
    case i2 = 22
    case u2 = 23
    // Elements are codes of texts, 64 bits each: equal codes for equal texts, 0 for the empty one.
    case string = 24

    /// Bytes of one element.
    public var size: Int {
        switch self {
        case .i8, .u8, .bool, .f8e4m3fn, .f8e4m3fnuz, .f8e5m2, .f8e5m2fnuz, .f8e8m0, .f4e2m1, .i4, .u4, .i2, .u2: 1
        case .f16, .bf16, .i16, .u16: 2
        case .f32, .i32, .u32: 4
        case .f64, .i64, .u64, .string: 8
        }
    }

    /// The lower-case name that reports use, `f32`.
    public var name: StaticString {
        switch self {
        case .f32: "f32"
        case .f16: "f16"
        case .bf16: "bf16"
        case .f64: "f64"
        case .i8: "i8"
        case .u8: "u8"
        case .i16: "i16"
        case .u16: "u16"
        case .i32: "i32"
        case .u32: "u32"
        case .i64: "i64"
        case .u64: "u64"
        case .bool: "bool"
        case .f8e4m3fn: "f8e4m3fn"
        case .f8e4m3fnuz: "f8e4m3fnuz"
        case .f8e5m2: "f8e5m2"
        case .f8e5m2fnuz: "f8e5m2fnuz"
        case .f8e8m0: "f8e8m0"
        case .f4e2m1: "f4e2m1"
        case .i4: "i4"
        case .u4: "u4"
        case .i2: "i2"
        case .u2: "u2"
        case .string: "string"
        }
    }
}
