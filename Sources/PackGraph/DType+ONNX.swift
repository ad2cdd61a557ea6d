import PackCore

extension DType {
    /// The element type with the given code of ONNX's `TensorProto.DataType`, as attributes like `to` of Cast give it.
    public init?(onnxCode: Int) {
        guard let match = DType.allCases.first(where: { $0.onnxCode == onnxCode }) else { return nil }
        self = match
    }

    /// Its code in ONNX's `TensorProto.DataType`.
    public var onnxCode: Int {
        switch self {
        case .f32: 1
        case .u8: 2
        case .i8: 3
        case .u16: 4
        case .i16: 5
        case .i32: 6
        case .i64: 7
        case .bool: 9
        case .f16: 10
        case .f64: 11
        case .u32: 12
        case .u64: 13
        case .bf16: 16
        case .f8e4m3fn: 17
        case .f8e4m3fnuz: 18
        case .f8e5m2: 19
        case .f8e5m2fnuz: 20
        case .u4: 21
        case .i4: 22
        case .f4e2m1: 23
        case .f8e8m0: 24
        case .u2: 25
        case .i2: 26
        case .string: 8
        }
    }

    /// Whether elements are floating-point numbers.
    public var isFloat: Bool {
        switch self {
        case .f32, .f16, .bf16, .f64: true
        case .f8e4m3fn, .f8e4m3fnuz, .f8e5m2, .f8e5m2fnuz, .f8e8m0, .f4e2m1: true
        default: false
        }
    }

    /// Whether elements are integers; booleans and codes of texts are not.
    public var isInteger: Bool { !isFloat && self != .bool && self != .string }
}

extension Attribute {
    /// An element type, as ONNX writes it.
    public static func dtype(_ dtype: DType) -> Attribute { .int(dtype.onnxCode) }
}
