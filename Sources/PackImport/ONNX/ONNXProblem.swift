/// A part of an ONNX model that cannot be run.
public struct ONNXProblem: Hashable, Sendable {
    /// The kinds of trouble.
    public enum Kind: String, Hashable, Sendable {
        /// An operator that is not built.
        case unsupportedOperator
        /// An operator, or a mode of one, that is for training.
        case training
        /// An element type, or a value that is no tensor.
        case unsupportedType
        /// An operator that is built, used in a way that is not.
        case unsupportedUse
        /// Something that the operator's definition does not allow.
        case invalid
    }

    /// The kind.
    public let kind: Kind
    /// The node, by its name or a number; the value, where it is about none.
    public let place: String
    /// The node's operator, with its domain unless that is the standard's; empty where it is about no node.
    public let op: String
    /// What was found.
    public let found: String
    /// What would do.
    public let expected: String
    /// What the user can do.
    public let hint: String
    /// What would have to be fixed so that it could be run; empty where nothing is known to help.
    public let needs: [ONNXNeed]

    /// Describes a problem.
    public init(
        kind: Kind, place: String, op: String, found: String, expected: String, hint: String? = nil,
        needs: [ONNXNeed] = []
    ) {
        (self.kind, self.place, self.op, self.found, self.expected) = (kind, place, op, found, expected)
        let options = needs.map(\.option).joined(separator: " and ")
        self.hint = needs.isEmpty ? hint ?? kind.hint : "give \(options)"
        self.needs = needs
    }
}

/// Why a rule does not take a node.
struct ONNXRefusal: Error {
    let kind: ONNXProblem.Kind
    let found: String
    let expected: String
    var hint: String?
    /// What is not known and would have to be.
    var unknown: [Unknown] = []

    /// Something that is not known before running.
    enum Unknown: Hashable {
        /// The elements of a value.
        case value(String)
        /// The extents of a value.
        case shape(String)
        /// What a user can fix.
        case need(ONNXNeed)
    }

    init(
        _ kind: ONNXProblem.Kind, found: String, expected: String, hint: String? = nil, unknown: [Unknown] = []
    ) {
        (self.kind, self.found, self.expected, self.hint) = (kind, found, expected, hint)
        self.unknown = unknown
    }

    static func use(_ found: String, _ expected: String) -> ONNXRefusal {
        ONNXRefusal(.unsupportedUse, found: found, expected: expected)
    }

    /// A value whose elements decide what is to be done, and are not known.
    static func unknown(_ what: String, _ value: String, _ expected: String = "a constant") -> ONNXRefusal {
        ONNXRefusal(
            .unsupportedUse, found: "\(what) '\(value)' that only running tells", expected: expected,
            unknown: [.value(value)])
    }
}

extension ONNXProblem.Kind {
    /// What usually helps.
    var hint: String {
        switch self {
        case .unsupportedOperator, .unsupportedUse:
            "export the model again so that it does without: another opset, a simplifier, or constant folding"
        case .training: "export the model for inference: in PyTorch call model.eval() before torch.onnx.export"
        case .unsupportedType: "convert it to float32 or an integer type of 8 to 64 bits"
        case .invalid: "check the file with onnx.checker.check_model(path, full_check=True)"
        }
    }
}

/// What is known of operators that are not built.
enum ONNXUnsupported {
    static let controlFlow: Set<String> = ["If", "Loop", "Scan", "SequenceMap"]
    static let training: Set<String> = ["Adagrad", "Adam", "Gradient", "Momentum"]
    static let fixedPath =
        "export with a fixed path: trace the model instead of scripting it, with inputs of fixed shape"
    static let trainingDomain = "ai.onnx.preview.training"

    static func refusal(_ op: String, domain: String) -> ONNXRefusal {
        if domain == trainingDomain || training.contains(op) {
            return ONNXRefusal(.training, found: "an operator for training", expected: "operators for inference")
        }
        if controlFlow.contains(op) {
            return ONNXRefusal(
                .unsupportedOperator, found: "control flow", expected: "a graph without it",
                hint: fixedPath)
        }
        if !known(domain) {
            return ONNXRefusal(
                .unsupportedOperator, found: "operators of \(domain)", expected: "ai.onnx, ai.onnx.ml or com.microsoft",
                hint: "export with standard operators, or with the operator's definition as a function of the model")
        }
        if domain == "com.microsoft", let refusal = microsoft(op) { return refusal }
        return ONNXRefusal(.unsupportedOperator, found: "no operator of that name here", expected: "a known operator")
    }

    static func known(_ domain: String) -> Bool {
        ["ai.onnx", "ai.onnx.ml", "ai.onnx.preview", "com.microsoft", trainingDomain].contains(domain)
    }
}
