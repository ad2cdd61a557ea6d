import PackCore
import PackGraph
import Testing

@Suite struct EditingTests {
    private func small() throws -> Graph {
        var b = GraphBuilder()
        let x = b.input("x", .f32, ["batch", 4])
        let w = b.constant("w", try Constant(floats: Array(repeating: 0, count: 8), shape: [4, 2]))
        let product = b.node("MatMul", "layer", [x, w])
        let twice = b.node("Add", "layer", [product, product])
        b.output(b.node("Mul", "half", [twice, try b.scalar(0.5)], output: "y"))
        return try b.finish()
    }

    @Test func producersAndConsumers() throws {
        let graph = try small()
        #expect(graph.producers() == ["layer.out": 0, "layer_1.out": 1, "y": 2])
        #expect(graph.consumers()["layer.out"] == [1, 1])
        #expect(graph.useCounts() == ["x": 1, "w": 1, "layer.out": 2, "layer_1.out": 1, "f32 0.5": 1, "y": 1])
        #expect(graph.operatorCounts == ["MatMul": 1, "Add": 1, "Mul": 1])
        #expect(graph.constantBytes == 36)
        #expect(graph.uniqueValueName("y") == "y_1")
        #expect(graph.uniqueNodeName("layer") == "layer_2")
        #expect(graph.uniqueNodeName("new") == "new")
    }

    @Test func removalAndReplacement() throws {
        var graph = try small()
        graph.replaceUses(of: "layer_1.out", with: "layer.out")
        graph.removeNodes(at: [1])
        try graph.validate()
        #expect(graph.nodes.map(\.op) == ["MatMul", "Mul"])
        #expect(graph.types["layer_1.out"] == nil)
    }

    @Test func text() throws {
        #expect(
            try small().description == """
                input x : f32[batch, 4]
                layer.out = MatMul(x, w{f32[4, 2]}) : f32[batch, 2]  # layer
                layer_1.out = Add(layer.out, layer.out) : f32[batch, 2]  # layer_1
                y = Mul(layer_1.out, 0.5) : f32[batch, 2]  # half
                output y : f32[batch, 2]
                """)
    }
}
