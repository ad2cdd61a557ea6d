import PackFormats
import PackIO

/// A step of a sentence-transformers model, as `modules.json` lists them.
enum SentenceModule {
    /// The encoder, in its folder.
    case transformer(ContainedFolder)
    /// Many vectors to one.
    case pooling(Pooling)
    /// A linear layer on the vector.
    case dense(DenseModule)
    /// Division by the Euclidean norm.
    case normalize

    /// The kinds that are built, by the last part of the class name.
    static let known = ["Transformer", "Pooling", "Dense", "Normalize", "Dropout"]

    /// Reads `modules.json`, if the folder has one. The first module is the transformer.
    static func read(in folder: ContainedFolder) throws(ImportError) -> [SentenceModule]? {
        guard folder.contains("modules.json") else { return nil }
        let file = try reading { () throws(IOFailure) in try folder.file("modules.json") }
        let root = try parsing { () throws(FormatFailure) in try JSONDocument(file: file).root }
        guard root.kind == .array, (1...64).contains(root.elements.count) else {
            throw form(root, "the top", file, "a list of 1 to 64 modules")
        }
        var modules: [SentenceModule] = []
        for (index, element) in root.elements.enumerated() {
            if let module = try module(element, index, file, folder) { modules.append(module) }
        }
        return modules
    }

    private static func module(
        _ element: JSONValue, _ index: Int, _ file: String, _ folder: ContainedFolder
    ) throws(ImportError) -> SentenceModule? {
        guard let type = element["type"]?.string else {
            throw form(element["type"] ?? element, "[\(index)].type", file, "the name of a class")
        }
        guard let path = element["path"]?.string else {
            throw form(element["path"] ?? element, "[\(index)].path", file, "the name of a folder")
        }
        let kind = type.split(separator: ".").last.map(String.init) ?? type
        guard known.contains(kind), (kind == "Transformer") == (index == 0) else {
            throw .unsupported(
                type, file: file, place: "[\(index)].type",
                expected: index == 0 ? "a Transformer first" : "one of \(known.dropFirst().joined(separator: ", "))")
        }
        func own() throws(ImportError) -> ContainedFolder {
            try reading { () throws(IOFailure) in try folder.folder(path) }
        }
        switch kind {
        case "Transformer": return .transformer(try own())
        case "Pooling": return .pooling(try Pooling(Settings("config.json", in: try own())))
        case "Dense": return .dense(try DenseModule(in: try own()))
        case "Normalize": return .normalize
        default: return nil
        }
    }

    private static func form(_ value: JSONValue, _ path: String, _ file: String, _ expected: String) -> ImportError {
        ImportError(FormatFailure.form(value, at: path, of: file, expected: expected))
    }
}

/// How the vectors of the tokens become one.
public enum Pooling: String, Hashable, Sendable {
    /// The mean over the tokens that the mask keeps.
    case mean
    /// The first token's vector.
    case cls
    /// The maximum over the tokens that the mask keeps.
    case max

    /// Reads a Pooling module's configuration: one flag a mode, or the mode's name under `pooling_mode`.
    init(_ settings: Settings) throws(ImportError) {
        let named = try settings.text("pooling_mode")
        var modes = named?.split(separator: "+").map(String.init) ?? []
        for (key, value) in settings.root.members where named == nil && key.hasPrefix("pooling_mode_") {
            guard let on = value.bool else { throw settings.invalid(value, at: key, expected: "true or false") }
            if on { modes.append(String(key.dropFirst("pooling_mode_".count))) }
        }
        let pooling: Pooling? =
            switch modes {
            case ["mean_tokens"], ["mean"]: .mean
            case ["cls_token"], ["cls"]: .cls
            case ["max_tokens"], ["max"]: .max
            default: nil
            }
        guard let pooling else {
            throw .unsupported(
                modes.isEmpty ? "no pooling mode" : modes.joined(separator: " and "), file: settings.file,
                place: "pooling_mode", expected: "exactly one of mean, cls and max")
        }
        self = pooling
    }
}

/// The Dense module of sentence-transformers.
struct DenseModule {
    let settings: Settings
    let inputs: Int
    let outputs: Int
    let hasBias: Bool
    let activation: Activation
    let checkpoint: Checkpoint

    init(in folder: ContainedFolder) throws(ImportError) {
        settings = try Settings("config.json", in: folder)
        inputs = try settings.count("in_features", in: 1...65536)
        outputs = try settings.count("out_features", in: 1...65536)
        hasBias = try settings.flag("bias", default: true)
        activation = try Activation.dense(settings)
        checkpoint = try ModelFolder.checkpoint(in: folder)
    }
}
