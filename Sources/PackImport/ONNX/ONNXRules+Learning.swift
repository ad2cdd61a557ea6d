import PackCore
import PackFormats
import PackGraph

extension ONNXRules {
    /// Operators of ai.onnx.ml. Linear models and what prepares features become basic operators.
    static let learning: [String: ONNXRule] = merge([
        learningLinear, learningFeatures, learningEncoders, learningMaps, learningTrees,
        learningVectors,
    ])
    /// Operators of com.microsoft that exporters of such models write.
    static let learningMicrosoft: [String: ONNXRule] = ["CDist": distances]

    /// Nodes that only rules write: a file's operators of these names are others.
    static let learningNodes: Set<String> = [
        "TreeScores", "SVMKernel", "PairwiseProbability", "TermCounts", "TextTokens", "TextNumbers",
    ]
}

/// What becomes of scores (post_transform).
enum ONNXPostTransform: String {
    case none = "NONE"
    case logistic = "LOGISTIC"
    case softmax = "SOFTMAX"
    case softmaxZero = "SOFTMAX_ZERO"
    case probit = "PROBIT"

    init(_ operation: ONNXOperation) throws(ONNXRefusal) {
        let text = try operation.text("post_transform") ?? "NONE"
        guard let transform = ONNXPostTransform(rawValue: text) else {
            throw ONNXRefusal(
                .invalid, found: "post_transform \(text)", expected: "NONE, LOGISTIC, SOFTMAX, SOFTMAX_ZERO or PROBIT")
        }
        self = transform
    }
}

/// The classes of a classifier.
struct ONNXClasses {
    /// The numbers that answers have; nil for classes with names, which answers have then.
    let numbers: [Int]?
    let names: [String]
    var count: Int { numbers?.count ?? names.count }

    init(_ operation: ONNXOperation, numbers attribute: String) throws(ONNXRefusal) {
        names = try operation.texts("classlabels_strings") ?? []
        numbers = names.isEmpty ? try operation.ints(attribute) ?? [] : nil
        guard count > 0 else { throw ONNXRefusal(.invalid, found: "no class labels", expected: "one a class") }
    }
}

extension ONNXOperation {
    /// A list of texts, or nil.
    func texts(_ name: String) throws(ONNXRefusal) -> [String]? {
        switch attributes[name] {
        case nil: return nil
        case .strings(let values)?: return values.map { String(decoding: $0, as: UTF8.self) }
        default: throw ONNXRefusal(.invalid, found: "attribute \(name) of another kind", expected: "a list of texts")
        }
    }
}

extension ONNXImporter {
    /// A value as f32.
    mutating func float(_ name: String, _ operation: ONNXOperation) throws(ONNXRefusal) -> String {
        guard let type = graph.types[name] else {
            throw .use("value '\(name)' of unknown type", "a type that can be told before running")
        }
        return type.dtype == .f32 ? name : helper("Cast", operation, [name], ["to": .dtype(.f32)])
    }

    /// Rows of features: one row, if there is only one axis.
    mutating func rows(_ name: String, _ operation: ONNXOperation) throws(ONNXRefusal) -> String {
        let shape = try shape(name)
        if shape.count == 2 { return name }
        guard shape.count == 1 else { throw .use("features of shape \(shape)", "rows of features") }
        return helper("Unsqueeze", operation, [name, integers([0])])
    }

    /// A matrix, or a tensor of any shape.
    mutating func constant(
        _ values: [Float], _ shape: [Int], _ operation: ONNXOperation, _ part: String
    ) throws(ONNXRefusal) -> String {
        do throws(GraphError) {
            let made = try Constant(floats: values, shape: shape)
            let name = uniqueValue("\(operation.name)/\(part)")
            add(name, made)
            return name
        } catch { throw ONNXRefusal(.invalid, found: error.found, expected: error.expected) }
    }

    /// Emits the node that makes an output which is wanted, with a name of its own.
    mutating func finish(
        _ op: String, _ operation: ONNXOperation, _ inputs: [String], _ attributes: [String: Attribute] = [:],
        output index: Int = 0
    ) {
        guard let output = operation.output(index) else { return }
        let name = index == 0 ? nil : "\(operation.name)/\(index)"
        emit(op, operation, inputs, attributes, outputs: [output], name: name)
    }

    /// Answers with classes, given their indices [N].
    mutating func answer(
        _ index: String, _ classes: ONNXClasses, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        guard let numbers = classes.numbers else {
            labels = classes.names
            let names = try texts(classes.names.map { Array($0.utf8) }, operation)
            return finish("Gather", operation, [names, index], ["axis": .int(0)])
        }
        if numbers == Array(numbers.indices) { return finish("Identity", operation, [index]) }
        finish("Gather", operation, [integers(numbers), index], ["axis": .int(0)])
    }

