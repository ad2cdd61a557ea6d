/// One application of an operator or function (`NodeProto`).
public struct ONNXNode: Sendable {
    /// Names of the values read; an absent optional input is the empty text.
    public let inputs: [String]
    /// Names of the values made; one that is not wanted is the empty text.
    public let outputs: [String]
    /// Its name; often empty.
    public let name: String
    /// Operator.
    public let op: String
    /// Who defines the operator.
    public let domain: String
    /// Which of several functions of the same name.
    public let overload: String
    /// In the file's order.
    public let attributes: [ONNXAttribute]
    /// Notes that tools have left.
    public let metadata: [ONNXProperty]
}

/// A named value with its type (`ValueInfoProto`).
public struct ONNXValueInfo: Sendable {
    /// Its name.
    public let name: String
    /// Its type.
    public let type: ONNXType
}

/// A computation (`GraphProto`).
public struct ONNXGraph: Sendable {
    /// Its name.
    public let name: String
    /// In topological order, as the format asks for.
    public let nodes: [ONNXNode]
    /// What it is given. Before version 4 of the format, initializers are listed here too.
    public let inputs: [ONNXValueInfo]
    /// What it gives.
    public let outputs: [ONNXValueInfo]
    /// What is known of other values.
    public let values: [ONNXValueInfo]
    /// Fixed tensors, and defaults of inputs.
    public let initializers: [ONNXTensor]
    /// Fixed tensors most elements of which are zero.
    public let sparseInitializers: [ONNXSparseTensor]
    /// For values, the names of the tensors of scale and zero point that quantized them.
    public let quantization: [ONNXQuantization]
    /// Notes that tools have left.
    public let metadata: [ONNXProperty]
}

/// What quantized a value (`TensorAnnotation`).
public struct ONNXQuantization: Sendable {
    /// The value.
    public let tensor: String
    /// Names of tensors by their part: `SCALE_TENSOR`, `ZERO_POINT_TENSOR`.
    public let parameters: [ONNXProperty]
}

extension ONNXNode: WireDecodable {
    init(_ message: inout WireMessage) throws(ONNXFailure) {
        var (inputs, outputs): ([String], [String]) = ([], [])
        var (name, op, domain, overload) = ("", "", "", "")
        var attributes: [ONNXAttribute] = []
        var metadata: [ONNXProperty] = []
        while let field = try message.next() {
            switch field {
            case 1: try message.text("input", into: &inputs)
            case 2: try message.text("output", into: &outputs)
            case 3: name = try message.text("name")
            case 4: op = try message.text("op_type")
            case 5: try message.message("attribute", into: &attributes)
            case 7: domain = try message.text("domain")
            case 8: overload = try message.text("overload")
            case 9: try message.message("metadata_props", into: &metadata)
            // Device configurations say where to compute, not what.
            default: try message.skip()
            }
        }
        (self.inputs, self.outputs, self.name, self.op) = (inputs, outputs, name, op)
        self.domain = ONNXOperatorSet.name(of: domain)
        (self.overload, self.attributes, self.metadata) = (overload, attributes, metadata)
    }

    /// The value of an attribute.
    public func attribute(_ name: String) -> ONNXAttribute.Value? {
        attributes.first { $0.name == name }?.value
    }
}

extension ONNXValueInfo: WireDecodable {
    init(_ message: inout WireMessage) throws(ONNXFailure) {
        var name = ""
        var type: ONNXType?
        while let field = try message.next() {
            switch field {
            case 1: name = try message.text("name")
            case 2: try message.message("type", once: &type)
            default: try message.skip()
            }
        }
        self.name = name
        self.type = type ?? .unknown
    }
}

extension ONNXQuantization: WireDecodable {
    init(_ message: inout WireMessage) throws(ONNXFailure) {
        var tensor = ""
        var parameters: [ONNXProperty] = []
        while let field = try message.next() {
            switch field {
            case 1: tensor = try message.text("tensor_name")
            case 2: try message.message("quant_parameter_tensor_names", into: &parameters)
            default: try message.skip()
            }
        }
        (self.tensor, self.parameters) = (tensor, parameters)
    }
}

extension ONNXGraph: WireDecodable {
    init(_ message: inout WireMessage) throws(ONNXFailure) {
        var name = ""
        var nodes: [ONNXNode] = []
        var (inputs, outputs, values): ([ONNXValueInfo], [ONNXValueInfo], [ONNXValueInfo]) = ([], [], [])
        var initializers: [ONNXTensor] = []
        var sparse: [ONNXSparseTensor] = []
        var quantization: [ONNXQuantization] = []
        var metadata: [ONNXProperty] = []
        while let field = try message.next() {
            switch field {
            case 1: try message.message("node", into: &nodes)
            case 2: name = try message.text("name")
            case 5: try message.message("initializer", into: &initializers)
            case 11: try message.message("input", into: &inputs)
            case 12: try message.message("output", into: &outputs)
            case 13: try message.message("value_info", into: &values)
            case 14: try message.message("quantization_annotation", into: &quantization)
            case 15: try message.message("sparse_initializer", into: &sparse)
            case 16: try message.message("metadata_props", into: &metadata)
            default: try message.skip()
            }
        }
        (self.name, self.nodes, self.inputs, self.outputs, self.values) = (name, nodes, inputs, outputs, values)
        (self.initializers, self.sparseInitializers) = (initializers, sparse)
        (self.quantization, self.metadata) = (quantization, metadata)
    }
}
