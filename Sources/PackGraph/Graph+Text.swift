extension Graph: CustomStringConvertible {
    /// One line an input, a node and an output: `outputs = op(inputs) attributes : types  # name`. Constants stand in place
    /// with their type, `encoder.weight{f32[384, 384]}`.
    public var description: String { lines().joined(separator: "\n") }

    /// The lines of the description.
    public func lines() -> [String] {
        var lines = inputs.map { "input \($0.name) : \($0.type)" }
        lines += nodes.map(line)
        lines += outputs.map { "output \($0)" + (types[$0].map { " : \($0)" } ?? "") }
        return lines
    }

    private func line(_ node: Node) -> String {
        let outputs = node.outputs.map { $0.isEmpty ? "_" : $0 }.joined(separator: ", ")
        let inputs = node.inputs.map(operand).joined(separator: ", ")
        let attributes = node.attributes.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        let made = node.outputs.filter { !$0.isEmpty }
        let types = made.map { self.types[$0]?.description ?? "?" }.joined(separator: ", ")
        var text = "\(outputs) = \(node.op)(\(inputs))"
        if !attributes.isEmpty { text += " " + attributes.joined(separator: " ") }
        return text + " : \(types)" + (node.name.isEmpty ? "" : "  # \(node.name)")
    }

    private func operand(_ name: String) -> String {
        if name.isEmpty { return "_" }
        guard let constant = constants[name] else { return name }
        if constant.count == 1, constant.shape.count <= 1 {
            if let value = constant.scalarInteger { return "\(value)" }
            if let value = constant.scalarFloat { return "\(value)" }
        }
        if constant.shape.count == 1, constant.count <= 8, let values = try? constant.integers() { return "\(values)" }
        return "\(name){\(constant.dtype.name)\(constant.shape)}"
    }
}
