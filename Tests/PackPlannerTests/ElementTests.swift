import PackCore
import PackGraph
import PackPasses
import PackRuntime
import Testing

/// Operators give what their definitions say, however much is known before they run.
@Suite struct ElementTests {
    @Test(
        arguments: ElementCase.elementwise + ElementCase.reductions + ElementCase.selections + ElementCase.shapes
            + ElementCase.products)
    func givesWhatTheDefinitionSays(_ example: ElementCase) throws {
        let count = example.inputs.count
        // All brought by the request; all but the first constant; with free dimensions.
        for (isFixed, constants) in [(true, Set<Int>()), (true, Set(1..<max(count, 1))), (false, [])] {
            let graph = try Graph.node(
                example.op, example.inputs, example.attributes, outputs: example.expected.count, isFixed: isFixed,
                constants: constants)
            let given = example.inputs.enumerated().compactMap { constants.contains($0) ? nil : $1 }
            try check(graph, given, example)
            try check(PassPipeline.standard.run(graph).graph, given, example)
        }
    }

    private func check(_ graph: Graph, _ given: [TensorValue], _ example: ElementCase) throws {
        let session = try Session(graph)
        for _ in 0..<2 {
            let found = try session.answer(given)
            #expect(found.count == example.expected.count)
            for (found, expected) in zip(found, example.expected) {
                #expect(found.isClose(to: expected, 1e-6), "\(example): \(found), expected \(expected)")
            }
        }
    }
}
