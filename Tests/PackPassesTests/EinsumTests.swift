import PackGraph
import PackPasses
import Testing

/// Layers and attention of Keras. The evaluator knows no sums of products: Tests/conformance/exporters.py compares numbers.
@Suite struct EinsumTests {
    private func einsum(_ s: inout Sketch, _ equation: String, _ a: String, _ b: String) -> String {
        s("Einsum", a, b, attributes: ["equation": .string(equation)])
    }

    private func operators(_ graph: Graph) throws -> [String] {
        let result = try PassPipeline.standard.run(graph).graph
        try result.validate()
        #expect(result.outputs.map { result.types[$0] } == graph.outputs.map { graph.types[$0] })
        return result.operators
    }

    @Test func layerThatMakesHeads() throws {
        var s = Sketch(seed: 71)
        let heads = einsum(&s, "abc,cde->abde", s.x, try s.weight(8, 2, 3))
        #expect(try operators(try s.finish(heads)) == ["Linear", "Reshape"])
    }

    @Test func layerThatJoinsHeads() throws {
        var s = Sketch(seed: 72)
        let heads = s("Sigmoid", s("Reshape", s.x, try s.list(0, 0, 2, 4)))
        let joined = einsum(&s, "abcd,cde->abe", heads, try s.weight(2, 4, 5))
        #expect(try operators(try s.finish(joined)) == ["Reshape", "Sigmoid", "Reshape", "Linear"])
    }

    /// Results in another order, sums over an axis of the constant that is not its first, or over none.
    @Test(arguments: [("abc,cde->abed", [8, 2, 3]), ("abc,dce->abde", [2, 8, 3]), ("abc,de->abde", [2, 3])])
    func otherSums(_ equation: String, _ shape: [Int]) throws {
        var s = Sketch(seed: 73)
        let weight = s.graph.constant(
            "w", try Constant(floats: Array(repeating: 0.5, count: shape.reduce(1, *)), shape: shape))
        let sums = einsum(&s, equation, s.x, weight)
        #expect(try operators(try s.finish(sums)) == ["Einsum"])
    }

    enum Fault { case weights, output }

    private func attention(_ fault: Fault?) throws -> Graph {
        var s = Sketch(seed: 74)
        var parts: [String] = []
        for _ in 0..<3 {
            let product = einsum(&s, "abc,cde->abde", s.x, try s.weight(8, 2, 4))
            parts.append(s("Add", product, try s.weight(2, 4)))
        }
        let query = s("Mul", parts[0], try s.number(0.5))
        let scores = einsum(&s, "aecd,abcd->acbe", parts[1], query)
        let weights = s("Softmax", scores)
        let mixed = einsum(&s, fault == .weights ? "aceb,aecd->abcd" : "acbe,aecd->abcd", weights, parts[2])
        let result = einsum(&s, "abcd,cde->abe", mixed, try s.weight(2, 4, 8))
        return try fault == .output ? s.finish(result, weights) : s.finish(result)
    }

    @Test func attentionOfKeras() throws {
        let result = try PassPipeline.standard.run(try attention(nil)).graph
        let found = try #require(result.node("Attention"), "\(result)")
        #expect(result.node("Softmax") == nil && result.node("Einsum") == nil)
        #expect(found.attributes["heads"] == .int(2) && found.attributes["scale"] == .float(0.5))
    }

    @Test(arguments: [Fault.weights, .output])
    func nearMisses(_ fault: Fault) throws {
        let result = try PassPipeline.standard.run(try attention(fault)).graph
        #expect(result.node("Attention") == nil && result.node("Softmax") != nil, "\(result)")
    }
}
