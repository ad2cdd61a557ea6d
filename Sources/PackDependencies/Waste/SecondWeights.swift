/// Weights of a model that lie beside the same ones in safetensors, as repositories of models hold them for several
/// frameworks.
struct SecondWeights {
    /// Folders with weights in safetensors.
    private var folders: Set<String> = []

    init(_ tree: FileTree) {
        for file in tree.files where file.path.endsInBytes(".safetensors") {
            let name = file.name.utf8
            if name.elementsEqual("model.safetensors".utf8) || name.starts(with: "model-0".utf8) {
                folders.insert(PathParts.folder(file.path))
            }
        }
    }

    func verdict(on path: String) -> WasteFinder.Verdict? {
        guard !folders.isEmpty else { return nil }
        let folder = PathParts.folder(path)
        let name = PathParts.name(path)
        if folders.contains(folder) {
            let isShard = name.beginsInBytes("pytorch_model-0") && name.endsInBytes(".bin")
            let others = ["pytorch_model.bin", "tf_model.h5", "flax_model.msgpack", "rust_model.ot"]
            if isShard || others.contains(where: { name.utf8.elementsEqual($0.utf8) }) {
                return WasteFinder.Verdict(
                    .secondWeights, .safe, "The same folder has weights in safetensors, which are taken first.")
            }
        }
        let isBeside = folders.contains(folder) || folders.contains(PathParts.folder(folder))
        guard isBeside, name.endsInBytes(".onnx") || name.endsInBytes(".onnx_data") else { return nil }
        return WasteFinder.Verdict(
            .secondWeights, .doubtful, "The model is also there in safetensors; code loads one of the two.")
    }
}
