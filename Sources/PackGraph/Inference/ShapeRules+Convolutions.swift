import PackCore

extension ShapeRules {
    /// Convolutions, pooling and what belongs to images.
    static let convolutions: [String: ShapeRule] = [:]
}
