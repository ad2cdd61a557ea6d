extension Dimension {
    /// The number, if this is one.
    public var constant: Int? {
        if case .constant(let value) = self { value } else { nil }
    }

    /// The value under the given bindings; `nil` where a symbol has none, where a divisor is zero, and on overflow.
    public func evaluate(_ bindings: [String: Int] = [:]) -> Int? {
        switch self {
        case .constant(let value): value
        case .symbol(let name): bindings[name]
        case .sum(let a, let b): Self.checked(a, b, bindings) { $0.addingReportingOverflow($1) }
        case .product(let a, let b): Self.checked(a, b, bindings) { $0.multipliedReportingOverflow(by: $1) }
        case .quotient(let a, let b): Self.checked(a, b, bindings) { $0.dividedReportingOverflow(by: $1) }
        case .maximum(let a, let b): Self.checked(a, b, bindings) { (Swift.max($0, $1), false) }
        case .minimum(let a, let b): Self.checked(a, b, bindings) { (Swift.min($0, $1), false) }
        }
    }

    private static func checked(
        _ a: Dimension, _ b: Dimension, _ bindings: [String: Int], _ combine: (Int, Int) -> (Int, Bool)
    ) -> Int? {
        guard let x = a.evaluate(bindings), let y = b.evaluate(bindings) else { return nil }
        let (value, overflow) = combine(x, y)
        return overflow ? nil : value
    }

    /// The same expression with symbols replaced, in normal form again.
    public func substituting(_ replacements: [String: Dimension]) -> Dimension {
        switch self {
        case .constant: self
        case .symbol(let name): replacements[name] ?? self
        case .sum(let a, let b): a.substituting(replacements) + b.substituting(replacements)
        case .product(let a, let b): a.substituting(replacements) * b.substituting(replacements)
        case .quotient(let a, let b): a.substituting(replacements) / b.substituting(replacements)
        case .maximum(let a, let b): .max(a.substituting(replacements), b.substituting(replacements))
        case .minimum(let a, let b): .min(a.substituting(replacements), b.substituting(replacements))
        }
    }

    /// Names of the symbols that occur.
    public var symbols: Set<String> {
        switch self {
        case .constant: []
        case .symbol(let name): [name]
        case .sum(let a, let b), .product(let a, let b), .quotient(let a, let b), .maximum(let a, let b),
            .minimum(let a, let b):
            a.symbols.union(b.symbols)
        }
    }

    /// How many constants, symbols and operations it is made of.
    public var complexity: Int {
        switch self {
        case .constant, .symbol: 1
        case .sum(let a, let b), .product(let a, let b), .quotient(let a, let b), .maximum(let a, let b),
            .minimum(let a, let b):
            1 + a.complexity + b.complexity
        }
    }
}

extension Dimension: CustomStringConvertible {
    /// `batch*12`, `sequence + 2`, `max(a, b)`.
    public var description: String {
        switch self {
        case .constant(let value): "\(value)"
        case .symbol(let name): name
        case .sum(let a, .constant(let value)) where value < 0 && value != .min: "\(a) - \(-value)"
        case .sum(let a, .product(let b, .constant(-1))): "\(a) - \(b.grouped)"
        case .sum(let a, let b): "\(a) + \(b)"
        case .product(let a, let b): "\(a.grouped)*\(b.grouped)"
        case .quotient(let a, let b): "\(a.grouped)/\(b.isAtom ? b.description : "(\(b))")"
        case .maximum(let a, let b): "max(\(a), \(b))"
        case .minimum(let a, let b): "min(\(a), \(b))"
        }
    }

    private var grouped: String {
        if case .sum = self { "(\(self))" } else { description }
    }

    private var isAtom: Bool {
        switch self {
        case .constant, .symbol, .maximum, .minimum: true
        default: false
        }
    }
}
