import PackCore

extension ShapeRules {
    /// Elementwise functions, comparisons, selection and movement of elements of any type.
    static let elements: [String: ShapeRule] = [:]
}
