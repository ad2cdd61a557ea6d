import PackCore

/// An element type by the number that ONNX gives it in `TensorProto.DataType`.
public enum ONNXElementType: Int, Hashable, Sendable, CaseIterable {
    case float = 1
    case uint8, int8, uint16, int16, int32, int64, string, bool, float16, double, uint32, uint64, complex64
    case complex128, bfloat16, float8e4m3fn, float8e4m3fnuz, float8e5m2, float8e5m2fnuz, uint4, int4, float4e2m1
    case float8e8m0, uint2, int2, float6e2m3, float6e3m2

    /// The name that ONNX gives it, lower case.
    public var name: String { "\(self)" }

    /// Bits of one element in raw data; nil for strings.
    ///
    /// Elements of fewer than 8 bits share bytes, the first in the lowest bits; the last byte may be part used.
    public var bits: Int? {
        switch self {
        case .string: nil
        case .uint2, .int2: 2
        case .uint4, .int4, .float4e2m1: 4
        case .uint8, .int8, .bool, .float8e4m3fn, .float8e4m3fnuz, .float8e5m2, .float8e5m2fnuz, .float8e8m0: 8
        case .float6e2m3, .float6e3m2: 6
        case .uint16, .int16, .float16, .bfloat16: 16
        case .float, .int32, .uint32: 32
        case .double, .int64, .uint64, .complex64: 64
        case .complex128: 128
        }
    }

    /// The type to compute with; nil for types that are read only.
    public var dtype: DType? {
        switch self {
        case .float: .f32
        case .double: .f64
        case .float16: .f16
        case .bfloat16: .bf16
        case .int8: .i8
        case .uint8: .u8
        case .int16: .i16
        case .uint16: .u16
        case .int32: .i32
        case .uint32: .u32
        case .int64: .i64
        case .uint64: .u64
        case .bool: .bool
        case .float8e4m3fn: .f8e4m3fn
        case .float8e4m3fnuz: .f8e4m3fnuz
        case .float8e5m2: .f8e5m2
        case .float8e5m2fnuz: .f8e5m2fnuz
        case .float8e8m0: .f8e8m0
        case .float4e2m1: .f4e2m1
        case .int4: .i4
        case .uint4: .u4
        case .int2: .i2
        case .uint2: .u2
        case .string: .string
        default: nil
        }
    }

    /// Whether elements are real numbers, so that they count as parameters.
    public var isFloating: Bool {
        switch self {
        case .float, .double, .float16, .bfloat16, .float8e4m3fn, .float8e4m3fnuz, .float8e5m2, .float8e5m2fnuz,
            .float8e8m0, .float4e2m1, .float6e2m3, .float6e3m2:
            true
        default: false
        }
    }

    /// Bytes of so many elements in raw data; nil if that is no number below 2^63, and for strings.
    public func bytes(count: Int) -> Int? {
        guard let bits else { return nil }
        let (all, overflow) = count.multipliedReportingOverflow(by: bits)
        return overflow ? nil : all / 8 + (all % 8 == 0 ? 0 : 1)
    }
}
