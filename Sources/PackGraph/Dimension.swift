/// One dimension of a shape: a count, a named unknown, or arithmetic on them.
///
/// Built through the operators below, which keep every value in a normal form, so that equal expressions compare equal
/// as far as constant folding, neutral elements and sorted operands reach: a sum of products, each product its symbols in
/// alphabetical order and then its coefficient. Symbols stand for counts and are never negative.
///
/// Arithmetic that would overflow is left unfolded, and `evaluate` answers `nil` for it.
public enum Dimension: Hashable, Sendable {
    /// A number. Negative ones occur in the contents of shape tensors, never in a shape.
    case constant(Int)
    /// An unknown count, for example `batch`.
    case symbol(String)
    indirect case sum(Dimension, Dimension)
    indirect case product(Dimension, Dimension)
    /// Division of non-negative counts, rounded towards zero.
    indirect case quotient(Dimension, Dimension)
    indirect case maximum(Dimension, Dimension)
    indirect case minimum(Dimension, Dimension)

    /// The sum, in normal form.
    public static func + (left: Dimension, right: Dimension) -> Dimension {
        if left == .constant(0) { return right }
        if right == .constant(0) { return left }
        if case .constant(let a) = left, case .constant(let b) = right {
            let (sum, overflow) = a.addingReportingOverflow(b)
            return overflow ? .sum(left, right) : .constant(sum)
        }
        guard let a = Polynomial(left), let b = Polynomial(right), let sum = a.adding(b) else {
            return .sum(left, right)
        }
        return sum.dimension
    }

    /// The difference, in normal form: the sum with the right side times −1.
    public static func - (left: Dimension, right: Dimension) -> Dimension {
        left + right * .constant(-1)
    }

    /// The product, in normal form.
    public static func * (left: Dimension, right: Dimension) -> Dimension {
        if left == .constant(1) { return right }
        if right == .constant(1) { return left }
        if case .constant(let a) = left, case .constant(let b) = right {
            let (product, overflow) = a.multipliedReportingOverflow(by: b)
            return overflow ? .product(left, right) : .constant(product)
        }
        guard let a = Polynomial(left), let b = Polynomial(right), let product = a.multiplied(by: b) else {
            return .product(left, right)
        }
        return product.dimension
    }

    /// The quotient rounded towards zero, in normal form. Factors that stand on both sides cancel: a divisor is taken
    /// to be other than zero.
    public static func / (left: Dimension, right: Dimension) -> Dimension {
        if right == .constant(1) { return left }
        if case .constant(let a) = left, case .constant(let b) = right {
            let (quotient, overflow) = a.dividedReportingOverflow(by: b)
            return overflow ? .quotient(left, right) : .constant(quotient)
        }
        guard right != .constant(0), let a = Polynomial(left), let b = Polynomial(right) else {
            return .quotient(left, right)
        }
        let (dividend, divisor) = Polynomial.cancel(a, b)
        if let x = dividend.constant, let y = divisor.constant {
            let (value, overflow) = x.dividedReportingOverflow(by: y)
            return overflow ? .quotient(left, right) : .constant(value)
        }
        let (numerator, denominator) = (dividend.dimension, divisor.dimension)
        return denominator == .constant(1) ? numerator : .quotient(numerator, denominator)
    }

    /// The larger of two, in normal form.
    public static func max(_ left: Dimension, _ right: Dimension) -> Dimension {
        if left.isAtLeast(right) { return left }
        if right.isAtLeast(left) { return right }
        return left.precedes(right) ? .maximum(left, right) : .maximum(right, left)
    }

    /// The smaller of two, in normal form.
    public static func min(_ left: Dimension, _ right: Dimension) -> Dimension {
        if left.isAtLeast(right) { return right }
        if right.isAtLeast(left) { return left }
        return left.precedes(right) ? .minimum(left, right) : .minimum(right, left)
    }

    /// Whether this is provably no less than `other`, whatever the symbols stand for.
    public func isAtLeast(_ other: Dimension) -> Bool {
        if self == other { return true }
        switch (self, other) {
        case (.constant(let a), .constant(let b)): return a >= b
        case (_, .maximum(let a, let b)): return isAtLeast(a) && isAtLeast(b)
        case (.minimum(let a, let b), _): return a.isAtLeast(other) && b.isAtLeast(other)
        case (.maximum(let a, let b), _): return a.isAtLeast(other) || b.isAtLeast(other)
        case (_, .minimum(let a, let b)): return isAtLeast(a) || isAtLeast(b)
        default: return Polynomial(self - other)?.isNonNegative ?? false
        }
    }
}

extension Dimension: ExpressibleByIntegerLiteral, ExpressibleByStringLiteral {
    /// A known count.
    public init(integerLiteral value: Int) { self = .constant(value) }

    /// A named unknown.
    public init(stringLiteral name: String) { self = .symbol(name) }
}
