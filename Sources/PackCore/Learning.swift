/// What a node of a decision tree asks of its feature, as plans number it.
public enum TreeTest: UInt32, CaseIterable, Sendable {
    case leaf, lessOrEqual, less, greaterOrEqual, greater, equal, notEqual, member
}

/// How the weights that trees add to a target become one number, as plans number it.
public enum TreeAggregate: Int, CaseIterable, Sendable {
    case sum, minimum, maximum, average
}

/// How alike two vectors are, for support vector machines (ONNX ai.onnx.ml `SVMRegressor`, kernel_type), as plans number it.
public enum SVMKernelKind: Int, CaseIterable, Sendable {
    /// x·v
    case linear
    /// (γ x·v + c)^d
    case polynomial
    /// exp(−γ |x − v|²)
    case radial
    /// tanh(γ x·v + c)
    case sigmoid
}
