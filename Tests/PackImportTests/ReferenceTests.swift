import Glibc
import PackGraph
import PackImport
import PackPasses
import Testing

/// The graphs of the tiny models give what transformers gives, before and after the passes.
@Suite struct ReferenceTests {
    @Test(arguments: Fixture.names)
    func givesWhatTransformersGives(name: String) throws {
        let model = try ImportedModel.load(Fixture.path(name))
        let reference = try Fixture.reference(name)
        try compare(model.graph, reference)
        let optimized = try PassPipeline.standard.run(model.graph).graph
        try compare(optimized, reference)
        #expect(optimized.nodes.count < model.graph.nodes.count / 2)
    }

    private func compare(_ graph: Graph, _ reference: [String: Tensor]) throws {
        let inputs = reference.filter { name, _ in graph.inputs.contains { $0.name == name } }
        #expect(inputs.count == graph.inputs.count)
        let answers = try Evaluator.run(graph, inputs)
        #expect(Set(graph.outputs) == Set(reference.keys).subtracting(inputs.keys))
        for output in graph.outputs {
            let (expected, found) = (try #require(reference[output]), try #require(answers[output]))
            #expect(found.shape == expected.shape)
            let difference = zip(found.floats, expected.floats).map { abs($0 - $1) }.max() ?? .infinity
            #expect(difference < 2e-5, "\(output) differs by \(difference)")
        }
    }

    @Test(arguments: [("roberta", "xlm-roberta", "XLMRoberta"), ("roberta", "camembert", "Camembert")])
    func buildsTheSameGraphForRelatives(of family: String, type: String, name: String) throws {
        let copy = try SpoiltModel("roberta-masked")
        try copy.replace("\"RobertaForMaskedLM\"", by: "\"\(name)ForMaskedLM\"")
        try copy.replace("\"model_type\": \"roberta\"", by: "\"model_type\": \"\(type)\"")
        let model = try ImportedModel.load(copy.path)
        #expect(model.description.modelType == type)
        try compare(model.graph, try Fixture.reference("roberta-masked"))
    }
}

/// The real model, where `PACK_MODEL_FOLDER` names its folder (all-MiniLM-L6-v2).
@Suite(.enabled(if: getenv("PACK_MODEL_FOLDER") != nil))
struct RealModelTests {
    private let path = getenv("PACK_MODEL_FOLDER").map { String(cString: $0) } ?? ""

    @Test func describesIt() throws {
        let clock = ContinuousClock()
        var model: ImportedModel?
        let time = try clock.measure { model = try ImportedModel.load(path) }
        print("imported in \(time)")
        let description = try #require(model).description
        #expect(description.architecture == "BertModel")
        #expect(description.parameters == 22_713_216)
        #expect(description.maximumTokens == 256)
        #expect(description.layers == 6)
        #expect(description.heads == 12)
        #expect(description.embedding == 384)
        #expect(description.pooling == .mean)
        #expect(description.isNormalized)
        #expect(description.types == ["f32": 103, "i64": 1])
        #expect(description.unused == ["embeddings.position_ids", "pooler.dense.bias", "pooler.dense.weight"])
    }

    @Test func givesTheReferenceEmbeddings() throws {
        let model = try ImportedModel.load(path)
        let file = try Fixture.tensors(Fixture.models + "/minilm/embeddings.safetensors")
        let ends = try #require(file["ids_ends"]).integers
        let (ids, vectors) = (try #require(file["ids"]).integers, try #require(file["embeddings"]).floats)
        for index in ends.indices where index < 12 {
            let row = Array(ids[(index == 0 ? 0 : ends[index - 1])..<ends[index]])
            guard row.count <= 24 else { continue }
            let shape = [1, row.count]
            let answer = try Evaluator.run(
                model.graph,
                [
                    "input_ids": Tensor(shape, integers: row),
                    "attention_mask": Tensor(shape, integers: row.map { _ in 1 }),
                    "token_type_ids": Tensor(shape, integers: row.map { _ in 0 }),
                ])
            let found = try #require(answer["sentence_embedding"]).floats
            let difference = zip(found, vectors[(index * 384)...]).map { abs($0 - $1) }.max() ?? .infinity
            #expect(difference < 1e-5, "text \(index) differs by \(difference)")
        }
    }
}
