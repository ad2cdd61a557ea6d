import PackBundle
import PackIO
import PackImport

/// The bundle of a model that was given in place of one, in a folder that goes with it.
struct BundleOfModel {
    let path: String
    private let folder: TemporaryFolder

    /// nil where the path is no model folder and no ONNX file, or a folder that is a bundle.
    ///
    /// - Throws: What `pack slim` refuses the model with.
    init?(_ model: String, target: String) throws {
        let isFolder = try FileContents.kind(of: model) == .folder && BundleConverter.form(of: model) == nil
        guard isFolder || ONNXImport.path(at: model) != nil else { return nil }
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
            packing: try Packing(command, for: profile)
        ).run()
        guard result.output != nil else {
            throw Refusal(
                facts: ErrorFacts(
                    "no bundle of the model was made", file: model, found: result.notes.joined(separator: "; "),
                    hint: "pack slim \(model) --target \(target) shows why"))
        }
    }
}
