import PackGraph

/// Adds the steps of a node to the plan, or refuses it.
typealias LoweringRule = @Sendable (inout Lowering, Node) throws(PlannerError) -> Void

extension Lowering {
    /// The same rule for several operators.
    static func rules(_ operators: some Sequence<String>, _ rule: @escaping LoweringRule) -> [String: LoweringRule] {
        Dictionary(operators.map { ($0, rule) }) { first, _ in first }
    }

    static func merge(_ families: [[String: LoweringRule]]) -> [String: LoweringRule] {
        families.reduce(into: [:]) { $0.merge($1) { first, _ in first } }
    }

    /// Rules by operator; each family has a file.
    static let rules: [String: LoweringRule] = merge([quantized, convolutions, elements, learning, loops, texts])
}
