/// Finds the types of a node's outputs, and refuses operands that the operator does not take.
typealias ShapeRule = @Sendable (Operands) throws(GraphError) -> [Inferred]

/// The rules by operator, a family a file.
enum ShapeRules {
    static let all: [String: ShapeRule] = merge([
        elementwise, casts, reductions, products, reshaping, selection, generation, normalizations, fused,
        convolutions, elements, learning, quantized,
        texts, loops, random,
    ])

    /// The same rule for several operators.
    static func rules(_ operators: [String], _ rule: @escaping ShapeRule) -> [String: ShapeRule] {
        Dictionary(operators.map { ($0, rule) }) { first, _ in first }
    }

    static func merge(_ families: [[String: ShapeRule]]) -> [String: ShapeRule] {
        families.reduce(into: [:]) { $0.merge($1) { first, _ in first } }
    }
}

/// Operators that inference has rules for, sorted.
public let inferredOperators: [String] = ShapeRules.all.keys.sorted()
