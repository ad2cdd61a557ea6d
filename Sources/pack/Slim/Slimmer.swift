import Foundation
import PackBundle
import PackFit
import PackIO
import PackImport
import PackPasses
import PackPlanner
import PackProfiles
import PackQuantize
import PackRuntime
import PackServing

/// Makes a bundle, step by step.
struct Slimmer {
    let command: Slim
    let pipeline: ModelPipeline
    let profile: Profile
    let arch: String
    /// The deployment files that are asked for.
    var manifests: DeploymentFiles?

    /// Makes, proves and, if it fits and is accurate enough, writes the bundle.
    func run() throws -> SlimResult {
        let progress = Progress()
        defer { progress.finish() }
        progress.step("computing the original's outputs")
        let original = try pipeline.originalPlan()
        let quantizer = try quantizer(original)
        progress.step("quantizing")
        let choice = try choose(quantizer)
        progress.step("linking the runtime")
        let program = try link(arch, choice.draft)
        progress.step("running the bundle on a sample")
        let proof = try prove(program, choice)
        progress.step("writing")
        let peak = try peakMemory(choice.draft, program)
        let manifest = try manifest(choice, program, peak)
        let files = BundleFiles(program: program.bytes, manifest: manifest, image: choice.image)
        return try finish(files, choice, program, proof, peak: peak)
    }

    /// A model that takes tensors is compared on made-up ones.
    private func quantizer(_ original: PlanImage) throws -> Quantizer {
        if pipeline.imported.onnx != nil {
            return try Quantizer(
                original: original, graph: pipeline.optimized, metadata: pipeline.metadata, samples: 16,
                threads: threads)
        }
        let texts = try SlimTexts(command.calibration)
        return try Quantizer(
            original: original, graph: pipeline.optimized, metadata: pipeline.metadata, texts: texts.compared,
            adjusting: texts.adjusting, threads: threads)
    }

    private var threads: Int { max(1, ProcessInfo.processInfo.activeProcessorCount) }

    private func choose(_ quantizer: Quantizer) throws -> Quantizer.Choice {
        switch command.quantize {
        case .none: try quantizer.evaluate(WeightStorage(.f32))
        case .fp16: try quantizer.evaluate(WeightStorage(.f16))
        case .int8: try quantizer.evaluate(WeightStorage(.int8))
        case .int6: try quantizer.evaluate(WeightStorage(.int6))
        case .int4: try quantizer.evaluate(WeightStorage(.int4))
        case .auto:
            try quantizer.automatic(budget: command.accuracy, fits: fits)
        }
    }

    /// What a bundle has besides its plan, at most.
    private static let besides = 1_000_000

    /// Whether the target takes a bundle of a plan, as far as its size tells before it is made.
    private func fits(_ draft: PlanDraft) -> Bool {
        func isWithin(_ limit: LimitID, _ bytes: Int) -> Bool {
            guard let most = profile.limits[limit]?.base else { return true }
            return Double(bytes + Self.besides) <= most
        }
        guard isWithin(.packageUnpacked, draft.byteCount) else { return false }
        let weights = try? BundleWeights(draft, pipeline.imported)
        return isWithin(.packageZipped, weights?.zipped ?? 0)
    }

    private func library(_ arch: String) throws -> RuntimeLibrary {
        try RuntimeLibrary.locate(arch: arch, executable: executablePath())
    }

    private func link(_ arch: String, _ draft: PlanDraft) throws -> RuntimeLibrary.Program {
        try library(arch).program(
            operators: draft.operators, kernelFamilies: draft.kernelFamilies,
            frontEnd: profile.requestProtocol == .http ? .inference : .predict)
    }

    private func prove(_ program: RuntimeLibrary.Program, _ choice: Quantizer.Choice) throws -> BundleProof {
        let runner = try TextRunner(choice.image, threads: threads)
        if pipeline.imported.onnx != nil { return try proveTensors(program, choice, runner) }
        let text = "The quick brown fox jumps over the lazy dog."
        var request = runner.tokens(text)
        var sample = BundleProof.Sample.text(text)
        if request.ids.isEmpty {
            request = ([1, 2, 3, 4], [0, 0, 0, 0])
            sample = .tokens(request.ids.map(Int.init))
        }
        return try BundleProof(
            program: program, arch: arch,
            substitute: { try link("x86_64", choice.draft) }, plan: choice.image.bytes, sample: sample,
            expected: try runner.output(ids: request.ids, types: request.types))
    }

