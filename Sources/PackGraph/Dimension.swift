/// One dimension of a shape: a count, a named unknown, or arithmetic on them.
///
/// Built through the operators below, which keep every value in a normal form, so that equal expressions compare equal
/// as far as constant folding, neutral elements and sorted operands reach.
public indirect enum Dimension: Hashable, Sendable {
    case constant(Int)
    case symbol(String)
    case sum(Dimension, Dimension)
    case product(Dimension, Dimension)
    /// Division of non-negative counts, rounded towards zero.
    case quotient(Dimension, Dimension)
    case maximum(Dimension, Dimension)
    case minimum(Dimension, Dimension)
}
