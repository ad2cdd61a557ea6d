import PackCore
import PackFormats
import PackGraph

// Loops whose number of turns is known become as many copies of their bodies.
extension ONNXImporter {
    /// Turns of a loop that are written out.
    static let turnLimit = 1024

    private static func longer(_ found: String, _ unknown: [String] = []) -> ONNXRefusal {
        ONNXRefusal(
            .unsupportedOperator, found: found,
            expected: "a number of turns known before running, at most \(turnLimit)",
            hint: ONNXUnsupported.fixedPath,
            unknown: unknown.map { .value($0) })
    }

    /// The graph that an attribute holds.
    func body(_ operation: ONNXOperation, _ name: String = "body") throws(ONNXRefusal) -> ONNXGraph {
        guard case .graph(let body)? = operation.attributes[name] else {
            throw ONNXRefusal(.invalid, found: "no \(name)", expected: "a graph")
        }
        return body
    }

    /// Adds a body or branch and gives the values that it makes.
    mutating func turn(
        _ body: ONNXGraph, _ values: [String], _ part: String, _ operation: ONNXOperation, _ scope: ONNXScope
    ) throws(ONNXRefusal) -> [String] {
        guard body.inputs.count == values.count else {
            throw ONNXRefusal(.invalid, found: "\(body.inputs.count) inputs", expected: "\(values.count)")
        }
        try count(body)
        let inner = ONNXScope(
            inside: scope, seesOuter: true, prefix: "\(operation.name)/\(part)", versions: scope.versions,
            attributes: scope.attributes)
        for (input, value) in zip(body.inputs, values) { inner.bind(input.name, to: value) }
        for tensor in body.initializers { add(inner.define(tensor.name), try constant(tensor)) }
        for tensor in body.sparseInitializers { add(inner.define(tensor.values.name), try dense(tensor)) }
        for node in body.nodes { add(node, inner) }
        return body.outputs.map { inner.resolve($0.name) }
    }

    /// A number of a turn, or another one that follows from nothing but the graph.
    private mutating func settledNumber(_ number: Int) -> String {
        let name = integers([number], shape: [])
        settled.insert(name)
        return name
    }

    /// A truth value.
    private mutating func truth(_ operation: ONNXOperation) -> String {
        let name = uniqueValue("\(operation.name)/true")
        if let constant = try? Constant(.bool, [], bytes: [1]) { add(name, constant) }
        settled.insert(name)
        return name
    }

    /// Loop: turns, condition, values carried along; then the values of each turn, stacked.
    mutating func unrollLoop(_ operation: ONNXOperation, _ scope: ONNXScope) throws(ONNXRefusal) {
        let body = try body(operation)
        var carried = Array(operation.inputs.dropFirst(2))
        let scans = body.outputs.count - 1 - carried.count
        guard scans >= 0 else {
            throw ONNXRefusal(.invalid, found: "\(body.outputs.count) outputs", expected: "\(carried.count + 1)")
        }
        let unknown = [operation.input(0), operation.input(1)].compactMap { $0 }.filter { number($0) == nil }
        guard unknown.isEmpty else {
            return try runLoop(
                operation, body, scope, otherwise: Self.longer("a number of turns that only running tells", unknown))
        }
        let limit = operation.input(0).flatMap { number($0) }
        var goesOn = operation.input(1).flatMap { number($0) }.map { $0 != 0 } ?? true
        let yes = truth(operation)
        var stacks = [[String]](repeating: [], count: scans)
        var turns = 0
        let before = problems.count
        while goesOn, limit.map({ turns < $0 }) ?? true {
            // What went wrong once goes wrong each time.
            guard problems.count == before else { return }
            guard turns < Self.turnLimit else { throw Self.longer("more turns") }
            let made = try turn(body, [settledNumber(turns), yes] + carried, "\(turns)/", operation, scope)
            guard let known = number(made[0]) else {
                return try runLoop(
                    operation, body, scope,
                    otherwise: Self.longer("a condition '\(made[0])' that only running tells", [made[0]]))
            }
            carried = Array(made[1..<1 + carried.count])
            for index in 0..<scans { stacks[index].append(made[1 + carried.count + index]) }
            goesOn = known != 0
            turns += 1
        }
        for (index, value) in carried.enumerated() { pass(value, as: index, of: operation) }
        for (index, values) in stacks.enumerated() {
            let type = body.outputs[1 + carried.count + index].type
            try stack(values, axis: 0, as: carried.count + index, of: operation, type)
        }
    }

    /// SequenceMap: the body for each entry of lists that are equally long, and of values that are the same for all.
    mutating func mapSequence(_ operation: ONNXOperation, _ scope: ONNXScope) throws(ONNXRefusal) {
        let body = try body(operation)
        let first = try list(operation, 0)
        var results = [[String]](repeating: [], count: body.outputs.count)
        for (index, name) in operation.inputs.enumerated() {
            guard let list = sequences[name], list.count != first.count else { continue }
            throw ONNXRefusal(
                .invalid, found: "list \(index) of \(list.count) entries", expected: "\(first.count), as the first has")
        }
        let before = problems.count
        for number in first.indices {
            guard problems.count == before else { return }
            let values = operation.inputs.map { sequences[$0]?[number] ?? $0 }
            let made = try turn(body, values, "\(number)/", operation, scope)
            for (index, value) in made.enumerated() { results[index].append(value) }
        }
        for (index, list) in results.enumerated() {
            guard let output = operation.output(index) else { continue }
            try setList(list, as: output)
        }
    }

    /// Gives a value, a list or nothing too, under an output's name.
    mutating func pass(_ value: String, as index: Int, of operation: ONNXOperation) {
        guard let output = operation.output(index) else { return }
        if let list = sequences[value] {
            sequences[output] = list
        } else if value.isEmpty || absent.contains(value) {
            absent.insert(output)
        } else {
            give(value, as: index, of: operation)
        }
    }

    /// Gives values one after the other along a new axis.
    mutating func stack(
        _ values: [String], axis: Int, as index: Int, of operation: ONNXOperation, _ type: ONNXType = .unknown
    ) throws(ONNXRefusal) {
        guard let output = operation.output(index) else { return }
        guard !values.isEmpty else {
            guard let entry = edges.type(of: output, type), let shape = entry.constantShape,
                let none = try? Constant(entry.dtype, [0] + shape, bytes: [])
            else { throw Self.longer("no turn, and values of unknown shape") }
            let name = uniqueValue("\(operation.name)/none")
            add(name, none)
            return give(name, as: index, of: operation)
        }
        for value in values where sequences[value] != nil || absent.contains(value) {
            throw ONNXRefusal(.invalid, found: "lists or nothing to be stacked", expected: "tensors")
        }
        let apart = values.map { helper("Unsqueeze", operation, [$0, integers([axis])]) }
        emit(
            "Concat", operation, apart, ["axis": .int(axis)], outputs: [output], name: "\(operation.name)/stack\(index)"
        )
    }
}
