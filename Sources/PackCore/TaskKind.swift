/// What a model answers, and so how its outputs become an answer for people.
public enum TaskKind: UInt32, Sendable, CaseIterable {
    /// Named tensors only.
    case tensors = 0
    /// One vector a text.
    case embedding = 1
    /// One vector a token.
    case hiddenState = 2
    /// Scores for labels, one set a text.
    case classification = 3
    /// Scores for labels, one set a token.
    case tokenClassification = 4
    /// Scores for the start and the end of an answer within the text.
    case questionAnswering = 5
    /// Scores for each piece of the vocabulary, one set a token.
    case maskedLanguage = 6
}
