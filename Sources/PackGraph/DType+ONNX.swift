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
        }
    }

    /// Whether elements are floating-point numbers.
    public var isFloat: Bool {
        switch self {
        case .f32, .f16, .bf16, .f64: true
        default: false
        }
    }

    /// Whether elements are integers; booleans are not.
    public var isInteger: Bool { !isFloat && self != .bool }
}

extension Attribute {
    /// An element type, as ONNX writes it.
    public static func dtype(_ dtype: DType) -> Attribute { .int(dtype.onnxCode) }
}
