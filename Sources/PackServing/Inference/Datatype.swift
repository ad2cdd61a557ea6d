import PackCore

// Element types by the names of the Open Inference Protocol.
extension DType {
    /// The protocol's name; for types that it does not know, ours in capitals.
    package var datatype: StaticString {
        switch self {
        case .bool: "BOOL"
        case .u8: "UINT8"
        case .u16: "UINT16"
        case .u32: "UINT32"
        case .u64: "UINT64"
        case .i8: "INT8"
        case .i16: "INT16"
        case .i32: "INT32"
        case .i64: "INT64"
        case .f16: "FP16"
        case .bf16: "BF16"
        case .f32: "FP32"
        case .f64: "FP64"
        case .string: "BYTES"
        case .f8e4m3fn: "F8E4M3FN"
        case .f8e4m3fnuz: "F8E4M3FNUZ"
        case .f8e5m2: "F8E5M2"
        case .f8e5m2fnuz: "F8E5M2FNUZ"
        case .f8e8m0: "F8E8M0"
        case .f4e2m1: "F4E2M1"
        case .i4: "I4"
        case .u4: "U4"
        case .i2: "I2"
        case .u2: "U2"
        }
    }

    /// Whether any bytes of the right number are elements, so that they need not be looked at.
    var takesAnyBytes: Bool {
        switch self {
        case .u8, .u16, .u32, .u64, .i8, .i16, .i32, .i64, .f16, .bf16, .f32, .f64: true
        default: false
        }
    }
}
