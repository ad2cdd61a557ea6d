/// A sum of products of atoms (symbols, quotients, maxima, minima) with integer coefficients: the normal form of
/// `Dimension`.
///
/// Every operation answers `nil` where a coefficient overflows or the sum gets more terms than `termLimit`.
struct Polynomial {
    /// Coefficients by the sorted atoms of their product; the empty product is the constant. No coefficient is zero.
    private(set) var terms: [[Dimension]: Int] = [:]

    /// Products of sums can grow exponentially; beyond this they stay unexpanded.
    static let termLimit = 64

    init?(_ dimension: Dimension) {
        let result: Polynomial?
        switch dimension {
        case .constant(let value): result = Polynomial(atoms: [], coefficient: value)
        case .symbol, .quotient, .maximum, .minimum: result = Polynomial(atoms: [dimension], coefficient: 1)
        case .sum(let a, let b):
            guard let left = Polynomial(a), let right = Polynomial(b) else { return nil }
            result = left.adding(right)
        case .product(let a, let b):
            guard let left = Polynomial(a), let right = Polynomial(b) else { return nil }
            result = left.multiplied(by: right)
        }
        guard let result else { return nil }
        self = result
    }

    private init(atoms: [Dimension], coefficient: Int) {
        if coefficient != 0 { terms[atoms] = coefficient }
    }

    /// The value of a polynomial without atoms.
    var constant: Int? {
        if terms.isEmpty { 0 } else if terms.count == 1 { terms[[]] } else { nil }
    }

    /// Whether it cannot be negative: no negative coefficient, and only atoms that stand for counts.
    var isNonNegative: Bool {
        terms.allSatisfy { atoms, coefficient in
            coefficient > 0
                && atoms.allSatisfy { if case .symbol = $0 { true } else { false } }
        }
    }

    func adding(_ other: Polynomial) -> Polynomial? {
        var sum = self
        for (atoms, coefficient) in other.terms {
            guard sum.add(coefficient, to: atoms) else { return nil }
        }
        return sum.terms.count <= Self.termLimit ? sum : nil
    }

    func multiplied(by other: Polynomial) -> Polynomial? {
        guard terms.count * other.terms.count <= Self.termLimit else { return nil }
        var product = Polynomial(atoms: [], coefficient: 0)
        for (left, x) in terms {
            for (right, y) in other.terms {
                let (coefficient, overflow) = x.multipliedReportingOverflow(by: y)
                guard !overflow, left.count + right.count <= Self.termLimit else { return nil }
                let atoms = (left + right).sorted { $0.precedes($1) }
                guard product.add(coefficient, to: atoms) else { return nil }
            }
        }
        return product
    }

    private mutating func add(_ coefficient: Int, to atoms: [Dimension]) -> Bool {
        let (value, overflow) = terms[atoms, default: 0].addingReportingOverflow(coefficient)
        terms[atoms] = value == 0 ? nil : value
        return !overflow
    }

    /// The tree of the normal form: terms in a fixed order, the constant last.
    var dimension: Dimension {
        let ordered = terms.sorted { Self.precedes($0.key, $1.key) }
        let products = ordered.map { atoms, coefficient in
            Self.product(of: atoms, coefficient: coefficient)
        }
        guard let first = products.first else { return .constant(0) }
        return products.dropFirst().reduce(first) { .sum($0, $1) }
    }

    private static func product(of atoms: [Dimension], coefficient: Int) -> Dimension {
        guard let first = atoms.first else { return .constant(coefficient) }
        let product = atoms.dropFirst().reduce(first) { .product($0, $1) }
        return coefficient == 1 ? product : .product(product, .constant(coefficient))
    }

    /// Longer products first, then in the order of their atoms.
    private static func precedes(_ left: [Dimension], _ right: [Dimension]) -> Bool {
        if left.count != right.count { return left.count > right.count }
        for (a, b) in zip(left, right) where a != b { return a.precedes(b) }
        return false
    }

    /// Both sides of a division without the factors that every one of their terms has.
    static func cancel(_ dividend: Polynomial, _ divisor: Polynomial) -> (Polynomial, Polynomial) {
        if dividend.terms == divisor.terms {
            let one = Polynomial(atoms: [], coefficient: 1)
            return (one, one)
        }
        let all = Array(dividend.terms) + Array(divisor.terms)
        guard !dividend.terms.isEmpty, var common = all.first?.key else { return (dividend, divisor) }
        for (atoms, _) in all.dropFirst() { common = intersection(common, atoms) }
        let magnitude = all.reduce(UInt(0)) { greatestCommonDivisor($0, $1.value.magnitude) }
        let factor = Int(exactly: magnitude) ?? 1
        return (dividend.removing(common, factor), divisor.removing(common, factor))
    }

    private func removing(_ atoms: [Dimension], _ factor: Int) -> Polynomial {
        var reduced = Polynomial(atoms: [], coefficient: 0)
        for (key, coefficient) in terms {
            var rest = key
            for atom in atoms {
                if let index = rest.firstIndex(of: atom) { rest.remove(at: index) }
            }
            reduced.terms[rest] = coefficient / factor
        }
        return reduced
    }

    /// The atoms that both lists have, as often as both have them.
    private static func intersection(_ left: [Dimension], _ right: [Dimension]) -> [Dimension] {
        var rest = right
        return left.filter { atom in
            guard let index = rest.firstIndex(of: atom) else { return false }
            rest.remove(at: index)
            return true
        }
    }
}

func greatestCommonDivisor(_ a: UInt, _ b: UInt) -> UInt {
    var (a, b) = (a, b)
    while b != 0 { (a, b) = (b, a % b) }
    return a
}

extension Dimension {
    /// A total order: symbols by name, then quotients, maxima, minima, other operations, constants.
    func precedes(_ other: Dimension) -> Bool { compare(other) < 0 }

    private func compare(_ other: Dimension) -> Int {
        switch (self, other) {
        case (.constant(let a), .constant(let b)): return a == b ? 0 : a < b ? -1 : 1
        case (.symbol(let a), .symbol(let b)): return a == b ? 0 : a < b ? -1 : 1
        case (.sum(let a, let b), .sum(let c, let d)), (.product(let a, let b), .product(let c, let d)),
            (.quotient(let a, let b), .quotient(let c, let d)), (.maximum(let a, let b), .maximum(let c, let d)),
            (.minimum(let a, let b), .minimum(let c, let d)):
            let first = a.compare(c)
            return first != 0 ? first : b.compare(d)
        default: return order - other.order
        }
    }

    private var order: Int {
        switch self {
        case .symbol: 0
        case .product: 1
        case .sum: 2
        case .quotient: 3
        case .maximum: 4
        case .minimum: 5
        case .constant: 6
        }
    }
}
