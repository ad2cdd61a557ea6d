import PackCore
import PackFormats
import PackGraph

// Loops whose number of turns only running tells are run turn by turn, if what they carry keeps its type.
extension ONNXImporter {
    /// Adds the body once, between the loop's ends.
    ///
    /// - Parameter refusal: What is thrown for a loop that is not of this kind.
    mutating func runLoop(
        _ operation: ONNXOperation, _ body: ONNXGraph, _ scope: ONNXScope, otherwise refusal: ONNXRefusal
    ) throws(ONNXRefusal) {
        let carried = Array(operation.inputs.dropFirst(2))
        let isPlain = carried.allSatisfy { graph.types[$0] != nil }
        // Values of each turn, stacked, would have as many entries as there are turns.
        guard isPlain, !carried.isEmpty, body.outputs.count == 1 + carried.count else { throw refusal }
        let loop: [String: Attribute] = ["loop": .int(graph.nodes.count)]
        let begun = (0..<2 + carried.count).map { _ in uniqueValue("\(operation.name)/carried") }
        let heads = [operation.input(0) ?? "", operation.input(1) ?? ""]
        emit(
            LoopOperator.begin.rawValue, operation, heads + carried, loop, outputs: begun,
            name: uniqueNode("\(operation.name)/begin"))
        let before = problems.count
        let made = try turn(body, [begun[0], begun[1]] + begun.dropFirst(2), "turn/", operation, scope)
        guard problems.count == before else { return }
        for (start, next) in zip(carried, made.dropFirst()) {
            guard let type = graph.types[next], type == graph.types[start], sequences[next] == nil else {
                throw refusal
            }
        }
        guard let goesOn = graph.types[made[0]], goesOn.dtype == .bool, goesOn.elementCount == 1 else { throw refusal }
        let ended = carried.indices.map { operation.output($0) ?? uniqueValue("\(operation.name)/last") }
        emit(
            LoopOperator.end.rawValue, operation,
            [heads[0], begun[0], begun[1], made[0]] + begun.dropFirst(2) + made.dropFirst(), loop, outputs: ended)
    }
}
