import ArgumentParser
import PackBundle
import PackFit
import PackIO
import PackImport
import PackPasses
import PackPlanner
import PackProfiles
import PackQuantize
import PackReport

/// `pack slim`: a model becomes a bundle.
struct Slim: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "slim",
        abstract: "Makes a bundle of a model: pruned, quantized within an accuracy budget, with its own runtime.",
        discussion: """
            The bundle is run on a sample before it is written. It is written only if it fits the target and its \
            answers stay within the budget; otherwise the exit status is 1 and nothing is written. An ONNX model is \
            compared on made-up inputs of the shapes that it takes.
            """)

    /// How weights are stored.
    enum Quantization: String, ExpressibleByArgument, CaseIterable {
        case auto, none, fp16, bf16, int8, int6, int4
    }

    @Argument(help: ArgumentHelp("A model folder or an ONNX file.", valueName: "path"))
    var path = "."

    @Option(help: ArgumentHelp("A platform's name, or the path of a profile.", valueName: "name"))
    var target: String?

    @Option(
        help: ArgumentHelp(
            """
            x86_64 or arm64; the target's first if not given. Images may be for both, x86_64,arm64: one index, with the layer of \
            the model shared.
            """, valueName: "name"))
    var arch: [String] = []

    @Option(
        help: ArgumentHelp(
            """
            What the bundle is packed in: what the target takes if not given, zip or image; for every target also tar.zst, a \
            folder, or file, one executable that holds the model and needs no other file.
            """, valueName: "form"))
    var form: BundleForm?

    @Option(
        help: """
            How the layers of an image are compressed: gzip, which every registry and engine reads, if not given; zstd is for \
            registries and engines that take it (containerd from 1.5, docker from 23).
            """)
    var compression: LayerCompression?

    @Option(
        help: """
            How weights are stored: floats as they are (none), half floats, bfloat16, 8-bit codes, 6-bit codes in bytes, \
            which compress better, or 4-bit codes. auto chooses for each weight, so that the zip is the smallest within the accuracy \
            budget.
            """)
    var quantize: Quantization = .auto

    @Option(
        help: ArgumentHelp(
            "The least cosine of an output with the original's, for every calibration text.", valueName: "cosine"))
    var accuracy: Double = 0.99

    @Option(
        help: ArgumentHelp(
            """
            Texts like those that will come, one a line: every second one is compared on, and the others help to choose \
            4-bit codes. Built-in ones if not given.
            """, valueName: "file"))
    var calibration: String?

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            """
            The bundle: a zip, or for targets that take container images a tar that skopeo, podman and docker load; \
            NAME-TARGET-ARCH.zip or .tar if not given, for other forms .tar.zst or nothing behind it.
            """, valueName: "path"))
    var output: String?

    @Option(
        help: ArgumentHelp(
            """
            Write deployment files for the target into this folder, made if missing: a Cloud Run service; a Knative \
            Service, a KServe InferenceService with its ServingRuntime, and a Deployment with Service and \
            HorizontalPodAutoscaler for kubernetes; an AWS SAM template for lambda and lambda-image. Files that an earlier \
            run wrote are replaced.
            """, valueName: "folder"))
    var manifests: String?

    @Option(
        help: ArgumentHelp(
            "The image in a registry, as the deployment files name it: NAME:TAG or NAME@sha256:DIGEST.",
            valueName: "reference"))
    var image: String?

    @Flag(help: "Do everything but write the bundle and the deployment files.")
    var dryRun = false

    @Flag(help: "List the passes that rewrite the graph, and what each did to this model.")
    var explainPasses = false

    @Flag(help: "List the operators and families of kernels of the runtime, kept and pruned, with their bytes.")
    var explainRuntime = false

    @Option(help: ArgumentHelp("Leave a pass out; may be repeated.", valueName: "pass"))
    var skipPass: [String] = []

    @Option(help: ArgumentHelp("Stop after so many rewrites, to find one that does harm.", valueName: "count"))
    var stopAfter: Int?

    @OptionGroup(title: "An ONNX model's inputs and outputs") var specialization: SpecializationOptions

    @Option(help: "Form of the report: table is for people, json is for programs.")
    var format: OutputFormat = .table

    func validate() throws {
        guard accuracy > 0, accuracy <= 1 else { throw ValidationError("--accuracy is a cosine: above 0, at most 1") }
        guard stopAfter.map({ $0 >= 0 }) ?? true else { throw ValidationError("--stop-after is a count") }
        guard image == nil || manifests != nil else {
            throw ValidationError("--image is for the deployment files that --manifests writes")
        }
        guard image.map(ImageReference.isValid) ?? true else {
            throw ValidationError("--image is a reference such as registry.example/name:tag or name@sha256:…")
        }
        let known = PassPipeline.standard.list.map(\.name)
        for pass in skipPass where !known.contains(pass) {
            throw ValidationError("no pass is called '\(pass)'; passes: \(known.joined(separator: ", "))")
        }
    }

    func run() throws {
        let pipeline = try ModelPipeline.load(
            path, options: PassOptions(limit: stopAfter, skipped: Set(skipPass)),
            specialization: specialization.specialization())
        if explainPasses { return try write(PassesReport.document(pipeline), PassesReport.json(pipeline)) }
        guard let target else {
            throw ValidationError("--target is missing: a platform's name (pack profiles lists them)")
        }
        let profile = try profiles(named: [target])[0]
        let packing = try Packing(self, for: profile)
        let manifests = try manifests.map { try DeploymentFiles(folder: $0, profile: profile, image: image) }
        let result = try Slimmer(
            command: self, pipeline: pipeline, profile: profile, packing: packing, manifests: manifests
        ).run()
        try write(SlimReport.document(result), SlimReport.json(result))
        if result.isRefused { throw ExitStatus.no }
    }

    private func write(_ document: @autoclosure () -> Document, _ json: @autoclosure () -> JSON) throws {
        var options = OutputOptions()
        options.format = format
        options.output = nil
        try options.write(document: { document() }, json: { json() })
    }
}

/// A refusal in the command's own words.
struct Refusal: FactualError {
    let facts: ErrorFacts
}
