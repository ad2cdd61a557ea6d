import PackFormats
import PackIO

extension EncoderConfiguration {
    /// Finds family and head from `model_type` and `architectures`; either can be left out, not both.
    static func identify(
        _ settings: Settings
    ) throws(ImportError) -> (family: EncoderFamily, modelType: String, architecture: String, head: HeadKind) {
        let classes = try classes(settings)
        let modelType = try settings.text("model_type") ?? classes.first.flatMap(modelType(ofClass:))
        guard let modelType else {
            throw settings.missing(["model_type", "architectures"], hint: "known: \(knownTypes)")
        }
        guard let known = EncoderFamily.modelTypes.first(where: { $0.name == modelType }) else {
            throw unknown(settings, found: modelType, at: "model_type", known: EncoderFamily.modelTypes.map(\.name))
        }
        guard let name = classes.first else {
            return (known.family, modelType, className(modelType) + HeadKind.none.suffix, .none)
        }
        guard let head = HeadKind.allCases.first(where: { className(modelType) + $0.suffix == name }) else {
            let names = HeadKind.allCases.map { className(modelType) + $0.suffix }
            throw unknown(settings, found: name, at: "architectures", known: names)
        }
        return (known.family, modelType, name, head)
    }

    private static var knownTypes: String { EncoderFamily.modelTypes.map(\.name).joined(separator: ", ") }

    private static func classes(_ settings: Settings) throws(ImportError) -> [String] {
        guard let (key, value) = settings.value(["architectures"]) else { return [] }
        let names = value.elements.compactMap(\.string)
        guard value.kind == .array, names.count == value.elements.count else {
            throw settings.invalid(value, at: key, expected: "a list of class names")
        }
        return names
    }

    /// How the classes of a model type begin.
    private static func className(_ modelType: String) -> String {
        switch modelType {
        case "bert": "Bert"
        case "distilbert": "DistilBert"
        case "roberta": "Roberta"
        case "xlm-roberta": "XLMRoberta"
        default: "Camembert"
        }
    }

    private static func modelType(ofClass name: String) -> String? {
        let matching = EncoderFamily.modelTypes.filter { type in
            HeadKind.allCases.contains { className(type.name) + $0.suffix == name }
        }
        return matching.first?.name
    }

    private static func unknown(
        _ settings: Settings, found: String, at place: String, known: [String]
    ) -> ImportError {
        let nearest = Suggestion.nearest(to: found, among: known).map { "the nearest known is \($0)" }
        return ImportError(
            .unknownArchitecture,
            ErrorFacts(
                "is of an architecture that is not known", file: settings.file, place: place, found: found,
                expected: "one of " + known.joined(separator: ", "), hint: nearest))
    }
}
