import PackCore
import PackFormats
import PackGraph

/// What is scanned along which axes, and how the results are put together.
private struct ScanForm {
    var inputAxes: [Int]
    var inputBackwards: [Bool]
    var outputAxes: [Int]
    var outputBackwards: [Bool]

    init(_ operation: ONNXOperation, scanned: Int, collected: Int) throws(ONNXRefusal) {
        func list(_ name: String, _ count: Int) throws(ONNXRefusal) -> [Int] {
            let values = try operation.ints(name) ?? Array(repeating: 0, count: count)
            guard values.count == count else {
                throw ONNXRefusal(.invalid, found: "\(values.count) \(name)", expected: "\(count)")
            }
            return values
        }
        let isOld = operation.version < 9
        inputAxes = try list("scan_input_axes", scanned)
        inputBackwards = try list(isOld ? "directions" : "scan_input_directions", scanned).map { $0 != 0 }
        outputAxes = try list("scan_output_axes", collected)
        outputBackwards = try list("scan_output_directions", collected).map { $0 != 0 }
    }
}

extension ONNXImporter {
    /// Scan: values carried along, then tensors taken apart along an axis; gives the first, then values of each turn, stacked.
    mutating func unrollScan(_ operation: ONNXOperation, _ scope: ONNXScope) throws(ONNXRefusal) {
        let body = try body(operation)
        let isOld = operation.version < 9
        if isOld, let lengths = operation.input(0) {
            throw .use("lengths '\(lengths)' of sequences", "sequences of one length")
        }
        let inputs = Array(operation.inputs.dropFirst(isOld ? 1 : 0))
        let parts = try operation.int("num_scan_inputs", default: 0)
        guard parts >= 1, parts <= inputs.count, body.outputs.count >= inputs.count - parts else {
            throw ONNXRefusal(.invalid, found: "num_scan_inputs \(parts)", expected: "1 to \(inputs.count)")
        }
        let carried = Array(inputs.dropLast(parts))
        let taken = Array(inputs.suffix(parts))
        let form = try ScanForm(operation, scanned: parts, collected: body.outputs.count - carried.count)
        guard isOld else {
            let made = try scan(body, carried, taken, form, "", operation, scope)
            for (index, value) in made.carried.enumerated() { pass(value, as: index, of: operation) }
            for (index, values) in made.stacks.enumerated() {
                try stack(values, axis: form.outputAxes[index], as: carried.count + index, of: operation)
            }
            return
        }
        // Before version 9, the first axis of everything is the batch.
        let batch = try known(taken[0], axis: 0)
        guard (1...Self.turnLimit).contains(batch) else { throw .use("a batch of \(batch)", "1 to \(Self.turnLimit)") }
        var columns = [[String]](repeating: [], count: body.outputs.count)
        for place in 0..<batch {
            let own = carried.map { entry(of: $0, axis: 0, place, operation) }
            let rows = taken.map { entry(of: $0, axis: 0, place, operation) }
            let made = try scan(body, own, rows, form, "\(place)/", operation, scope)
            for (index, value) in made.carried.enumerated() { columns[index].append(value) }
            for (index, values) in made.stacks.enumerated() {
                let apart = values.map { helper("Unsqueeze", operation, [$0, integers([0])]) }
                columns[carried.count + index].append(helper("Concat", operation, apart, ["axis": .int(0)]))
            }
        }
        for (index, values) in columns.enumerated() { try stack(values, axis: 0, as: index, of: operation) }
    }

    /// The values carried after all turns, and what each turn gave.
    private mutating func scan(
        _ body: ONNXGraph, _ carried: [String], _ taken: [String], _ form: ScanForm, _ part: String,
        _ operation: ONNXOperation, _ scope: ONNXScope
    ) throws(ONNXRefusal) -> (carried: [String], stacks: [[String]]) {
        var carried = carried
        let axis = form.inputAxes[0]
        let length = try known(taken[0], axis: axis < 0 ? axis + (try shape(taken[0]).count) : axis)
        guard length <= Self.turnLimit else { throw .use("\(length) turns", "at most \(Self.turnLimit)") }
        var stacks = [[String]](repeating: [], count: body.outputs.count - carried.count)
        let before = problems.count
        for number in 0..<length {
            guard problems.count == before else { break }
            let entries = taken.enumerated().map { index, value in
                entry(
                    of: value, axis: form.inputAxes[index],
                    form.inputBackwards[index] ? length - 1 - number : number, operation)
            }
            let made = try turn(body, carried + entries, "\(part)\(number)/", operation, scope)
            carried = Array(made[..<carried.count])
            for index in stacks.indices { stacks[index].append(made[carried.count + index]) }
        }
        for index in stacks.indices where form.outputBackwards[index] { stacks[index].reverse() }
        return (carried, stacks)
    }

    /// One entry of an axis, without the axis.
    private mutating func entry(of value: String, axis: Int, _ place: Int, _ operation: ONNXOperation) -> String {
        helper("Gather", operation, [value, integers([place], shape: [])], ["axis": .int(axis)])
    }
}
