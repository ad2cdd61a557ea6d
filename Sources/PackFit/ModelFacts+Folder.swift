extension ModelFacts {
    /// What a folder holds beside what it needs to answer requests, told from the files' names.
    public static func findings(in files: [File]) -> [Finding] {
        let hasSafetensors = files.contains { name(of: $0.path).hasSuffix(".safetensors") }
        var findings: [Finding] = []
        for file in files {
            let name = name(of: file.path)
            let bytes = file.bytes
            if hasSafetensors, isOtherWeights(name) {
                findings.append(
                    Finding(
                        id: "weights.second-copy",
                        text: "\(file.path) holds weights that stand beside it as safetensors",
                        bytes: bytes))
            }
            if isTrainingState(name) {
                findings.append(
                    Finding(id: "training.state", text: "\(file.path) is left over from training", bytes: bytes))
            }
            if isPickle(name) {
                findings.append(
                    Finding(
                        id: "pickle",
                        text: "\(file.path) is a pickle: Python runs code from it when it is loaded; it was not opened")
                )
            }
        }
        return findings.sorted { ($1.bytes, $0.id, $0.text) < ($0.bytes, $1.id, $1.text) }
    }

    private static func name(of path: String) -> String {
        path.split(separator: "/").last.map(String.init) ?? path
    }

    private static func isOtherWeights(_ name: String) -> Bool {
        let names = ["tf_model.h5", "flax_model.msgpack", "rust_model.ot"]
        return names.contains(name) || (name.hasPrefix("pytorch_model") && name.hasSuffix(".bin"))
            || name.hasSuffix(".onnx") || name.hasSuffix(".gguf")
            || (name.hasPrefix("openvino_model") && name.hasSuffix(".bin"))
    }

    private static func isTrainingState(_ name: String) -> Bool {
        ["optimizer.pt", "optimizer.bin", "scheduler.pt", "rng_state.pth", "trainer_state.json", "training_args.bin"]
            .contains(name) || name.hasPrefix("events.out.tfevents")
    }

    private static func isPickle(_ name: String) -> Bool {
        [".bin", ".pt", ".pth", ".pkl", ".pickle", ".ckpt", ".joblib"].contains { name.hasSuffix($0) }
            && !name.hasPrefix("openvino_model")
    }
}
