extension Operands {
    /// The common shape of operands that are stretched to each other along axes of extent 1.
    ///
    /// Where two dimensions differ and neither is known to be 1, the number wins over the expression, and of two
    /// expressions the maximum stands.
    func broadcast(_ left: [Dimension], _ right: [Dimension]) throws(GraphError) -> [Dimension] {
        let rank = max(left.count, right.count)
        var shape: [Dimension] = []
        for position in 0..<rank {
            let a = Self.aligned(left, position, rank)
            let b = Self.aligned(right, position, rank)
            guard let both = Self.stretch(a, b) else {
                throw fault(
                    .wrongShape, found: "shapes \(left) and \(right)",
                    expected: "equal dimensions, or 1, on axis \(position)")
            }
            shape.append(both)
        }
        return shape
    }

    /// The common shape of all inputs.
    func broadcastAll() throws(GraphError) -> [Dimension] {
        var shape: [Dimension] = []
        for index in node.inputs.indices {
            if let type = optional(index) { shape = try broadcast(shape, type.shape) }
        }
        return shape
    }

    private static func aligned(_ shape: [Dimension], _ position: Int, _ rank: Int) -> Dimension {
        let index = position - (rank - shape.count)
        return index < 0 ? 1 : shape[index]
    }

    private static func stretch(_ a: Dimension, _ b: Dimension) -> Dimension? {
        if a == b || b == 1 { return a }
        if a == 1 { return b }
        switch (a, b) {
        case (.constant, .constant): return nil
        case (.constant, _): return a
        case (_, .constant): return b
        default: return .max(a, b)
        }
    }

    /// Two dimensions that must be equal: the better known one; an error if they are known to differ.
    func same(_ a: Dimension, _ b: Dimension, _ what: @autoclosure () -> String) throws(GraphError) -> Dimension {
        if a == b { return a }
        if let difference = (a - b).constant, difference != 0 {
            throw fault(.wrongShape, found: "\(a) and \(b)", expected: "equal \(what())")
        }
        return a.constant == nil ? b : a
    }
}
