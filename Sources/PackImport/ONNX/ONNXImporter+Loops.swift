import PackCore
import PackFormats
import PackGraph

// Loops whose number of turns is known become as many copies of their bodies.
extension ONNXImporter {
    /// Turns of a loop that are written out.
    static let turnLimit = 1024

    private static func longer(_ found: String) -> ONNXRefusal {
        ONNXRefusal(
            .unsupportedOperator, found: found,
            expected: "a number of turns known before running, at most \(turnLimit)",
            hint: "export with a fixed path: trace the model instead of scripting it, with inputs of fixed shape")
    }

    /// The body of a loop.
    private func body(_ operation: ONNXOperation) throws(ONNXRefusal) -> ONNXGraph {
        guard case .graph(let body)? = operation.attributes["body"] else {
            throw ONNXRefusal(.invalid, found: "no body", expected: "a graph")
        }
        return body
    }

    /// Adds one turn of a body and gives the values that it makes.
    mutating func turn(
        _ body: ONNXGraph, _ values: [String], _ number: Int, _ operation: ONNXOperation, _ scope: ONNXScope
    ) throws(ONNXRefusal) -> [String] {
        guard body.inputs.count == values.count else {
            throw ONNXRefusal(.invalid, found: "\(body.inputs.count) inputs", expected: "\(values.count)")
        }
        let inner = ONNXScope(
            inside: scope, seesOuter: true, prefix: "\(operation.name)/\(number)/", versions: scope.versions,
            attributes: scope.attributes)
        for (input, value) in zip(body.inputs, values) { inner.bind(input.name, to: value) }
        for tensor in body.initializers { add(inner.define(tensor.name), try constant(tensor)) }
        for node in body.nodes { add(node, inner) }
        return body.outputs.map { inner.resolve($0.name) }
    }

    /// Loop: turns, condition, values carried along; then the values of each turn, stacked.
    mutating func unrollLoop(_ operation: ONNXOperation, _ scope: ONNXScope) throws(ONNXRefusal) {
        let body = try body(operation)
        var carried = Array(operation.inputs.dropFirst(2))
        let scans = body.outputs.count - 1 - carried.count
        guard scans >= 0 else {
            throw ONNXRefusal(.invalid, found: "\(body.outputs.count) outputs", expected: "\(carried.count + 1)")
        }
        var limit: Int?
        if let count = operation.input(0) {
            guard let known = number(count) else { throw Self.longer("turns '\(count)' that only running tells") }
            limit = known
        }
        var goesOn = true
        if let condition = operation.input(1) {
            guard let known = number(condition) else { throw Self.longer("a condition that only running tells") }
            goesOn = known != 0
        }
        let yes = uniqueValue("\(operation.name)/true")
        if let constant = try? Constant(.bool, [], bytes: [1]) { add(yes, constant) }
        var stacks = [[String]](repeating: [], count: scans)
        var number = 0
        while goesOn, limit.map({ number < $0 }) ?? true {
            guard number < Self.turnLimit else { throw Self.longer("more turns") }
            let made = try turn(body, [integers([number], shape: []), yes] + carried, number, operation, scope)
            guard let condition = made.first, let known = self.number(condition) else {
                throw Self.longer("a condition that only running tells")
            }
            carried = Array(made[1..<1 + carried.count])
            for index in 0..<scans { stacks[index].append(made[1 + carried.count + index]) }
            goesOn = known != 0
            number += 1
        }
        for (index, value) in carried.enumerated() { pass(value, as: index, of: operation) }
        for (index, values) in stacks.enumerated() {
            try stack(values, axis: 0, as: carried.count + index, of: operation)
        }
    }

    /// Scan: values carried along, then tensors taken apart along an axis; gives the first, then values of each turn, stacked.
    mutating func unrollScan(_ operation: ONNXOperation, _ scope: ONNXScope) throws(ONNXRefusal) {
        guard operation.version >= 9 else { throw ONNXUnsupported.refusal("Scan", domain: operation.domain) }
        let body = try body(operation)
        let parts = try operation.int("num_scan_inputs", default: 0)
        guard parts >= 1, parts <= operation.inputs.count, body.outputs.count >= operation.inputs.count - parts else {
            throw ONNXRefusal(.invalid, found: "num_scan_inputs \(parts)", expected: "1 to \(operation.inputs.count)")
        }
        var carried = Array(operation.inputs.dropLast(parts))
        let taken = Array(operation.inputs.suffix(parts))
        let scans = body.outputs.count - carried.count
        func list(_ name: String, _ count: Int) throws(ONNXRefusal) -> [Int] {
            let values = try operation.ints(name) ?? Array(repeating: 0, count: count)
            guard values.count == count else {
                throw ONNXRefusal(.invalid, found: "\(values.count) \(name)", expected: "\(count)")
            }
            return values
        }
        let axes = try list("scan_input_axes", parts)
        let backwards = try list("scan_input_directions", parts)
        let outputAxes = try list("scan_output_axes", scans)
        let outputBackwards = try list("scan_output_directions", scans)
        let rank = try shape(taken[0]).count
        let length = try known(taken[0], axis: axes[0] < 0 ? axes[0] + rank : axes[0])
        guard length <= Self.turnLimit else { throw Self.longer("\(length) turns") }
        var stacks = [[String]](repeating: [], count: scans)
        for number in 0..<length {
            var entries: [String] = []
            for (index, value) in taken.enumerated() {
                let position = integers([backwards[index] == 0 ? number : length - 1 - number], shape: [])
                entries.append(helper("Gather", operation, [value, position], ["axis": .int(axes[index])]))
            }
            let made = try turn(body, carried + entries, number, operation, scope)
            carried = Array(made[..<carried.count])
            for index in 0..<scans { stacks[index].append(made[carried.count + index]) }
        }
        for (index, value) in carried.enumerated() { pass(value, as: index, of: operation) }
        for (index, values) in stacks.enumerated() {
            let ordered = outputBackwards[index] == 0 ? values : values.reversed()
            try stack(ordered, axis: outputAxes[index], as: carried.count + index, of: operation)
        }
    }

    /// A whole number or truth that is known before running.
    func number(_ value: String) -> Int? {
        if let constant = graph.constants[value] { return constant.scalarInteger }
        guard let content = graph.contents[value], content.count == 1 else { return nil }
        return content[0].constant
    }

    /// Gives a value, a sequence too, under an output's name.
    mutating func pass(_ value: String, as index: Int, of operation: ONNXOperation) {
        guard let output = operation.output(index) else { return }
        if let list = sequences[value] {
            sequences[output] = list
        } else {
            give(value, as: index, of: operation)
        }
    }

    /// Gives values one after the other along a new axis.
    private mutating func stack(
        _ values: [String], axis: Int, as index: Int, of operation: ONNXOperation
    ) throws(ONNXRefusal) {
        guard let output = operation.output(index) else { return }
        guard !values.isEmpty else { throw Self.longer("no turn") }
        let apart = values.map { helper("Unsqueeze", operation, [$0, integers([axis])]) }
        emit(
            "Concat", operation, apart, ["axis": .int(axis)], outputs: [output], name: "\(operation.name)/stack\(index)"
        )
    }
}
