import PackGraph

/// Adds the steps of a node to the plan, or refuses it.
typealias LoweringRule = @Sendable (inout Lowering, Node) throws(PlannerError) -> Void

extension Lowering {
    /// Rules by operator; each family has a file.
    static let rules: [String: LoweringRule] = [convolutions, elements].reduce(into: [:]) {
        $0.merge($1) { first, _ in first }
    }
}
