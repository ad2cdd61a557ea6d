import ArgumentParser
import PackFormats
import PackIO
import PackImport

/// `pack inspect`: what is in a file or folder, entry by entry.
struct Inspect: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Shows what is in a file or folder: tensors, operators, shapes, bytes.",
        discussion: """
            A safetensors file (or the index of a sharded one) is listed tensor by tensor; a model folder is described \
            and its graph printed, as is an ONNX file with what cannot be run of it; of a bundle, or its model.pack, the plan's steps are. Weights are not read, but for the small ones that the passes look at.
            """)

    @Argument(
        help: ArgumentHelp(
            "A safetensors or ONNX file, a model folder, a bundle or a plan.", valueName: "file-or-folder"))
    var path: String

    @OptionGroup(title: "An ONNX model's inputs and outputs") var specialization: SpecializationOptions
    @Flag(help: "Print the graph as the passes leave it.")
    var rewritten = false

    @OptionGroup var output: OutputOptions

    func run() throws {
        let specialization = try specialization.specialization()
        guard specialization.isEmpty || ONNXImport.path(at: path) != nil else { throw ImportError.notFixable(path) }
        if let file = ONNXImport.path(at: path) {
            let onnx = try ONNXImport.load(file, specialization)
            let inspection = ONNXInspection(
                onnx, onnx.problems.isEmpty ? try RewrittenGraph(onnx.graph) : nil, isRewritten: rewritten)
            try output.write(document: { inspection.document }, json: { inspection.json })
        } else if PlanInspection.suits(path) {
            let inspection = try PlanInspection(path)
            try output.write(document: { inspection.document }, json: { inspection.json })
        } else if try FileContents.kind(of: path) == .folder {
            let model = try ImportedModel.load(path)
            let inspection = ModelInspection(model, try RewrittenGraph(model.graph), isRewritten: rewritten)
            try output.write(
                document: { inspection.document }, json: { inspection.json })
        } else {
            let checkpoint = try Checkpoint(file: path)
            try output.write(
                document: { CheckpointInspection(checkpoint).document }, json: { CheckpointInspection(checkpoint).json }
            )
        }
    }
}
