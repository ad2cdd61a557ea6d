import PackCore

extension Evaluator {
    /// Operators that fold where their operands are known.
    package static let operators = Set(Scalar.functions.keys).union([
        "Add", "Sub", "Mul", "Div", "Pow", "Min", "Max", "Equal", "Less", "Greater", "LessOrEqual", "GreaterOrEqual",
        "And",
        "Or", "Xor", "Not", "Where", "Clip", "Cast", "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Transpose",
        "Expand",
        "Gather", "Slice", "Concat", "Split", "Range", "ConstantOfShape", "ReduceMean", "ReduceSum", "ReduceProd",
        "ReduceMax", "ReduceMin", "Mod",
    ])

    /// Types that the evaluator computes with as they are.
    private static let exactTypes: Set<DType> = [.f32, .i64, .i32, .bool]

    /// Whether the evaluator computes a node in the types that it has, and all its operands are constants.
    ///
    /// - Parameters:
    ///   - types: The types of the node's operands and results; those of unknown results are not looked at.
    ///   - constant: The constant of a name, if there is one.
    package static func isExact(
        _ node: Node, _ types: ValueMap<TensorType>, _ constant: (String) -> Constant?
    ) -> Bool {
        let takesFloats = node.op.hasPrefix("Reduce") || node.op == "CumSum" || node.op == "Pow"
        // It folds axes and takes powers in floating point, where large integers lose digits.
        if takesFloats, node.input(0).flatMap({ types[$0] })?.dtype.isFloat != true { return false }
        // The evaluator's 32 bits lose digits of f64; narrower types it widens without loss.
        for input in node.inputs where !input.isEmpty {
            guard let constant = constant(input), exactTypes.contains(constant.dtype) || node.op == "Cast" else {
                return false
            }
        }
        return node.outputs.allSatisfy { types[$0].map { exactTypes.contains($0.dtype) } ?? true }
    }

    /// The results of a node all of whose operands and results are known and have few elements; nil if they are not, or
    /// the evaluator does not compute them exactly. Absent results are left out.
    ///
    /// - Parameters:
    ///   - types: The types of the node's operands and results.
    ///   - limit: The most elements of any operand or result.
    ///   - constant: The constant of a name, if there is one.
    package static func small(
        _ node: Node, _ types: ValueMap<TensorType>, limit: Int, _ constant: (String) -> Constant?
    ) -> ValueMap<Constant>? {
        var operands: ValueMap<Constant> = [:]
        for input in node.inputs where !input.isEmpty {
            guard let value = constant(input), value.count <= limit else { return nil }
            operands[input] = value
        }
        for output in node.outputs where !output.isEmpty {
            guard let type = types[output], let count = type.elementCount, count <= limit else { return nil }
        }
        guard isExact(node, types, { operands[$0] }), let tensors = try? fold(node, operands) else { return nil }
        var results: ValueMap<Constant> = [:]
        for (output, tensor) in zip(node.outputs, tensors) where !output.isEmpty {
            guard let tensor, let value = try? Constant(tensor) else { return nil }
            results[output] = value
        }
        return results
    }
}

extension TensorType {
    /// How many elements there are; nil where extents are not known, or their product does not fit.
    package var elementCount: Int? {
        var count = 1
        for dimension in shape {
            guard let extent = dimension.constant, extent >= 0 else { return nil }
            let (product, overflow) = count.multipliedReportingOverflow(by: extent)
            guard !overflow else { return nil }
            count = product
        }
        return count
    }
}
