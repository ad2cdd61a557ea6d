import PackGraph
import PackPasses
import Testing

@Suite struct EncoderTests {
    @Test func miniLMBecomesFortyFiveNodes() throws {
        let graph = try EncoderBuilder.sentenceEncoder(layers: 6)
        let (result, records) = try PassPipeline.standard.run(graph)
        let layer = [
            "Linear", "Attention", "Linear", "LayerNormalization", "Linear", "Linear", "LayerNormalization",
        ]
        let expected = ["Embed"] + (0..<6).flatMap { _ in layer } + ["MaskedMean", "L2Normalize"]
        #expect(result.nodes.map(\.op) == expected, "\(result)")
        #expect(result.nodes.count == 45)
        #expect(try difference(graph, result) <= 1e-5)
        #expect(records.first?.nodesBefore == graph.nodes.count)
        #expect(records.last?.nodesAfter == 45)
        #expect(
            records.contains { $0.description == "fuse-layer-norm: encoder.layer.0.output.LayerNorm" }, "\(records)")
        #expect(records.contains { $0.description == "merge-qkv: encoder.layer.5.attention.self" }, "\(records)")
        #expect(records.last?.constantBytesAfter == result.constantBytes)
        let merged = try #require(result.constants["encoder.layer.0.attention.self.qkv.weight"])
        #expect(merged.shape == [24, 8])
    }
}
