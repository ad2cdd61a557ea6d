import PackCore

extension Graph {
    /// Lists with more entries than this are not followed.
    static let contentLimit = 64
    /// Expressions made of more parts than this are not followed.
    static let complexityLimit = 128

    /// Finds element type and shape of every value, and the contents of small integer values that follow from shapes.
    ///
    /// Nodes of operators without a rule, and those that need their results, leave what `types` says of their outputs as
    /// it is.
    ///
    /// - Throws: what `validate` throws, and the `GraphError` of the first node whose operands do not suit it.
    public mutating func inferTypes() throws(GraphError) {
        try validate()
        try inferSortedTypes()
    }

    /// Finds the types as `inferTypes` does, of a graph that `validate` or `sortTopologically` has found to be sound.
    package mutating func inferSortedTypes() throws(GraphError) {
        contents = [:]
        for port in inputs {
            types[port.name] = port.type
            try check(port.type, Node("Input", name: port.name, inputs: [], outputs: [port.name]), port.name)
        }
        for (name, constant) in constants { learn(name, constant) }
        for node in nodes { try infer(node) }
    }

    /// Notes type and contents of a constant.
    package mutating func learn(_ name: String, _ constant: Constant) {
        types[name] = TensorType(constant.dtype, constant.shape.map(Dimension.constant))
        contents[name] = nil
        guard constant.shape.count <= 1, constant.count <= Self.contentLimit, !constant.dtype.isFloat,
            constant.dtype != .string
        else { return }
        if let values = try? constant.integers() { contents[name] = values.map(Dimension.constant) }
    }

    /// Finds the types of one node's outputs from those of its inputs.
    package mutating func infer(_ node: Node) throws(GraphError) {
        guard let rule = ShapeRules.all[node.op] else { return }
        let known = node.inputs.map { $0.isEmpty ? nil : types[$0] }
        for (name, type) in zip(node.inputs, known) where !name.isEmpty && type == nil { return }
        let operands = Operands(
            node: node, types: known, contents: node.inputs.map { contents[$0] },
            constants: node.inputs.map { constants[$0] })
        try operands.checkTexts()
        for (name, found) in zip(node.outputs, try rule(operands)) where !name.isEmpty {
            guard var type = found.type else { continue }
            for axis in type.shape.indices where type.shape[axis].complexity > Self.complexityLimit {
                type.shape[axis] = .symbol("\(name).\(axis)")
            }
            try check(type, node, name)
            types[name] = type
            contents[name] = Self.acceptable(found.contents, type)
        }
    }

    private static func acceptable(_ contents: [Dimension]?, _ type: TensorType) -> [Dimension]? {
        guard let contents, contents.count <= contentLimit, type.shape.count <= 1,
            type.shape.first.map({ $0 == .constant(contents.count) }) ?? (contents.count == 1),
            contents.allSatisfy({ $0.complexity <= complexityLimit })
        else { return nil }
        return contents
    }

    /// Refuses negative dimensions and sizes beyond 64 bits.
    private func check(_ type: TensorType, _ node: Node, _ value: String) throws(GraphError) {
        var bytes = type.dtype.size
        var isEmpty = false
        var overflow = false
        for dimension in type.shape {
            if let extent = dimension.constant {
                guard extent >= 0 else {
                    throw GraphError(
                        .wrongShape, node, value: value, found: "shape \(type.shape)", expected: "extents of 0 or more")
                }
                let (product, tooLarge) = bytes.multipliedReportingOverflow(by: extent)
                isEmpty = isEmpty || extent == 0
                overflow = overflow || tooLarge
                bytes = tooLarge ? 1 : product
            } else if dimension.symbols.isEmpty {
                overflow = true
            }
        }
        if overflow && !isEmpty {
            throw GraphError(
                .overflow, node, value: value, found: "shape \(type.shape)", expected: "a size below 2^63 bytes")
        }
    }
}
