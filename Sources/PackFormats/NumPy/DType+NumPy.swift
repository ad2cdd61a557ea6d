public import PackCore

extension DType {
    /// The type by which NumPy's files hold elements: where NumPy has none, the integer with the same bits; bf16
    /// stays, written as ml_dtypes writes it.
    public var numpyType: DType {
        switch self {
        case .f8e4m3fn, .f8e4m3fnuz, .f8e5m2, .f8e5m2fnuz, .f8e8m0, .f4e2m1, .u4, .u2: .u8
        case .i4, .i2: .i8
        default: self
        }
    }
}
