/// What a model is for, which says how its outputs are to be read.
public enum Task: Hashable, Sendable {
    /// `sentence_embedding` [batch, size].
    case embedding
    /// `last_hidden_state` [batch, sequence, hidden].
    case hiddenState
    /// `logits` [batch, labels].
    case classification(labels: [String])
    /// `logits` [batch, sequence, labels].
    case tokenClassification(labels: [String])
    /// `start_logits` and `end_logits` [batch, sequence].
    case questionAnswering
    /// `logits` [batch, sequence, vocabulary].
    case maskedLanguage
    /// Tensors under the names that the model has for them.
    case tensors

    /// The name that reports use.
    public var name: String {
        switch self {
        case .embedding: "sentence-embedding"
        case .hiddenState: "hidden-state"
        case .classification: "sequence-classification"
        case .tokenClassification: "token-classification"
        case .questionAnswering: "question-answering"
        case .maskedLanguage: "masked-language-model"
        case .tensors: "tensors"
        }
    }

    /// The names of the classes, for the tasks that have some.
    public var labels: [String] {
        switch self {
        case .classification(let labels), .tokenClassification(let labels): labels
        default: []
        }
    }
}
