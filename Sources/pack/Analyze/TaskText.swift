import PackImport

/// What a model is for, in words.
enum TaskText {
    /// One line without the model's name: `sentence embedding of 384 numbers, mean pooling, normalized`.
    static func describe(_ description: ModelDescription) -> String {
        switch description.task {
        case .embedding:
            let size = description.embedding.map { " of \($0) numbers" } ?? ""
            let pooling = description.pooling.map { ", \($0.rawValue) pooling" } ?? ""
            return "sentence embedding" + size + pooling + (description.isNormalized ? ", normalized" : "")
        case .hiddenState: return "a vector of \(description.hidden) numbers a token"
        case .classification(let labels): return "classification of texts, \(labels.count) labels"
        case .tokenClassification(let labels): return "classification of tokens, \(labels.count) labels"
        case .questionAnswering: return "question answering"
        case .maskedLanguage: return "masked language model"
        case .tensors: return "tensors by name"
        }
    }
}
