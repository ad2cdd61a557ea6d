import PackGraph
import PackImport
import Testing

@Suite struct DescriptionTests {
    @Test func describesASentenceModel() throws {
        let model = try ImportedModel.load(Fixture.path("bert-embedding-dense"))
        let description = model.description
        #expect(description.task == .embedding)
        #expect(description.pooling == .cls)
        #expect(description.isNormalized)
        #expect(description.embedding == 24)
        #expect(description.maximumTokens == 16)
        #expect(description.types["f16"] == 39)
        #expect(description.types["f32"] == 2)
        #expect(model.tokenizerFolder == Fixture.path("bert-embedding-dense"))
    }

    @Test(arguments: [("bert-hidden", 24), ("distilbert-hidden", 24), ("roberta-hidden", 22)])
    func knowsTheLongestText(name: String, tokens: Int) throws {
        #expect(try ImportedModel.load(Fixture.path(name)).description.maximumTokens == tokens)
    }

    @Test func takesNoLimitForNone() throws {
        let copy = try SpoiltModel("bert-hidden")
        try copy.write("tokenizer_config.json", "{\"model_max_length\": 1000000000000000019884624838656}")
        #expect(try ImportedModel.load(copy.path).description.maximumTokens == 24)
        try copy.write("tokenizer_config.json", "{\"model_max_length\": 7}")
        #expect(try ImportedModel.load(copy.path).description.maximumTokens == 7)
    }

    @Test func namesTheLabels() throws {
        let labels = ["negative", "neutral", "positive"]
        #expect(try ImportedModel.load(Fixture.path("bert-classification")).task == .classification(labels: labels))
        #expect(try ImportedModel.load(Fixture.path("roberta-tokens")).task == .tokenClassification(labels: labels))
        #expect(try ImportedModel.load(Fixture.path("roberta-answers")).task == .questionAnswering)
    }

    @Test func sharesTiedWeights() throws {
        let graph = try ImportedModel.load(Fixture.path("roberta-masked")).graph
        let table = "roberta.embeddings.word_embeddings.weight"
        // Stored as F16, lent as F32 to the lookup and to the output product.
        #expect(graph.constants[table]?.dtype == .f32)
        #expect(graph.nodes.filter { $0.inputs.contains(table) }.map(\.op) == ["Gather", "Transpose"])
    }

    @Test func takesTokenTypesOnlyWhereTheyMatter() throws {
        let inputs = try ["bert-hidden", "distilbert-hidden", "roberta-hidden"].map {
            try ImportedModel.load(Fixture.path($0)).graph.inputs.map(\.name)
        }
        #expect(inputs[0] == ["input_ids", "attention_mask", "token_type_ids"])
        #expect(inputs[1] == ["input_ids", "attention_mask"])
        #expect(inputs[2] == ["input_ids", "attention_mask"])
    }

    @Test func infersTheShapesOfAnswers() throws {
        let graph = try ImportedModel.load(Fixture.path("bert-embedding")).graph
        #expect(graph.types["sentence_embedding"] == TensorType(.f32, ["batch", 32]))
    }
}
