extension Node {
    /// The integer attribute, or the default where the node has none of that name.
    ///
    /// - Throws: `GraphError` of kind `wrongAttribute` if it has another type.
    public func int(_ name: String, default standard: Int) throws(GraphError) -> Int {
        switch attributes[name] {
        case nil: return standard
        case .int(let value): return value
        case let other?: throw wrong(name, other, "an integer")
        }
    }

    /// The float attribute, or the default where the node has none of that name. Throws as `int` does.
    public func float(_ name: String, default standard: Float) throws(GraphError) -> Float {
        switch attributes[name] {
        case nil: return standard
        case .float(let value): return value
        case let other?: throw wrong(name, other, "a float")
        }
    }

    /// The string attribute, or the default where the node has none of that name. Throws as `int` does.
    public func string(_ name: String, default standard: String) throws(GraphError) -> String {
        switch attributes[name] {
        case nil: return standard
        case .string(let value): return value
        case let other?: throw wrong(name, other, "a string")
        }
    }

    /// The list of integers, or `nil` where the node has none of that name. Throws as `int` does.
    public func ints(_ name: String) throws(GraphError) -> [Int]? {
        switch attributes[name] {
        case nil: return nil
        case .ints(let values): return values
        case let other?: throw wrong(name, other, "a list of integers")
        }
    }

    /// The list of floats, or `nil` where the node has none of that name. Throws as `int` does.
    public func floats(_ name: String) throws(GraphError) -> [Float]? {
        switch attributes[name] {
        case nil: return nil
        case .floats(let values): return values
        case let other?: throw wrong(name, other, "a list of floats")
        }
    }

    /// The list of strings, or `nil` where the node has none of that name. Throws as `int` does.
    public func strings(_ name: String) throws(GraphError) -> [String]? {
        switch attributes[name] {
        case nil: return nil
        case .strings(let values): return values
        case let other?: throw wrong(name, other, "a list of strings")
        }
    }

    /// The tensor, or `nil` where the node has none of that name. Throws as `int` does.
    public func tensor(_ name: String) throws(GraphError) -> Constant? {
        switch attributes[name] {
        case nil: return nil
        case .tensor(let constant): return constant
        case let other?: throw wrong(name, other, "a tensor")
        }
    }

    private func wrong(_ name: String, _ found: Attribute, _ expected: String) -> GraphError {
        GraphError(.wrongAttribute, self, found: "\(name) = \(found)", expected: "\(name) as \(expected)")
    }

    /// The name of input `index`, or `nil` where it is absent.
    public func input(_ index: Int) -> String? {
        guard inputs.indices.contains(index), !inputs[index].isEmpty else { return nil }
        return inputs[index]
    }
}

extension Attribute: CustomStringConvertible {
    /// The value as `pack inspect` prints it.
    public var description: String {
        switch self {
        case .int(let value): "\(value)"
        case .float(let value): "\(value)"
        case .string(let value): "\"\(value)\""
        case .ints(let values): "\(values)"
        case .floats(let values): "\(values)"
        case .strings(let values): "\(values)"
        case .tensor(let constant): "\(constant.dtype.name)\(constant.shape)"
        }
    }
}

extension TensorType: CustomStringConvertible {
    /// `f32[batch, sequence, 384]`.
    public var description: String { "\(dtype.name)[\(shape.map(\.description).joined(separator: ", "))]" }
}
