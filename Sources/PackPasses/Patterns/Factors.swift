import PackGraph

/// A product taken apart: `scale` times the numerators, divided by the denominators.
struct Factors {
    var scale: Float = 1
    var numerators: [String] = []
    var denominators: [String] = []
    /// The nodes that multiply and divide.
    var slots: Set<Int> = []

    /// The two factors in both orders, if there are just two and no denominators.
    var pairs: [(String, String)] {
        guard numerators.count == 2, denominators.isEmpty else { return [] }
        return [(numerators[0], numerators[1]), (numerators[1], numerators[0])]
    }

    /// Whether this is a value times itself.
    var isSquare: Bool { scale == 1 && !pairs.isEmpty && numerators[0] == numerators[1] }
}

extension Rewriter {
    /// Takes a product apart through Mul, Div, Reciprocal, Neg and whole powers, as far as the values within it have no
    /// other use. Constants with one element go into the scale.
    func factors(of value: String) -> Factors {
        var factors = Factors()
        collect(value, into: &factors, inverted: false, depth: 0)
        return factors
    }

    private func collect(_ value: String, into factors: inout Factors, inverted: Bool, depth: Int) {
        if let scalar = scalar(value) {
            factors.scale *= inverted ? 1 / scalar : scalar
            return
        }
        guard depth < 8, depth == 0 || useCount(value) == 1, let (slot, node) = maker(value),
            let parts = parts(of: node, inverted)
        else {
            if inverted { factors.denominators.append(value) } else { factors.numerators.append(value) }
            return
        }
        factors.slots.insert(slot)
        if node.op == "Neg" { factors.scale = -factors.scale }
        for (part, inverted) in parts { collect(part, into: &factors, inverted: inverted, depth: depth + 1) }
    }

    /// The operands of a node that multiplies or divides.
    private func parts(of node: Node, _ inverted: Bool) -> [(String, Bool)]? {
        guard let first = node.input(0) else { return nil }
        switch node.op {
        case "Mul": return node.input(1).map { [(first, inverted), ($0, inverted)] }
        case "Div": return node.input(1).map { [(first, inverted), ($0, !inverted)] }
        case "Reciprocal": return [(first, !inverted)]
        case "Neg": return [(first, inverted)]
        case "Pow":
            guard let exponent = node.input(1).flatMap(scalar), exponent == 2 || exponent == 3 else { return nil }
            return Array(repeating: (first, inverted), count: Int(exponent))
        default: return nil
        }
    }

    /// A value as another times a number.
    func scaled(_ value: String) -> (base: String, scale: Float, slots: Set<Int>)? {
        let factors = factors(of: value)
        guard factors.numerators.count == 1, factors.denominators.isEmpty else { return nil }
        return (factors.numerators[0], factors.scale, factors.slots)
    }

    /// What a number is added to.
    func addend(_ value: String, to number: Float) -> (other: String, slot: Int)? {
        guard let (slot, node) = maker(value, "Add") else { return nil }
        for (a, b) in orders(node) {
            if let constant = scalar(a), isNear(constant, number) { return (b, slot) }
        }
        return nil
    }
}

/// A sum taken apart.
struct Terms {
    var positive: [String] = []
    var negative: [String] = []
    /// The nodes that add and subtract.
    var slots: Set<Int> = []
}

extension Rewriter {
    /// Takes a sum apart through Add, Sub and Neg, as far as the values within it have no other use.
    func terms(of value: String) -> Terms {
        var terms = Terms()
        collect(value, into: &terms, isNegative: false, depth: 0)
        return terms
    }

    private func collect(_ value: String, into terms: inout Terms, isNegative: Bool, depth: Int) {
        guard depth < 4, depth == 0 || useCount(value) == 1, let (slot, node) = maker(value),
            ["Add", "Sub", "Neg"].contains(node.op), node.inputs.count == (node.op == "Neg" ? 1 : 2)
        else {
            if isNegative { terms.negative.append(value) } else { terms.positive.append(value) }
            return
        }
        terms.slots.insert(slot)
        for (index, part) in node.inputs.enumerated() {
            let flips = node.op == "Neg" || node.op == "Sub" && index == 1
            collect(part, into: &terms, isNegative: isNegative != flips, depth: depth + 1)
        }
    }
}
