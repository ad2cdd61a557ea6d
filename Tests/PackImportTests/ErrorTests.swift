import Glibc
import PackFormats
import PackIO
import PackImport
import Testing

@Suite struct FolderErrorTests {
    @Test func namesTheFolderThatIsNotThere() {
        #expect { try ImportedModel.load("/no/such/model") } throws: {
            ($0 as? ImportError)?.kind == .unreadable(.io(.system(.open, path: "/no/such/model", code: ENOENT)))
        }
    }

    @Test func refusesAFileForAFolder() {
        let path = Fixture.path("bert-hidden") + "/config.json"
        #expect { try ImportedModel.load(path) } throws: { ($0 as? ImportError)?.kind == .notFolder }
    }

    @Test func namesTheMissingConfiguration() throws {
        let copy = try SpoiltModel("bert-hidden")
        copy.remove("config.json")
        let error = try #require(copy.error())
        #expect(error.kind == .noConfiguration)
        #expect(error.facts.found?.contains("model.safetensors") == true)
    }

    @Test func saysHowToConvertOtherWeights() throws {
        let copy = try SpoiltModel("bert-hidden")
        copy.remove("model.safetensors")
        #expect(copy.error()?.kind == .noWeights)
        try copy.write("pytorch_model.bin", "x")
        let error = try #require(copy.error())
        #expect(error.kind == .noWeights)
        #expect(error.facts.found == "pytorch_model.bin")
        #expect(error.facts.hint?.contains("save_pretrained") == true)
    }

    @Test func namesTheBrokenFile() throws {
        let copy = try SpoiltModel("bert-hidden")
        try copy.write("config.json", "{\"model_type\": \"bert\",}")
        let error = try #require(copy.error())
        #expect(error.facts.file?.hasSuffix("/config.json") == true)
        #expect(error.facts.place == "byte 22")
        try copy.write("config.json", String(repeating: "[", count: 200))
        #expect(copy.error()?.facts.found == "deeper nesting")
        try copy.write("config.json", "[]")
        #expect(copy.error()?.kind == .fieldInvalid)
    }

    @Test func namesTheTruncatedWeights() throws {
        let copy = try SpoiltModel("bert-hidden")
        #expect(truncate(copy.path + "/model.safetensors", 20_000) == 0)
        let error = try #require(copy.error())
        guard case .unreadable(.safetensors(let failure)) = error.kind else {
            Issue.record("\(error)")
            return
        }
        #expect(failure.problem == .offsetsBeyondFile)
        #expect(failure.tensor != nil)
    }
}

/// A change of a file and what it must lead to.
struct Spoiling: CustomTestStringConvertible {
    let model: String
    var file = "config.json"
    let old: String
    let new: String
    let kind: ImportError.Kind
    let place: String

    var testDescription: String { "\(model): \(new.isEmpty ? "no \(old)" : new)" }

    init(
        _ model: String, _ old: String, _ new: String, _ kind: ImportError.Kind, at place: String,
        in file: String? = nil
    ) {
        (self.model, self.old, self.new, self.kind, self.place) = (model, old, new, kind, place)
        self.file = file ?? "config.json"
    }

    static let fields = [
        Spoiling("bert-hidden", "\"hidden_size\": 32,", "", .fieldMissing, at: "hidden_size"),
        Spoiling("bert-hidden", "\"vocab_size\": 100", "\"x\": 1", .fieldMissing, at: "vocab_size"),
        Spoiling("distilbert-hidden", "\"n_heads\": 4,", "", .fieldMissing, at: "n_heads"),
        Spoiling("bert-hidden", "\"hidden_size\": 32", "\"hidden_size\": \"32\"", .fieldInvalid, at: "hidden_size"),
        Spoiling("bert-hidden", "\"hidden_size\": 32", "\"hidden_size\": 32.5", .fieldInvalid, at: "hidden_size"),
        Spoiling("bert-hidden", "\"hidden_size\": 32", "\"hidden_size\": -32", .fieldInvalid, at: "hidden_size"),
        Spoiling(
            "bert-hidden", "\"num_hidden_layers\": 2", "\"num_hidden_layers\": 9223372036854775808",
            .fieldInvalid, at: "num_hidden_layers"),
        Spoiling(
            "bert-hidden", "\"num_hidden_layers\": 2", "\"num_hidden_layers\": 9223372036854775807",
            .fieldInvalid, at: "num_hidden_layers"),
        Spoiling(
            "bert-hidden", "\"num_attention_heads\": 4", "\"num_attention_heads\": 5", .fieldInvalid,
            at: "num_attention_heads"),
        Spoiling(
            "bert-hidden", "\"num_attention_heads\": 4", "\"num_attention_heads\": 0", .fieldInvalid,
            at: "num_attention_heads"),
        Spoiling(
            "bert-hidden", "\"layer_norm_eps\": 1e-12", "\"layer_norm_eps\": -1", .fieldInvalid, at: "layer_norm_eps"),
        Spoiling(
            "roberta-hidden", "\"pad_token_id\": 1", "\"pad_token_id\": 30", .fieldInvalid,
            at: "max_position_embeddings"),
        Spoiling("bert-classification", "\"2\": \"positive\"", "\"7\": \"positive\"", .fieldInvalid, at: "id2label.7"),
        Spoiling("bert-classification", "\"2\": \"positive\"", "\"2\": 2", .fieldInvalid, at: "id2label.2"),
    ]

