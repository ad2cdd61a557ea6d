// What was wrong.
extension ONNXImporter {
    mutating func note(_ refusal: ONNXRefusal, _ operation: ONNXOperation) {
        var unknown = refusal.unknown
        if unknown.isEmpty, refusal.kind == .unsupportedUse { unknown = deciding(operation.inputs) }
        note(refusal, place: operation.name, op: operation.fullName, unknown)
    }

    mutating func note(value: String, _ refusal: ONNXRefusal) {
        note(refusal, place: value, op: "", refusal.unknown)
    }

    private mutating func note(
        _ refusal: ONNXRefusal, place: String, op: String, _ unknown: [ONNXRefusal.Unknown]
    ) {
        problems.append(
            ONNXProblem(
                kind: refusal.kind, place: place, op: op, found: refusal.found, expected: refusal.expected,
                hint: refusal.hint, needs: needs(unknown)))
    }
}
