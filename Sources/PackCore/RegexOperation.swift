/// What an instruction of a pattern's program does.
public enum RegexOperation: Int32, Sendable {
    /// The text may end here.
    case match = 0
    /// Go on at both operands.
    case split = 1
    /// Go on at the first operand.
    case jump = 2
    /// Take a scalar that is in one of the ranges, ascending, from the first operand on, as many as the second.
    case take = 3
    /// Go on if the assertion, the first operand's ``RegexAssertion``, holds here.
    case check = 4
}

/// What a pattern may demand of a place between scalars.
public enum RegexAssertion: Int32, Sendable {
    case textStart = 0
    case textEnd = 1
    case lineStart = 2
    case lineEnd = 3
    /// Between a letter, digit or underscore of ASCII and something else.
    case wordEdge = 4
    case noWordEdge = 5
}
