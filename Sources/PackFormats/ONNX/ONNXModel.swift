/// An operator that a model defines by other operators (`FunctionProto`).
public struct ONNXFunction: Sendable {
    /// Its name.
    public let name: String
    /// Who defines it.
    public let domain: String
    /// Which of several of the same name.
    public let overload: String
    /// Names of what it is given.
    public let inputs: [String]
    /// Names of what it gives.
    public let outputs: [String]
    /// Names of attributes that have no default.
    public let attributes: [String]
    /// Attributes with their defaults.
    public let defaults: [ONNXAttribute]
    /// In topological order.
    public let nodes: [ONNXNode]
    /// Versions of the operators that it uses.
    public let operatorSets: [ONNXOperatorSet]
    /// What is known of its values.
    public let values: [ONNXValueInfo]
}

/// How a model is trained (`TrainingInfoProto`): read, and not used.
public struct ONNXTraining: Sendable {
    /// What sets the first values.
    public let initialization: ONNXGraph?
    /// One step of training.
    public let algorithm: ONNXGraph?
    /// Initializers by the outputs of the initialization that set them.
    public let initializationBinding: [ONNXProperty]
    /// Initializers by the outputs of a step that replace them.
    public let updateBinding: [ONNXProperty]
}

/// A model (`ModelProto`).
public struct ONNXModel: Sendable {
    /// Version of the format.
    public let irVersion: Int
    /// Versions of the operators.
    public let operatorSets: [ONNXOperatorSet]
    /// The tool that wrote it.
    public let producer: String
    /// Version of that tool.
    public let producerVersion: String
    /// Whose model it is.
    public let domain: String
    /// Version of the model.
    public let modelVersion: Int
    /// What it says of itself.
    public let documentation: String
    /// The computation.
    public let graph: ONNXGraph
    /// Notes that tools have left.
    public let metadata: [ONNXProperty]
    /// How it is trained.
    public let training: [ONNXTraining]
    /// Operators of its own.
    public let functions: [ONNXFunction]

    /// The newest version of the format that is read.
    public static let newestIRVersion = 14

    /// The version of a set of operators; nil if the model does not use it.
    public func version(of domain: String) -> Int? {
        operatorSets.first { $0.domain == domain }?.version
    }
}

extension ONNXFunction: WireDecodable {
    init(_ message: inout WireMessage) throws(ONNXFailure) {
        var (name, domain, overload) = ("", "", "")
        var (inputs, outputs, attributes): ([String], [String], [String]) = ([], [], [])
        var defaults: [ONNXAttribute] = []
        var nodes: [ONNXNode] = []
        var sets: [ONNXOperatorSet] = []
        var values: [ONNXValueInfo] = []
        while let field = try message.next() {
            switch field {
            case 1: name = try message.text("name")
            case 4: try message.text("input", into: &inputs)
            case 5: try message.text("output", into: &outputs)
            case 6: try message.text("attribute", into: &attributes)
            case 7: try message.message("node", into: &nodes)
            case 9: try message.message("opset_import", into: &sets)
            case 10: domain = try message.text("domain")
            case 11: try message.message("attribute_proto", into: &defaults)
            case 12: try message.message("value_info", into: &values)
            case 13: overload = try message.text("overload")
            default: try message.skip()
            }
        }
        (self.name, self.domain, self.overload) = (name, ONNXOperatorSet.name(of: domain), overload)
        (self.inputs, self.outputs, self.attributes, self.defaults) = (inputs, outputs, attributes, defaults)
        (self.nodes, self.operatorSets, self.values) = (nodes, sets, values)
    }
}

extension ONNXTraining: WireDecodable {
    init(_ message: inout WireMessage) throws(ONNXFailure) {
        var (initialization, algorithm): (ONNXGraph?, ONNXGraph?) = (nil, nil)
        var (first, update): ([ONNXProperty], [ONNXProperty]) = ([], [])
        while let field = try message.next() {
            switch field {
            case 1: try message.message("initialization", once: &initialization)
            case 2: try message.message("algorithm", once: &algorithm)
            case 3: try message.message("initialization_binding", into: &first)
            case 4: try message.message("update_binding", into: &update)
            default: try message.skip()
            }
        }
        (self.initialization, self.algorithm) = (initialization, algorithm)
        (initializationBinding, updateBinding) = (first, update)
    }
}

extension ONNXModel: WireDecodable {
    init(_ message: inout WireMessage) throws(ONNXFailure) {
        var version: (value: Int, offset: Int)?
        var sets: [ONNXOperatorSet] = []
        var (producer, producerVersion, domain, documentation) = ("", "", "", "")
        var modelVersion = 0
        var graph: ONNXGraph?
        var metadata: [ONNXProperty] = []
        var training: [ONNXTraining] = []
        var functions: [ONNXFunction] = []
        while let field = try message.next() {
            switch field {
            case 1:
                version = (try message.int64("ir_version"), message.fieldStart)
                try Self.check(version: version, message)
            case 2: producer = try message.text("producer_name")
            case 3: producerVersion = try message.text("producer_version")
            case 4: domain = try message.text("domain")
            case 5: modelVersion = try message.int64("model_version")
            case 6: documentation = try message.text("doc_string")
            case 7: try message.message("graph", once: &graph)
            case 8: try message.message("opset_import", into: &sets)
            case 14: try message.message("metadata_props", into: &metadata)
            case 20: try message.message("training_info", into: &training)
            case 25: try message.message("functions", into: &functions)
            // Device configurations say where to compute, not what.
            default: try message.skip()
            }
        }
        try Self.check(version: version, message)
        guard let version, let graph else {
            throw message.failure(.missingField, at: nil, found: "no graph", expected: "a graph").inside("graph")
        }
        irVersion = version.value
        // Before version 3 of the format, models use the first operators.
        operatorSets = sets.isEmpty ? [ONNXOperatorSet(domain: ONNXOperatorSet.standard, version: 1)] : sets
        (self.producer, self.producerVersion, self.domain) = (producer, producerVersion, domain)
        (self.modelVersion, self.documentation, self.graph, self.metadata) =
            (modelVersion, documentation, graph, metadata)
        (self.training, self.functions) = (training, functions)
    }

    private static func check(version: (value: Int, offset: Int)?, _ message: WireMessage) throws(ONNXFailure) {
        guard let version else {
            throw message.failure(
                .missingField, at: nil, found: "no version of the format", expected: "1 to \(newestIRVersion)"
            ).inside("ir_version")
        }
        guard version.value <= newestIRVersion else {
            throw message.failure(
                .versionTooNew, at: version.offset, found: "\(version.value)", expected: "at most \(newestIRVersion)"
            ).inside("ir_version")
        }
        guard version.value >= 1 else {
            throw message.failure(
                .outOfRange, at: version.offset, found: "\(version.value)", expected: "1 to \(newestIRVersion)"
            ).inside("ir_version")
        }
    }
}