    static let choices = [
        Spoiling(
            "bert-hidden", "\"model_type\": \"bert\"", "\"model_type\": \"bort\"", .unknownArchitecture,
            at: "model_type"),
        Spoiling(
            "bert-hidden", "\"BertModel\"", "\"BertForNextSentencePrediction\"", .unknownArchitecture,
            at: "architectures"),
        Spoiling("bert-hidden", "\"BertModel\"", "\"RobertaModel\"", .unknownArchitecture, at: "architectures"),
        Spoiling("bert-hidden", "\"hidden_act\": \"gelu\"", "\"hidden_act\": \"silu\"", .unsupported, at: "hidden_act"),
        Spoiling("bert-hidden", "\"is_decoder\": false", "\"is_decoder\": true", .unsupported, at: "is_decoder"),
        Spoiling(
            "bert-hidden", "\"hidden_act\"", "\"position_embedding_type\": \"relative_key\", \"hidden_act\"",
            .unsupported, at: "position_embedding_type"),
        Spoiling(
            "bert-embedding", "\"pooling_mode_max_tokens\": false", "\"pooling_mode_max_tokens\": true", .unsupported,
            at: "pooling_mode", in: "1_Pooling/config.json"),
        Spoiling(
            "bert-embedding", "\"pooling_mode_mean_tokens\": true", "\"pooling_mode_mean_tokens\": false",
            .unsupported, at: "pooling_mode", in: "1_Pooling/config.json"),
        Spoiling(
            "bert-embedding", "models.Normalize", "models.WordWeights", .unsupported, at: "[2].type",
            in: "modules.json"),
        Spoiling(
            "bert-embedding-dense", "activation.Tanh", "activation.Mish", .unsupported, at: "activation_function",
            in: "2_Dense/config.json"),
        Spoiling(
            "bert-embedding-dense", "\"in_features\": 32", "\"in_features\": 31", .fieldInvalid, at: "in_features",
            in: "2_Dense/config.json"),
    ]

    static let tensors = [
        Spoiling(
            "bert-hidden", "\"num_hidden_layers\": 2", "\"num_hidden_layers\": 3", .tensorMissing,
            at: "tensor \"encoder.layer.2.attention.self.query.weight\""),
        Spoiling(
            "bert-hidden", "\"intermediate_size\": 48", "\"intermediate_size\": 64", .tensorMisshaped,
            at: "tensor \"encoder.layer.0.intermediate.dense.weight\""),
        Spoiling(
            "bert-hidden", "\"vocab_size\": 100", "\"vocab_size\": 101", .tensorMisshaped,
            at: "tensor \"embeddings.word_embeddings.weight\""),
        Spoiling(
            "bert-hidden", "\"BertModel\"", "\"BertForQuestionAnswering\"", .tensorMissing,
            at: "tensor \"qa_outputs.weight\""),
        Spoiling(
            "bert-classification", "\"2\": \"positive\"", "\"2\": \"positive\", \"3\": \"more\"", .tensorMisshaped,
            at: "tensor \"classifier.weight\""),
        Spoiling(
            "bert-masked", "\"tie_word_embeddings\": true", "\"tie_word_embeddings\": false", .tensorMissing,
            at: "tensor \"cls.predictions.decoder.weight\""),
        Spoiling(
            "bert-hidden", "word_embeddings", "ward_embeddings", .tensorMissing,
            at: "tensor \"bert.embeddings.word_embeddings.weight\"", in: "model.safetensors"),
        Spoiling(
            "bert-hidden", "\"embeddings.LayerNorm.bias\":{\"dtype\":\"F32\"",
            "\"embeddings.LayerNorm.bias\":{\"dtype\":\"I32\"", .tensorType, at: "tensor \"embeddings.LayerNorm.bias\"",
            in: "model.safetensors"),
    ]
}

@Suite struct SpoilingTests {
    @Test(arguments: Spoiling.fields + Spoiling.choices + Spoiling.tensors)
    func refuses(_ spoiling: Spoiling) throws {
        let copy = try SpoiltModel(spoiling.model)
        try copy.replace(spoiling.old, by: spoiling.new, in: spoiling.file)
        let error = try #require(copy.error())
        #expect(error.kind == spoiling.kind)
        let place = try #require(error.facts.place)
        #expect(place == spoiling.place || place.hasPrefix(spoiling.place + " (byte "), "at \(place)")
        #expect(error.facts.file?.hasPrefix(copy.path) == true)
        #expect(error.facts.found?.isEmpty == false)
        #expect(error.facts.expected?.isEmpty == false)
    }

    @Test func suggestsTheNearestArchitecture() throws {
        let copy = try SpoiltModel("bert-hidden")
        try copy.replace("\"model_type\": \"bert\"", by: "\"model_type\": \"distillbert\"")
        let facts = try #require(copy.error()).facts
        #expect(facts.hint == "the nearest known is distilbert")
        #expect(facts.expected == "one of bert, distilbert, roberta, xlm-roberta, camembert")
    }

    @Test func namesShapesAndShard() throws {
        let copy = try SpoiltModel("distilbert-hidden")
        try copy.replace("\"hidden_dim\": 48", by: "\"hidden_dim\": 50")
        let facts = try #require(copy.error()).facts
        #expect(facts.found == "[48, 32]")
        #expect(facts.expected == "[50, 32]")
        #expect(facts.file?.contains("-of-00005.safetensors") == true)
    }

    @Test(arguments: ["../..", "/etc", "a/../b"])
    func refusesModulesOutsideTheFolder(path: String) throws {
        let copy = try SpoiltModel("bert-embedding")
        try copy.replace("\"1_Pooling\"", by: "\"\(path)\"", in: "modules.json")
        guard case .unreadable(.io)? = copy.error()?.kind else {
            Issue.record("\(String(describing: copy.error()))")
            return
        }
    }
}