    private func proveTensors(
        _ program: RuntimeLibrary.Program, _ choice: Quantizer.Choice, _ runner: TextRunner
    ) throws -> BundleProof {
        guard let inputs = runner.samples(1).first else {
            throw Refusal(
                facts: ErrorFacts(
                    "takes none of the inputs that were tried", file: command.path,
                    found: "free axes of \(SampleInputs.extents.map(String.init).joined(separator: ", "))",
                    expected: "an answer", hint: "export the model with fixed shapes"))
        }
        try runner.session.run(inputs)
        let expected = runner.session.outputFloats(0)
        let output = String(decoding: runner.session.outputName(0), as: UTF8.self)
        return try BundleProof(
            program: program, arch: arch, substitute: { try link("x86_64", choice.draft) }, plan: choice.image.bytes,
            sample: .tensors(SampleRequest.json(inputs, runner.session), output: output), expected: expected)
    }

    /// Bytes at the peak of a request of one text of the greatest length: the mapped bundle, activations, and what the
    /// program itself needs.
    private func peakMemory(_ draft: PlanDraft, _ program: RuntimeLibrary.Program) throws -> Int {
        try predictedPeakMemory(
            draft, runtimeBytes: program.bytes.count, tokens: pipeline.metadata.maximumTokens)
    }

    private func manifest(
        _ choice: Quantizer.Choice, _ program: RuntimeLibrary.Program, _ peak: Int
    ) throws -> [UInt8] {
        let description = pipeline.imported.description
        let files = try sourceFiles()
        let manifest = Manifest(
            packVersion: toolVersion, target: profile.name,
            model: .init(architecture: description.architecture, parameters: description.parameters, files: files),
            runtime: .init(arch: arch, operators: program.operators, kernels: program.kernels),
            weights: Dictionary(
                choice.draft.weights.compactMap { weight in weight.kind.map { (weight.name, $0.rawValue) } },
                uniquingKeysWith: { first, _ in first }),
            accuracy: .init(
                metric: "cosine", smallest: choice.comparison.smallest, mean: choice.comparison.mean,
                budget: command.accuracy, texts: choice.comparison.texts),
            predictedPeakMemory: peak,
            files: [
                .init(
                    name: "bootstrap", bytes: program.bytes.count, sha256: SHA256Digest(of: program.bytes).hex),
                .init(
                    name: "model.pack", bytes: choice.image.bytes.count,
                    sha256: SHA256Digest(of: choice.image.bytes).hex),
            ])
        return try manifest.encoded()
    }

    /// The files of the model's folder that say what the model is, with their digests.
    private func sourceFiles() throws -> [Manifest.File] {
        var files: [Manifest.File] = []
        if let onnx = pipeline.imported.onnx {
            return try onnx.paths.map { path in
                Manifest.File(
                    name: URL(fileURLWithPath: path).lastPathComponent, bytes: try MappedFile(path: path).size,
                    sha256: try SHA256Digest(ofFile: path).hex)
            }
        }
        for entry in try FolderWalk.entries(of: command.path)
        where entry.kind == .regular && Manifest.Source.lists(entry.path) {
            files.append(
                Manifest.File(
                    name: entry.path, bytes: entry.bytes,
                    sha256: try SHA256Digest(ofFile: command.path + "/" + entry.path).hex))
        }
        return files.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }

