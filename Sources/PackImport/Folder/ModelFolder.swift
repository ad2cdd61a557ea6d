import PackFormats
import PackIO

/// A model as the Hugging Face hub lays it out, with the modules of sentence-transformers where there are any.
///
/// The folder has `config.json`, weights (`model.safetensors`, or shards with `model.safetensors.index.json`) and the
/// tokenizer's files. With a `modules.json`, the transformer may stand in a folder of its own.
struct ModelFolder {
    /// The folder that was given.
    let root: ContainedFolder
    /// The folder of `config.json`, weights and tokenizer.
    let transformer: ContainedFolder
    /// What follows the transformer; nil for a model that has no `modules.json`.
    let modules: [SentenceModule]?
    /// `config.json`.
    let configuration: Settings
    /// The weights.
    let checkpoint: Checkpoint

    init(path: String) throws(ImportError) {
        guard let kind = try reading({ () throws(IOFailure) in try FileContents.kind(of: path) }) else {
            throw ImportError(.system(.open, path: path, code: 2))
        }
        guard kind == .folder else {
            throw ImportError(
                .notFolder,
                ErrorFacts(
                    "is not a model folder", file: path, found: kind.description, expected: "a folder with config.json",
                    hint: "give the folder that holds the file"))
        }
        root = try reading { () throws(IOFailure) in try ContainedFolder(path: path) }
        let all = try SentenceModule.read(in: root)
        modules = all.map { Array($0.dropFirst()) }
        if let first = all?.first, case .transformer(let folder) = first {
            transformer = folder
        } else {
            transformer = root
        }
        guard transformer.contains("config.json") else { throw Self.noConfiguration(transformer) }
        configuration = try Settings("config.json", in: transformer)
        checkpoint = try Self.checkpoint(in: transformer)
    }

    /// Opens the weights of a folder.
    static func checkpoint(in folder: ContainedFolder) throws(ImportError) -> Checkpoint {
        let found = try parsing { () throws(FormatFailure) in try Checkpoint(in: folder) }
        guard let found else { throw noWeights(folder) }
        return found
    }

    private static func noConfiguration(_ folder: ContainedFolder) -> ImportError {
        let names = listing(folder)
        return ImportError(
            .noConfiguration,
            ErrorFacts(
                "is not a model folder", file: folder.path, found: names, expected: "config.json",
                hint:
                    "give a folder as the Hugging Face hub lays it out: config.json, model.safetensors, tokenizer.json")
        )
    }

    private static func noWeights(_ folder: ContainedFolder) -> ImportError {
        let others = ["pytorch_model.bin", "pytorch_model.bin.index.json", "tf_model.h5", "flax_model.msgpack"]
        let other = others.first(where: folder.contains)
        let hint = other.map {
            "convert \($0) to safetensors: load the model with transformers' AutoModel.from_pretrained and write it with "
                + "save_pretrained(FOLDER, safe_serialization=True)"
        }
        return ImportError(
            .noWeights,
            ErrorFacts(
                "has no weights that can be read", file: folder.path, found: other ?? listing(folder),
                expected: "\(Checkpoint.fileName) or \(Checkpoint.indexName)", hint: hint))
    }

    private static func listing(_ folder: ContainedFolder) -> String {
        let names = (try? FolderWalk.names(in: folder.path)) ?? []
        return names.isEmpty ? "nothing" : names.prefix(8).joined(separator: ", ") + (names.count > 8 ? ", …" : "")
    }
}
