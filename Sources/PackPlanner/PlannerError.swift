/// Why a graph cannot become a plan: the node, and what about it the runtime does not do.
public struct PlannerError: Error, Hashable, Sendable {
    /// Name of the node, or of the value where no node is at fault.
    public var node: String
    /// Its operator; empty where no node is at fault.
    public var op: String
    /// What was found.
    public var found: String
    /// What the runtime does.
    public var expected: String

    /// Describes a refusal.
    public init(node: String, op: String, found: String, expected: String) {
        self.node = node
        self.op = op
        self.found = found
        self.expected = expected
    }
}
