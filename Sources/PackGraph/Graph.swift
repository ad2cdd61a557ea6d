import PackCore

/// Element type and shape of a value; `nil` where inference has not (yet) found it.
public struct TensorType: Hashable, Sendable {
    /// Element type.
    public var dtype: DType
    /// One entry an axis; empty for a scalar.
    public var shape: [Dimension]

    /// Describes a tensor of the given element type and shape.
    public init(_ dtype: DType, _ shape: [Dimension]) {
        self.dtype = dtype
        self.shape = shape
    }

    /// Bytes of such a tensor; `nil` where they are not one number, or more than 64 bits count.
    public var byteCount: Int? {
        if shape.contains(.constant(0)) { return 0 }
        var bytes = dtype.size
        for dimension in shape {
            guard let extent = dimension.constant else { return nil }
            let (product, overflow) = bytes.multipliedReportingOverflow(by: extent)
            guard !overflow else { return nil }
            bytes = product
        }
        return bytes
    }
}

/// An attribute of a node, as ONNX types them.
public enum Attribute: Hashable, Sendable {
    case int(Int)
    case float(Float)
    case string(String)
    case ints([Int])
    case floats([Float])
    case strings([String])
    case tensor(Constant)
}

/// One application of an operator. Operator names and meanings are ONNX's (opset 20), and those of `FusedOperator` and `LoopOperator`.
public struct Node: Sendable {
    /// Operator, for example `MatMul`.
    public var op: String
    /// A name for messages, unique in its graph: for example the path of the module that it came from.
    public var name: String
    /// Names of the values read; an absent optional input is the empty string.
    public var inputs: [String]
    /// Names of the values made.
    public var outputs: [String]
    /// Attributes by name.
    public var attributes: [String: Attribute]

    /// Makes a node.
    public init(
        _ op: String, name: String, inputs: [String], outputs: [String], attributes: [String: Attribute] = [:]
    ) {
        self.op = op
        self.name = name
        self.inputs = inputs
        self.outputs = outputs
        self.attributes = attributes
    }
}

/// A named value at the edge of a graph.
public struct Port: Sendable {
    /// The name by which nodes, requests and answers refer to it.
    public var name: String
    /// Its element type and shape; dimensions may be symbols.
    public var type: TensorType

    /// Makes a port.
    public init(_ name: String, _ type: TensorType) {
        self.name = name
        self.type = type
    }
}

/// A computation: nodes in an order in which every input stands before its use, over values identified by name.
public struct Graph: Sendable {
    /// In topological order.
    public var nodes: [Node] = []
    /// What a request brings.
    public var inputs: [Port] = []
    /// Names of the values that an answer holds.
    public var outputs: [String] = []
    /// Weights and other fixed tensors.
    public var constants: ValueMap<Constant> = [:]
    /// The texts whose codes are the elements of string constants.
    public var texts = TextTable()
    /// What inference knows of every value, constants and inputs included.
    public var types: ValueMap<TensorType> = [:]

    /// Contents of small integer values (scalars and lists) as far as inference follows them: what Shape gives and
    /// Reshape takes. Row-major; as many as the value has elements.
    public var contents: ValueMap<[Dimension]> = [:]

    /// Makes an empty graph.
    public init() {}
}
