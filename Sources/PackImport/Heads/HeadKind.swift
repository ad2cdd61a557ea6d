/// What can stand on an encoder, by how Hugging Face's classes end.
enum HeadKind: CaseIterable {
    case none, sequenceClassification, tokenClassification, questionAnswering, maskedLanguage, preTraining

    /// The end of the class name.
    var suffix: String {
        switch self {
        case .none: "Model"
        case .sequenceClassification: "ForSequenceClassification"
        case .tokenClassification: "ForTokenClassification"
        case .questionAnswering: "ForQuestionAnswering"
        case .maskedLanguage: "ForMaskedLM"
        case .preTraining: "ForPreTraining"
        }
    }
}
