/// The numbers of an encoder, from `config.json`, each in a range that keeps arithmetic with them in bounds.
struct EncoderConfiguration {
    let family: EncoderFamily
    /// `model_type`.
    let modelType: String
    /// The class in `architectures`, or the family's plain encoder.
    let architecture: String
    let head: HeadKind
    let hidden: Int
    let layers: Int
    let heads: Int
    let intermediate: Int
    let vocabulary: Int
    /// Rows of the position table.
    let positions: Int
    /// Rows of the token type table; 0 where the architecture has none.
    let tokenTypes: Int
    /// Identifier of the padding token.
    let padding: Int
    let epsilon: Float
    let activation: Activation
    /// Whether the output projection of a masked language model is the word table.
    let isTied: Bool
    let settings: Settings

    /// Numbers in one head.
    var headSize: Int { hidden / heads }

    /// Tokens that the position table can place. RoBERTa counts positions from behind the padding token's identifier.
    var usablePositions: Int { family == .roberta ? positions - padding - 1 : positions }

    /// Whether a request can bring `token_type_ids`.
    var takesTokenTypes: Bool { family == .bert && tokenTypes > 1 }

    init(_ settings: Settings) throws(ImportError) {
        self.settings = settings
        (family, modelType, architecture, head) = try Self.identify(settings)
        let isDistil = family == .distilbert
        hidden = try settings.count(isDistil ? "dim" : "hidden_size", "hidden_size", in: 1...65536)
        layers = try settings.count(isDistil ? "n_layers" : "num_hidden_layers", "num_hidden_layers", in: 1...1024)
        heads = try settings.count(isDistil ? "n_heads" : "num_attention_heads", "num_attention_heads", in: 1...1024)
        intermediate = try settings.count(isDistil ? "hidden_dim" : "intermediate_size", in: 1...(1 << 20))
        vocabulary = try settings.count("vocab_size", in: 1...(1 << 24))
        positions = try settings.count("max_position_embeddings", in: 1...(1 << 20))
        tokenTypes = isDistil ? 0 : try settings.count("type_vocab_size", in: 1...(1 << 16), default: 2)
        padding = try settings.count("pad_token_id", in: 0...(1 << 24), default: family == .roberta ? 1 : 0)
        epsilon = Float(
            isDistil ? 1e-12 : try settings.number("layer_norm_eps", in: 0...0.1, default: 1e-12))
        activation = try Activation.encoder(settings, keys: isDistil ? ["activation", "hidden_act"] : ["hidden_act"])
        isTied = try settings.flag("tie_word_embeddings", default: true)
        try checkDivision()
        try refuseVariants()
    }

    private func checkDivision() throws(ImportError) {
        if let (key, value) = settings.value(["n_heads", "num_attention_heads"]), hidden % heads != 0 {
            throw settings.invalid(value, at: key, expected: "a divisor of the hidden size, \(hidden)")
        }
        if let (key, value) = settings.value(["max_position_embeddings"]), usablePositions < 1 {
            throw settings.invalid(
                value, at: key, expected: "more than the padding token's identifier, \(padding), plus 1")
        }
    }

    /// Refuses what the same architectures can be configured to be, and what is not built.
    private func refuseVariants() throws(ImportError) {
        let position = try settings.text("position_embedding_type") ?? "absolute"
        guard position == "absolute" else {
            throw .unsupported(position, file: settings.file, place: "position_embedding_type", expected: "absolute")
        }
        for flag in ["is_decoder", "add_cross_attention", "is_encoder_decoder"]
        where try settings.flag(flag, default: false) {
            throw .unsupported("true", file: settings.file, place: flag, expected: "false: an encoder")
        }
    }
}
