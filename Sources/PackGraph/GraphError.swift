/// What is wrong with a graph, and where: facts for the command to word.
public struct GraphError: Error, Hashable, Sendable {
    /// What kind of fault.
    public enum Kind: Hashable, Sendable {
        /// A value is read, or promised as an output, that nothing makes.
        case undefinedValue
        /// Two nodes, inputs or constants make a value of the same name.
        case duplicateValue
        /// Nodes need each other's outputs.
        case cycle
        /// A node has too few or too many inputs or outputs.
        case wrongCount
        /// An element type that the operator does not take.
        case wrongType
        /// A rank or shape that the operator does not take.
        case wrongShape
        /// An attribute is missing, has another type, or a value out of range.
        case wrongAttribute
        /// A constant's bytes and shape disagree, or its contents cannot be read as asked.
        case wrongConstant
        /// A size that does not fit 64 bits.
        case overflow
        /// Valid, and beyond what this tool does.
        case unsupported
    }

    /// What kind of fault.
    public var kind: Kind
    /// Name of the node, if one is at fault.
    public var node: String?
    /// Operator of that node.
    public var op: String?
    /// Name of the value at fault.
    public var value: String?
    /// What was found.
    public var found: String
    /// What would have been right.
    public var expected: String

    /// Collects the facts.
    public init(
        _ kind: Kind, node: String? = nil, op: String? = nil, value: String? = nil, found: String, expected: String
    ) {
        self.kind = kind
        self.node = node
        self.op = op
        self.value = value
        self.found = found
        self.expected = expected
    }

    /// A fault of the given node.
    public init(_ kind: Kind, _ node: Node, value: String? = nil, found: String, expected: String) {
        self.init(kind, node: node.name, op: node.op, value: value, found: found, expected: expected)
    }
}

extension GraphError: CustomStringConvertible {
    /// One line: where, what was found, what was expected.
    public var description: String {
        var place: [String] = []
        if let node { place.append("node '\(node)'" + (op.map { " (\($0))" } ?? "")) }
        if let value { place.append("value '\(value)'") }
        let facts = "found \(found), expected \(expected)"
        return place.isEmpty ? facts : place.joined(separator: ", ") + ": " + facts
    }
}
