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

    /// Tasks take some rows and columns of a matrix each; matrices are repeated along leading axes.
    @Test(arguments: [1, 3]) func multipliesInParts(threads: Int) throws {
        let (m, k, n) = (300, 5, 270)
        let a = TensorValue(.f32, [2, 1, m, k], (0..<2 * m * k).map { Double($0 % 7) - 3 })
        let b = TensorValue(.f32, [3, k, n], (0..<3 * k * n).map { Double($0 % 5) - 2 })
        let session = try Session(Graph.node("MatMul", [a, b], isFixed: false), threads: threads)
        var expected: [Double] = []
        for left in 0..<2 {
            for right in 0..<3 {
                for row in 0..<m {
                    for column in 0..<n {
                        expected.append(
                            (0..<k).reduce(0) {
                                $0 + a.numbers[(left * m + row) * k + $1] * b.numbers[(right * k + $1) * n + column]
                            })
                    }
                }
            }
        }
        #expect(try session.answer([a, b]) == [TensorValue(.f32, [2, 3, m, n], expected)])
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