    private func finish(
        _ files: BundleFiles, _ choice: Quantizer.Choice, _ program: RuntimeLibrary.Program, _ proof: BundleProof,
        peak: Int
    ) throws -> SlimResult {
        let path = command.output ?? standardOutput
        let folder = try TemporaryFolder(prefix: "pack-slim")
        // Written beside first: whether it fits is known only when it is compressed.
        let draft = folder.path + "/bundle"
        switch profile.packaging {
        case .zip: try ZipWriter.write(files.runtime + files.model, to: draft)
        case .image:
            try ImageWriter.write(
                runtime: files.runtime, model: files.model, imageSettings, to: draft, scratch: folder.path)
        }
        let unpacked = files.bytes
        let zipped = try MappedFile(path: draft).size
        let made = Prediction(
            quantization: command.quantize.rawValue, unpackedBytes: unpacked, zippedBytes: zipped,
            runtimeBytes: program.bytes.count, weightsBytes: choice.draft.weightsBytes, peakMemoryBytes: peak,
            how: .computed, tolerance: 0)
        var facts = Analysis.facts(
            of: made,
            for: try ModelReading.read(
                command.path, command.specialization.specialization()
            ).facts)
        facts.architectures = [.init(name: arch)]
        let fit = Fit(facts, on: profile)
        var notes: [String] = []
        if let obstacle = pipeline.tokenizerObstacle {
            notes.append("the bundle takes tensors and no texts: " + ErrorMessage.sentence(obstacle))
        }
        let isAccurate = choice.comparison.smallest >= command.accuracy
        if !isAccurate {
            notes.append("not written: the outputs differ more than --accuracy allows; \(gentler)")
        }
        if fit.verdict == .doesNotFit { notes.append("not written: \(profile.name) would refuse it") }
        let isWritten = isAccurate && fit.verdict != .doesNotFit && !command.dryRun
        if isWritten { try copy(draft, to: path) }
        let deployed = isWritten ? try deploy(path, choice.draft, program, peak: peak, unpacked: unpacked) : []
        return SlimResult(
            model: command.path, output: isWritten ? path : nil, manifests: deployed, target: profile.name, arch: arch,
            packaging: profile.packaging, zipped: zipped,
            unpacked: unpacked, runtime: program.bytes.count, plan: choice.image.bytes.count,
            weightBytes: choice.draft.weightsBytes, program: program,
            parts: command.explainRuntime ? try library(arch).parts(of: program) : [], weights: stored(choice),
            comparison: choice.comparison,
            budget: command.accuracy, steps: try steps(choice, program, unpacked: unpacked, zipped: zipped),
            passes: pipeline.effects, takesTexts: pipeline.tokenizerObstacle == nil,
            peakMemory: peak, proof: proof, fit: fit, notes: notes)
    }

    /// Writes the deployment files that are asked for; their paths.
    private func deploy(
        _ bundle: String, _ draft: PlanDraft, _ program: RuntimeLibrary.Program, peak: Int, unpacked: Int
    ) throws -> [String] {
        guard let manifests else { return [] }
        let limits = PredictorLimits()
        let tokens = pipeline.metadata.maximumTokens
        let texts = tokens > 0 ? min(limits.texts, max(1, limits.tokens / tokens)) : 1
        let takesTexts = pipeline.tokenizerObstacle == nil
        let largest =
            takesTexts && texts > 1
            ? try predictedPeakMemory(draft, runtimeBytes: program.bytes.count, tokens: tokens, texts: texts) : nil
        return try manifests.write(
            .init(
                model: modelName, arch: arch, bundle: bundle, unpackedBytes: unpacked, peakBytes: peak,
                largestPeakBytes: largest, largest: largest.map { _ in "\(texts) texts of \(tokens) tokens" },
                takesTexts: takesTexts, startSeconds: Analysis.startup(ofBundle: unpacked).high ?? 1,
                program: DeploymentFiles.program(limits), image: command.image, push: "", version: toolVersion))
    }

    /// What keeps the outputs closer to the original's.
    private var gentler: String {
        switch command.quantize {
        case .auto:
            "of the widths that \(profile.name) takes these keep them closest; allow less, or choose another target"
        case .int4: "try --quantize int6, int8, fp16 or none"
        case .int6: "try --quantize int8, fp16 or none"
        case .int8, .fp16, .none: "try --quantize fp16 or none"
        }
    }

    private var standardOutput: String {
        "\(modelName)-\(profile.name)-\(arch).\(profile.packaging == .zip ? "zip" : "tar")"
    }

    private var modelName: String {
        let name = URL(fileURLWithPath: command.path).standardizedFileURL.lastPathComponent
        return name.hasSuffix(".onnx") ? String(name.dropLast(5)) : name
    }

