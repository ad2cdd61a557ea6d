import PackCore

/// The labels of an Einsum equation, spaces removed and the ellipsis replaced by labels of its own.
package struct EinsumEquation: Sendable {
    /// For each input the label of each of its axes.
    package var inputs: [[Character]]
    /// The labels of the output's axes.
    package var output: [Character]

    /// Reads an equation for inputs of given ranks; nil if it does not suit them.
    package init?(_ text: String, ranks: [Int]) {
        let sides = text.filter { $0 != " " }.split(separator: ">", omittingEmptySubsequences: false)
        guard sides.count <= 2, var left = sides.first else { return nil }
        if sides.count == 2 {
            guard left.last == "-" else { return nil }
            left = left.dropLast()
        }
        let terms = left.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        guard terms.count == ranks.count else { return nil }
        var most = 0
        for (term, rank) in zip(terms, ranks) where term.contains("...") {
            guard rank >= term.count - 3 else { return nil }
            most = max(most, rank - (term.count - 3))
        }
        inputs = []
        for (term, rank) in zip(terms, ranks) {
            guard let labels = Self.labels(term, dots: rank - (term.count - 3), most), labels.count == rank else {
                return nil
            }
            inputs.append(labels)
        }
        if sides.count == 2 {
            guard let labels = Self.labels(String(sides[1]), dots: most, most) else { return nil }
            output = labels
        } else {
            // Labels that stand once, in alphabetical order, after those of the ellipsis.
            let all = inputs.joined()
            let dots = Self.dots(most, most)
            output =
                dots
                + Set(all).filter { label in all.filter { $0 == label }.count == 1 && !dots.contains(label) }
                .sorted()
        }
        guard Set(output).count == output.count, Set(output).isSubset(of: Set(inputs.joined())) else { return nil }
    }

    /// Labels of the last `count` of the axes that ellipses stand for.
    private static func dots(_ count: Int, _ most: Int) -> [Character] {
        (most - count..<most).compactMap { UnicodeScalar(0xE000 + $0).map { Character($0) } }
    }

    private static func labels(_ term: String, dots: Int, _ most: Int) -> [Character]? {
        guard term.contains("...") else { return term.allSatisfy(\.isLetter) ? Array(term) : nil }
        let parts = term.split(separator: "...", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, parts.joined().allSatisfy(\.isLetter) else { return nil }
        return Array(parts[0]) + Self.dots(dots, most) + Array(parts[1])
    }
}

extension ShapeRules {
    /// Einsum.
    @Sendable static func einsum(_ op: Operands) throws(GraphError) -> [Inferred] {
        try op.expect(inputs: 1...Int.max)
        let text = try op.node.string("equation", default: "")
        let dtype = try op.type(0).dtype
        var shapes: [[Dimension]] = []
        for index in op.node.inputs.indices {
            try op.expect(dtype, input: index)
            shapes.append(try op.type(index).shape)
        }
        guard let equation = EinsumEquation(text, ranks: shapes.map(\.count)) else {
            throw op.fault(
                .wrongAttribute, found: "equation \(text)", expected: "one that suits \(shapes.count) inputs' ranks")
        }
        var extents: [Character: Dimension] = [:]
        for (labels, shape) in zip(equation.inputs, shapes) {
            for (label, extent) in zip(labels, shape) {
                if let known = extents[label], known != 1, extent != 1 {
                    // Axes of an ellipsis are stretched to each other.
                    let both = try op.same(known, extent, "extents of \(label)")
                    extents[label] = label.isLetter || both.constant != nil ? both : .max(known, extent)
                } else if extents[label] == nil || extents[label] == 1 {
                    extents[label] = extent
                }
            }
        }
        return [Inferred(dtype, equation.output.map { extents[$0] ?? 1 })]
    }
}
