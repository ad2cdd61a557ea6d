import PackFormats

/// Builds what stands on the encoder, and keeps what there is to tell of it.
struct HeadSummary {
    private(set) var task = Task.hiddenState
    private(set) var pooling: Pooling?
    private(set) var isNormalized = false
    /// Numbers in the vector at hand.
    private(set) var size: Int
    /// Checkpoints of Dense modules.
    private(set) var dense: [Checkpoint] = []

    init(hidden: Int) {
        size = hidden
    }

    /// The modules of a sentence-transformers model, in their order.
    mutating func sentence(
        _ hidden: String, _ mask: String, _ modules: [SentenceModule], _ builder: inout ModelBuilder
    ) throws(ImportError) -> ModelOutput {
        var x = hidden
        for module in modules {
            switch module {
            case .transformer: break
            case .pooling(let mode):
                pooling = mode
                x = try builder.pool(x, mask, mode)
            case .dense(let module):
                try check(module)
                x = try builder.dense(x, module, "dense\(dense.isEmpty ? "" : ".\(dense.count)")")
                dense.append(module.checkpoint)
                size = module.outputs
                isNormalized = false
            case .normalize:
                x = try builder.normalize(x)
                isNormalized = true
            }
        }
        task = pooling == nil ? .hiddenState : .embedding
        return ModelOutput(x, as: pooling == nil ? "last_hidden_state" : "sentence_embedding")
    }

    private func check(_ module: DenseModule) throws(ImportError) {
        guard let (key, value) = module.settings.value(["in_features"]), module.inputs != size else { return }
        throw module.settings.invalid(value, at: key, expected: "\(size), the size of the vector that it gets")
    }

    /// The head of a class of transformers.
    mutating func build(
        _ x: String, _ configuration: EncoderConfiguration, _ builder: inout ModelBuilder
    ) throws(ImportError) -> [ModelOutput] {
        switch configuration.head {
        case .none:
            return [ModelOutput(x, as: "last_hidden_state")]
        case .sequenceClassification:
            let classifier = configuration.family == .roberta ? "classifier.out_proj.weight" : "classifier.weight"
            let labels = try labels(classifier, configuration, builder)
            task = .classification(labels: labels)
            return [ModelOutput(try builder.sequenceClassifier(x, labels.count, configuration), as: "logits")]
        case .tokenClassification:
            let labels = try labels("classifier.weight", configuration, builder)
            task = .tokenClassification(labels: labels)
            return [ModelOutput(try builder.tokenClassifier(x, labels.count, configuration), as: "logits")]
        case .questionAnswering:
            task = .questionAnswering
            let (start, end) = try builder.answerSpan(x, configuration)
            return [ModelOutput(start, as: "start_logits"), ModelOutput(end, as: "end_logits")]
        case .maskedLanguage, .preTraining:
            task = .maskedLanguage
            return [ModelOutput(try builder.maskedLanguage(x, configuration), as: "logits")]
        }
    }

    private func labels(
        _ classifier: String, _ configuration: EncoderConfiguration, _ builder: ModelBuilder
    ) throws(ImportError) -> [String] {
        try Labels.read(configuration.settings, classifier: classifier, in: builder.weights.checkpoint)
    }
}