    /// The index [N] of the largest of the scores [N, C], the first of equal ones.
    mutating func largest(_ scores: String, _ operation: ONNXOperation) -> String {
        helper("ArgMax", operation, [scores], ["axis": .int(1), "keepdims": .int(0)])
    }

    /// 0 or 1 [N]: whether the only score of each row is more than a threshold.
    mutating func positive(_ score: String, above threshold: Float, _ operation: ONNXOperation) -> String {
        let column = helper("Squeeze", operation, [score, integers([1])])
        let isMore = helper("Greater", operation, [column, scalar(threshold, like: nil, operation)])
        return helper("Cast", operation, [isMore], ["to": .dtype(.i64)], "index")
    }

    /// Scores [N, C] after the transform.
    mutating func transformed(
        _ scores: String, _ transform: ONNXPostTransform, _ operation: ONNXOperation
    ) -> String {
        switch transform {
        case .none: scores
        case .logistic: helper("Sigmoid", operation, [scores])
        case .softmax: helper("Softmax", operation, [scores], ["axis": .int(1)])
        case .softmaxZero: softmaxZero(scores, operation)
        case .probit: probit(scores, operation)
        }
    }

    /// Scores of a regression after the transform. A single score has no other class: but for PROBIT, runtimes leave it as it
    /// is.
    mutating func regressed(
        _ scores: String, _ transform: ONNXPostTransform, targets: Int, _ operation: ONNXOperation
    ) -> String {
        targets == 1 && transform != .probit ? scores : transformed(scores, transform, operation)
    }

    /// Two columns of one: the other class gets 1 − s where the score is a part of 1, else −s. Of the transforms, runtimes apply
    /// LOGISTIC alone: to −s and s.
    mutating func pair(
        _ score: String, _ transform: ONNXPostTransform, isPart: Bool, _ operation: ONNXOperation
    ) -> String {
        let isLogistic = transform == .logistic
        let other =
            isPart && !isLogistic
            ? helper("Sub", operation, [scalar(1, like: nil, operation), score])
            : helper("Neg", operation, [score])
        let columns = helper("Concat", operation, [other, score], ["axis": .int(1)])
        return isLogistic ? transformed(columns, transform, operation) : columns
    }

    /// Softmax over the scores that are not 0; those stay near 0.
    private mutating func softmaxZero(_ scores: String, _ operation: ONNXOperation) -> String {
        let keep: [String: Attribute] = ["keepdims": .int(1)]
        let axis = integers([1])
        let most = helper("ReduceMax", operation, [scores, axis], keep)
        let size = helper("Abs", operation, [scores])
        let isZero = helper("LessOrEqual", operation, [size, scalar(1e-7, like: nil, operation)])
        let power = helper("Exp", operation, [helper("Sub", operation, [scores, most])])
        let zero = scalar(0, like: nil, operation)
        let counted = helper("Where", operation, [isZero, zero, power])
        let sum = helper("ReduceSum", operation, [counted, axis], keep)
        let small = helper("Mul", operation, [scores, helper("Exp", operation, [helper("Neg", operation, [most])])])
        return helper("Div", operation, [helper("Where", operation, [isZero, small, power]), sum])
    }

    /// √2 erf⁻¹(2s − 1), by Winitzki's formula with a = 0.147, as runtimes compute it.
    private mutating func probit(_ scores: String, _ operation: ONNXOperation) -> String {
        func value(_ number: Float) -> String { scalar(number, like: nil, operation) }
        let x = helper("Sub", operation, [helper("Mul", operation, [scores, value(2)]), value(1)])
        let low = helper("Sub", operation, [value(1), x])
        let high = helper("Add", operation, [value(1), x])
        let log = helper("Log", operation, [helper("Mul", operation, [low, high])])
        let half = helper("Mul", operation, [log, value(0.5)])
        let v = helper("Add", operation, [half, value(2 / (3.14159 * 0.147))])
        let square = helper("Mul", operation, [v, v])
        let rest = helper("Sub", operation, [square, helper("Mul", operation, [log, value(1 / 0.147)])])
        let root = helper("Sqrt", operation, [rest])
        let size = helper("Sqrt", operation, [helper("Sub", operation, [root, v])])
        let signed = helper("Mul", operation, [helper("Sign", operation, [x]), size])
        return helper("Mul", operation, [signed, value(1.414_213_6)])
    }
}
