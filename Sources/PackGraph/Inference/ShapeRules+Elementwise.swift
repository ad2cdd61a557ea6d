import PackCore

extension ShapeRules {
    /// Operators that work element by element.
    static let elementwise = merge([
        rules(["Add", "Sub", "Mul", "Div", "Mod", "Min", "Max", "Mean", "Sum", "PRelu"], arithmetic),
        rules(["Equal", "Less", "LessOrEqual", "Greater", "GreaterOrEqual"], comparison),
        rules(["And", "Or", "Xor"], logical),
        rules(
            [
                "Sqrt", "Exp", "Log", "Erf", "Tanh", "Sigmoid", "Reciprocal", "Floor", "Ceil", "Round", "Sin", "Cos",
                "Tan",
                "Asin", "Acos", "Atan", "Sinh", "Cosh", "Asinh", "Acosh", "Atanh", "Softplus", "Softsign", "Elu",
                "Celu",
                "Selu", "LeakyRelu", "ThresholdedRelu", "HardSigmoid", "HardSwish", "Mish", "Gelu", "Swish",
            ], floatFunction),
        rules(["Relu", "Neg", "Abs", "Sign"], numberFunction),
        rules(["IsNaN", "IsInf"], floatTest),
        ["Pow": power, "Not": not, "Where": choose, "Clip": clip],
    ])

    @Sendable private static func arithmetic(_ op: Operands) throws(GraphError) -> [Inferred] {
        let count = op.node.inputs.count
        let variadic = ["Min", "Max", "Mean", "Sum"].contains(op.node.op)
        try op.expect(inputs: variadic ? 1...Int.max : 2...2)
        let first = try op.type(0)
        for index in 1..<max(1, count) { try op.expect(first.dtype, input: index) }
        guard first.dtype != .bool else {
            throw op.fault(.wrongType, input: 0, found: "booleans", expected: "numbers")
        }
        let contents = count == 2 && first.dtype.isInteger ? combine(op) : nil
        return [Inferred(first.dtype, try op.broadcastAll(), contents: contents)]
    }

    /// Symbolic arithmetic on known contents.
    private static func combine(_ op: Operands) -> [Dimension]? {
        switch op.node.op {
        case "Add": pairwise(op) { $0 + $1 }
        case "Sub": pairwise(op) { $0 - $1 }
        case "Mul": pairwise(op) { $0 * $1 }
        case "Div": pairwise(op) { $1 == 0 ? nil : $0 / $1 }
        case "Min": pairwise(op) { .min($0, $1) }
        case "Max": pairwise(op) { .max($0, $1) }
        default: nil
        }
    }

    /// Combines the contents of inputs `first` and `first + 1`, one of which may be a single element.
    private static func pairwise(
        _ op: Operands, first: Int = 0, _ combine: (Dimension, Dimension) -> Dimension?
    ) -> [Dimension]? {
        guard let left = op.content(first), let right = op.content(first + 1), !left.isEmpty, !right.isEmpty,
            left.count == right.count || left.count == 1 || right.count == 1
        else { return nil }
        var result: [Dimension] = []
        for index in 0..<max(left.count, right.count) {
            guard let value = combine(left[left.count == 1 ? 0 : index], right[right.count == 1 ? 0 : index]) else {
                return nil
            }
            result.append(value)
        }
        return result
    }

    @Sendable private static func comparison(_ op: Operands) throws(GraphError) -> [Inferred] {
        try op.expect(inputs: 2...2)
        try op.expect(try op.type(0).dtype, input: 1)
        let contents = op.node.op == "Equal" ? pairwise(op, isEqual) : nil
        return [Inferred(.bool, try op.broadcastAll(), contents: contents)]
    }

    /// 1 or 0 where it can be told: counts never equal a negative number.
    private static func isEqual(_ a: Dimension, _ b: Dimension) -> Dimension? {
        if a == b { return 1 }
        if let difference = (a - b).constant { return difference == 0 ? 1 : 0 }
        return a.isAtLeast(b + 1) || b.isAtLeast(a + 1) ? 0 : nil
    }

    @Sendable private static func logical(_ op: Operands) throws(GraphError) -> [Inferred] {
        try op.expect(inputs: 2...2)
        try op.expect(.bool, input: 0)
        try op.expect(.bool, input: 1)
        return [Inferred(.bool, try op.broadcastAll())]
    }

    @Sendable private static func not(_ op: Operands) throws(GraphError) -> [Inferred] {
        try op.expect(inputs: 1...1)
        try op.expect(.bool, input: 0)
        return [Inferred(try op.type(0), contents: op.numbers(0).map { $0.map { $0 == 0 ? 1 : 0 } })]
    }

    @Sendable private static func floatFunction(_ op: Operands) throws(GraphError) -> [Inferred] {
        try op.expect(inputs: 1...1)
        return [Inferred(try op.float(0))]
    }

    @Sendable private static func floatTest(_ op: Operands) throws(GraphError) -> [Inferred] {
        try op.expect(inputs: 1...1)
        return [Inferred(.bool, try op.float(0).shape)]
    }

    @Sendable private static func numberFunction(_ op: Operands) throws(GraphError) -> [Inferred] {
        try op.expect(inputs: 1...1)
        let type = try op.type(0)
        guard type.dtype != .bool else {
            throw op.fault(.wrongType, input: 0, found: "booleans", expected: "numbers")
        }
        let contents = op.node.op == "Neg" ? op.content(0).map { $0.map { $0 * -1 } } : nil
        return [Inferred(type, contents: contents)]
    }

    @Sendable private static func power(_ op: Operands) throws(GraphError) -> [Inferred] {
        try op.expect(inputs: 2...2)
        let base = try op.type(0)
        guard base.dtype != .bool, try op.type(1).dtype != .bool else {
            throw op.fault(.wrongType, found: "booleans", expected: "numbers")
        }
        return [Inferred(base.dtype, try op.broadcastAll())]
    }

    @Sendable private static func choose(_ op: Operands) throws(GraphError) -> [Inferred] {
        try op.expect(inputs: 3...3)
        try op.expect(.bool, input: 0)
        let type = try op.type(1)
        try op.expect(type.dtype, input: 2)
        return [Inferred(type.dtype, try op.broadcastAll(), contents: chosen(op))]
    }

    private static func chosen(_ op: Operands) -> [Dimension]? {
        guard let conditions = op.numbers(0), let yes = op.content(1), let no = op.content(2),
            yes.count == conditions.count, no.count == conditions.count
        else { return nil }
        return conditions.indices.map { conditions[$0] == 0 ? no[$0] : yes[$0] }
    }

    @Sendable private static func clip(_ op: Operands) throws(GraphError) -> [Inferred] {
        try op.expect(inputs: 1...3)
        let type = try op.type(0)
        for index in 1..<3 {
            guard let bound = op.optional(index) else { continue }
            try op.expect(type.dtype, input: index)
            guard bound.shape.isEmpty || bound.shape == [1] else {
                throw op.fault(.wrongShape, input: index, found: "\(bound)", expected: "a scalar")
            }
        }
        return [Inferred(type)]
    }
}
