import PackIO
import PackImport

/// The bundle of a model that was given in place of one, in a folder that goes with it.
struct BundleOfModel {
    let path: String
    private let folder: TemporaryFolder

    /// nil where the path is no model folder and no ONNX file.
    ///
    /// - Throws: What `pack slim` refuses the model with.
    init?(_ model: String, target: String) throws {
        guard try ONNXImport.path(at: model) != nil || FileContents.kind(of: model) == .folder else { return nil }
        folder = try TemporaryFolder(prefix: "pack-emulate")
        path = folder.path + "/bundle"
        try Self.make(of: model, target: target, output: path)
    }

    /// Makes the bundle of a model, as `pack slim` does it when it is told the target and some options.
    ///
    /// - Throws: What `pack slim` refuses the model with.
    static func make(of model: String, target: String, output: String, options: [String] = []) throws {
        let command = try Slim.parse([model, "--target", target, "--output", output] + options)
        let profile = try profiles(named: [target])[0]
        let result = try Slimmer(
            command: command, pipeline: try ModelPipeline.load(model), profile: profile,
            arch: try command.architecture(of: profile)
        ).run()
        guard result.output != nil else {
            throw Refusal(
                facts: ErrorFacts(
                    "no bundle of the model was made", file: model, found: result.notes.joined(separator: "; "),
                    hint: "pack slim \(model) --target \(target) shows why"))
        }
    }
}
