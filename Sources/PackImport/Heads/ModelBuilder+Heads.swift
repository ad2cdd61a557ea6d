import PackGraph

/// The heads of Hugging Face's classes.
extension ModelBuilder {
    /// One vector of scores a text: [batch, labels].
    mutating func sequenceClassifier(
        _ x: String, _ labels: Int, _ configuration: EncoderConfiguration
    ) throws(ImportError) -> String {
        let hidden = configuration.hidden
        let first = try firstToken(x, "classifier")
        switch configuration.family {
        case .bert:
            let path = "\(weights.prefix)pooler.dense"
            let pooled = node("Tanh", path, [try linear(first, path, hidden, hidden)])
            return try linear(pooled, "classifier", hidden, labels)
        case .distilbert:
            let pooled = node("Relu", "pre_classifier", [try linear(first, "pre_classifier", hidden, hidden)])
            return try linear(pooled, "classifier", hidden, labels)
        case .roberta:
            let dense = try linear(first, "classifier.dense", hidden, hidden)
            return try linear(node("Tanh", "classifier.dense", [dense]), "classifier.out_proj", hidden, labels)
        }
    }

    /// One vector of scores a token: [batch, sequence, labels].
    mutating func tokenClassifier(
        _ x: String, _ labels: Int, _ configuration: EncoderConfiguration
    ) throws(ImportError) -> String {
        try linear(x, "classifier", configuration.hidden, labels)
    }

    /// How well an answer starts, and ends, at each token: [batch, sequence] each.
    mutating func answerSpan(
        _ x: String, _ configuration: EncoderConfiguration
    ) throws(ImportError) -> (start: String, end: String) {
        let path = "qa_outputs"
        let both = try linear(x, path, configuration.hidden, 2)
        let (start, end) = pair("Split", path, [both, try list(1, 1)], ["axis": .int(-1)])
        let last = try list(-1)
        return (node("Squeeze", path, [start, last]), node("Squeeze", path, [end, last]))
    }

    /// One score a token and word: [batch, sequence, vocabulary].
    mutating func maskedLanguage(_ x: String, _ configuration: EncoderConfiguration) throws(ImportError) -> String {
        let hidden = configuration.hidden
        let names = MaskedLanguageNames(configuration.family)
        let activation = configuration.family == .roberta ? .gelu : configuration.activation
        let dense = try linear(x, names.dense, hidden, hidden)
        let active = try activate(dense, activation, names.dense)
        let normal = try layerNorm(active, names.norm, hidden, configuration.epsilon)
        let table = "\(weights.prefix)embeddings.word_embeddings.weight"
        let own = "\(names.decoder).weight"
        // A projection of its own is used only where the configuration unties it from the word table.
        let weight = configuration.isTied ? table : own
        return try linear(
            normal, names.decoder, hidden, configuration.vocabulary, weightNames: [weight], biasNames: names.biases)
    }

    /// The vector of the first token: [batch, hidden].
    mutating func firstToken(_ x: String, _ path: String) throws(ImportError) -> String {
        node("Gather", path, [x, try integer(0)], ["axis": .int(1)])
    }
}

/// Names of the modules that predict masked words.
private struct MaskedLanguageNames {
    let dense: String
    let norm: String
    let decoder: String
    let biases: [String]

    init(_ family: EncoderFamily) {
        switch family {
        case .bert:
            (dense, norm) = ("cls.predictions.transform.dense", "cls.predictions.transform.LayerNorm")
            (decoder, biases) = ("cls.predictions.decoder", ["cls.predictions.bias", "cls.predictions.decoder.bias"])
        case .distilbert:
            (dense, norm) = ("vocab_transform", "vocab_layer_norm")
            (decoder, biases) = ("vocab_projector", ["vocab_projector.bias"])
        case .roberta:
            (dense, norm) = ("lm_head.dense", "lm_head.layer_norm")
            (decoder, biases) = ("lm_head.decoder", ["lm_head.bias", "lm_head.decoder.bias"])
        }
    }
}
