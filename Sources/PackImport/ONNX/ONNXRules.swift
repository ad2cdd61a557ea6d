import PackFormats
import PackGraph

/// Adds what an operation means to the graph, or refuses it.
typealias ONNXRule = @Sendable (inout ONNXImporter, ONNXOperation) throws(ONNXRefusal) -> Void

/// How operators of files become those of graphs.
enum ONNXRules {
    /// Rules of the standard's operators, a family a file.
    static let standard: [String: ONNXRule] = merge([
        values, axes, older, normalizations, attentions, losses, windows, sequences,
        recurrences, fourier, texts, random,
    ])

    /// Operators that graphs do not have under these names, whatever else is called so.
    private static let fused = Set(
        FusedOperator.allCases.map(\.rawValue) + LoopOperator.allCases.map(\.rawValue))

    /// The rule of an operation; nil for an operator that is not known.
    static func rule(_ operation: ONNXOperation) -> ONNXRule? {
        switch operation.domain {
        case ONNXOperatorSet.standard:
            if let rule = standard[operation.op] { return rule }
            return isInferred(operation.op) ? same : nil
        case "ai.onnx.ml": return learning[operation.op]
        case "com.microsoft":
            return microsoft[operation.op] ?? quantized[operation.op] ?? learningMicrosoft[operation.op]
                ?? microsoftTexts[operation.op]
        default: return nil
        }
    }

    private static func isInferred(_ op: String) -> Bool {
        inferred.contains(op) && !fused.contains(op) && !learningNodes.contains(op)
    }
    private static let inferred = Set(inferredOperators)

    /// The operator as it is.
    @Sendable static func same(
        _ importer: inout ONNXImporter, _ operation: ONNXOperation
    ) throws(ONNXRefusal) {
        importer.emit(
            operation.op, operation, operation.inputs, importer.plain(operation, without: ["consumed_inputs"]))
    }

    /// The same rule for several operators.
    static func rules(_ operators: [String], _ rule: @escaping ONNXRule) -> [String: ONNXRule] {
        Dictionary(operators.map { ($0, rule) }) { first, _ in first }
    }

    static func merge(_ families: [[String: ONNXRule]]) -> [String: ONNXRule] {
        families.reduce(into: [:]) { $0.merge($1) { first, _ in first } }
    }
}