    private var imageSettings: ImageWriter.Settings {
        .init(
            name: modelName, arch: arch, port: profile.requestProtocol == .http ? 8080 : nil,
            labels: ["pack.target": profile.name, "pack.version": toolVersion])
    }

    private func copy(_ source: String, to path: String) throws {
        let file = try AtomicFile(path: path)
        let bytes = try MappedFile(path: source)
        try bytes.withBytes { (buffer) throws(IOFailure) in try file.write(buffer) }
        try file.commit()
    }

    private func stored(_ choice: Quantizer.Choice) -> [SlimResult.StoredWeight] {
        let tables = Set(pipeline.optimized.nodes.filter { $0.op == "Embed" }.flatMap { $0.inputs[2...4] })
        let transposed = Set(
            pipeline.optimized.nodes.filter { $0.op == "Linear" && $0.attributes["transposed"] == .int(1) }
                .map { $0.inputs[1] })
        return choice.draft.weights.compactMap { weight in
            guard let kind = weight.kind, let constant = pipeline.optimized.constants[weight.name] else { return nil }
            return SlimResult.StoredWeight(
                name: weight.name, kind: kind, bytes: weight.bytes,
                error: WeightError.relative(
                    constant, as: kind, adjusted: choice.adjusted[weight.name],
                    rowsAreScaled: tables.contains(weight.name) || transposed.contains(weight.name),
                    isTable: tables.contains(weight.name)))
        }
    }

    private func steps(
        _ choice: Quantizer.Choice, _ program: RuntimeLibrary.Program, unpacked: Int, zipped: Int
    ) throws -> [SlimResult.Step] {
        let isFile = try FileContents.kind(of: command.path) == .regular
        let folder =
            try isFile
            ? pipeline.imported.description.fileBytes
            : FolderWalk.entries(of: command.path).filter { $0.kind == .regular }.reduce(0) { $0 + $1.bytes }
        let checkpoint = pipeline.imported.description.fileBytes
        let read = Set(pipeline.imported.graph.nodes.flatMap(\.inputs))
        let used = pipeline.imported.graph.constants.filter { read.contains($0.key) }.reduce(0) {
            $0 + $1.value.byteCount
        }
        let complete = try library(arch).completeBytes()
        return [
            .init(name: "keep the weights of the model folder", before: folder, after: checkpoint),
            .init(name: "drop tensors that no output needs", before: checkpoint, after: used),
            .init(name: "store weights (\(command.quantize.rawValue))", before: used, after: choice.draft.weightsBytes),
            .init(
                name: "add the plan and the tokenizer", before: choice.draft.weightsBytes,
                after: choice.image.bytes.count),
            .init(name: "prune the runtime", before: complete, after: program.bytes.count),
            .init(
                name: "compress all into \(profile.packaging == .zip ? "a zip" : "an image")", before: unpacked,
                after: zipped),
        ]
    }
}

/// Bytes at the peak of a request, of one text if not said otherwise: the mapped plan and runtime, activations, and what the program itself takes
/// (stacks, tokenizer, request and answer buffers, the C library's heap).
func predictedPeakMemory(_ draft: PlanDraft, runtimeBytes: Int, tokens: Int, texts: Int = 1) throws -> Int {
    let program = 1_200_000
    let arena = try tokens > 0 ? draft.arenaBytes(shape: [texts, tokens], threads: 2) : sampleArenaBytes(draft)
    return draft.byteCount + runtimeBytes + program + arena
}

/// Bytes of activations of a request of one for a model that takes tensors, at the first shapes that it takes.
private func sampleArenaBytes(_ draft: PlanDraft) throws -> Int {
    let image = try draft.makeSkeleton()
    let session = try LocalSession.open(image, threads: 2, instructionSet: nil)
    for extent in SampleInputs.extents {
        guard let shapes = SampleInputs.shapes(for: session, extent: extent) else { continue }
        do throws(RuntimeError) {
            for (input, shape) in shapes.enumerated() { try session.setInputShape(input, shape) }
            return try session.predictArenaBytes()
        } catch { continue }
    }
    return 0
}
