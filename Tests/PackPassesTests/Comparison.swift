import PackCore
import PackGraph
import PackPasses
import Testing

/// Tokens for the inputs of an encoder: two texts, the second padded.
func encoderInputs(_ graph: Graph, seed: UInt64 = 7) -> [String: Tensor] {
    var random = SeededGenerator(seed: seed)
    let (batch, sequence) = (2, 5)
    var ids = (0..<(batch * sequence)).map { _ in Int.random(in: 2..<20, using: &random) }
    ids[8] = 1
    ids[9] = 1
    var tensors = ["input_ids": Tensor([batch, sequence], integers: ids)]
    tensors["attention_mask"] = Tensor([batch, sequence], integers: [1, 1, 1, 1, 1, 1, 1, 1, 0, 0])
    tensors["token_type_ids"] = Tensor([batch, sequence], integers: [0, 0, 1, 1, 1, 0, 1, 1, 0, 0])
    for port in graph.inputs where tensors[port.name] == nil {
        let shape = port.type.shape.map { $0.evaluate(["batch": batch, "sequence": sequence, "source": 7]) ?? 3 }
        tensors[port.name] = Tensor(shape, floats: random.floats(shape.reduce(1, *), -2...2))
    }
    return tensors
}

/// The largest difference between what two graphs compute.
func difference(_ left: Graph, _ right: Graph, seed: UInt64 = 7) throws -> Float {
    let inputs = encoderInputs(left, seed: seed)
    let expected = try Evaluator.run(left, inputs)
    let found = try Evaluator.run(right, inputs)
    #expect(left.outputs == right.outputs)
    var largest: Float = 0
    for name in left.outputs {
        let a = try #require(expected[name])
        let b = try #require(found[name])
        #expect(a.shape == b.shape)
        for (x, y) in zip(a.floats, b.floats) { largest = max(largest, abs(x - y)) }
    }
    return largest
}

/// Runs the given passes and checks that the numbers stay.
func rewritten(_ graph: Graph, _ options: PassOptions = PassOptions()) throws -> Graph {
    let result = try PassPipeline.standard.run(graph, options).graph
    try result.validate()
    #expect(try difference(graph, result) <= 1e-5)
    return result
}
