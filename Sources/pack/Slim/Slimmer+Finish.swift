import PackBundle
import PackFit
import PackIO
import PackPlanner
import PackProfiles
import PackQuantize
import PackServing

extension Slimmer {
    /// Judges the bundle and, if nothing stands against it, writes it and the deployment files.
    func finish(_ runtimes: [SlimRuntime], _ choice: Quantizer.Choice) throws -> SlimResult {
        let path = command.output ?? packing.standardName(of: modelName, for: profile)
        let draft = try SlimDraft(
            runtimes.map(\.files), choice.image, packing.form, imageSettings, for: profile)
        let fit = try fit(draft, runtimes, choice)
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
        if isWritten { try draft.write(to: path) }
        let deployed = isWritten ? try deploy(path, choice.draft, runtimes[0], draft) : []
        return SlimResult(
            model: command.path, output: isWritten ? path : nil, manifests: deployed, target: profile.name,
            packaging: profile.packaging, form: packing.form, bytes: draft.bytes, unpacked: draft.unpackedBytes,
            plan: choice.image.bytes.count, weightBytes: choice.draft.weightsBytes, runtimes: runtimes,
            parts: command.explainRuntime ? try library(runtimes[0].arch).parts(of: runtimes[0].program) : [],
            weights: stored(choice), comparison: choice.comparison,
            budget: command.accuracy, steps: try steps(choice, runtimes[0], draft),
            passes: pipeline.effects, takesTexts: pipeline.tokenizerObstacle == nil, fit: fit, notes: notes)
    }

    /// What the target says to the bundle, in the form that it takes.
    private func fit(_ draft: SlimDraft, _ runtimes: [SlimRuntime], _ choice: Quantizer.Choice) throws -> Fit {
        let made = Prediction(
            quantization: command.quantize.rawValue, unpackedBytes: draft.unpackedBytes,
            zippedBytes: draft.deployedBytes, runtimeBytes: runtimes[0].program.bytes.count,
            weightsBytes: choice.draft.weightsBytes, peakMemoryBytes: runtimes.map(\.peakMemory).max() ?? 0,
            how: .computed, tolerance: 0)
        var facts = Analysis.facts(
            of: made, for: try ModelReading.read(command.path, command.specialization.specialization()).facts)
        facts.architectures = runtimes.map { .init(name: $0.arch) }
        return Fit(facts, on: profile)
    }

    /// Writes the deployment files that are asked for; their paths.
    private func deploy(
        _ bundle: String, _ draft: PlanDraft, _ runtime: SlimRuntime, _ made: SlimDraft
    ) throws -> [String] {
        guard let manifests else { return [] }
        let limits = PredictorLimits()
        let tokens = pipeline.metadata.maximumTokens
        let texts = tokens > 0 ? min(limits.texts, max(1, limits.tokens / tokens)) : 1
        let takesTexts = pipeline.tokenizerObstacle == nil
        let largest =
            takesTexts && texts > 1
            ? try predictedPeakMemory(
                draft, runtimeBytes: runtime.program.bytes.count, tokens: tokens, texts: texts) : nil
        return try manifests.write(
            .init(
                model: modelName, arch: packing.architectures.count == 1 ? runtime.arch : nil, bundle: bundle,
                unpackedBytes: made.unpackedBytes, peakBytes: runtime.peakMemory,
                largestPeakBytes: largest, largest: largest.map { _ in "\(texts) texts of \(tokens) tokens" },
                takesTexts: takesTexts, startSeconds: Analysis.startup(ofBundle: made.unpackedBytes).high ?? 1,
                program: DeploymentFiles.program(limits), image: command.image, push: "", version: toolVersion))
    }

    /// What keeps the outputs closer to the original's.
    private var gentler: String {
        switch command.quantize {
        case .auto:
            "of the widths that \(profile.name) takes these keep them closest; allow less, or choose another target"
        case .int4: "try --quantize int6, int8, fp16 or none"
        case .int6: "try --quantize int8, fp16 or none"
        case .int8, .bf16, .fp16, .none: "try --quantize fp16 or none"
        }
    }

    private var imageSettings: ImageWriter.Settings {
        .init(
            name: modelName, port: profile.requestProtocol == .http ? 8080 : nil,
            labels: ["pack.target": profile.name, "pack.version": toolVersion], compression: packing.compression)
    }

    private func stored(_ choice: Quantizer.Choice) -> [SlimResult.StoredWeight] {
        let tables = Set(pipeline.optimized.nodes.filter { $0.op == "Embed" }.flatMap { $0.inputs[2...4] })
        let transposed = Set(
            pipeline.optimized.nodes.filter { $0.op == "Linear" && $0.attributes["transposed"] == .int(1) }
                .map { $0.inputs[1] })
        let (constants, adjusted) = (pipeline.optimized.constants, choice.adjusted)
        let stored: [SlimResult.StoredWeight?] = concurrently(choice.draft.weights) { weight in
            guard let kind = weight.kind, let constant = constants[weight.name] else { return nil }
            return SlimResult.StoredWeight(
                name: weight.name, kind: kind, bytes: weight.bytes,
                error: WeightError.relative(
                    constant, as: kind, adjusted: adjusted[weight.name],
                    rowsAreScaled: tables.contains(weight.name) || transposed.contains(weight.name),
                    isTable: tables.contains(weight.name)))
        }
        return stored.compactMap { $0 }
    }

    private func steps(_ choice: Quantizer.Choice, _ runtime: SlimRuntime, _ draft: SlimDraft) throws -> [SlimResult
        .Step]
    {
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
        let complete = try library(runtime.arch).completeBytes()
        return [
            .init(name: "keep the weights of the model folder", before: folder, after: checkpoint),
            .init(name: "drop tensors that no output needs", before: checkpoint, after: used),
            .init(name: "store weights (\(command.quantize.rawValue))", before: used, after: choice.draft.weightsBytes),
            .init(
                name: "add the plan and the tokenizer", before: choice.draft.weightsBytes,
                after: choice.image.bytes.count),
            .init(name: "prune the runtime", before: complete, after: runtime.program.bytes.count),
            .init(name: packing.form.step, before: draft.unpackedBytes, after: draft.bytes),
        ]
    }
}

extension BundleForm {
    /// What is done to the files.
    fileprivate var step: String {
        switch self {
        case .image, .zip, .archive: "compress all into \(description)"
        case .folder, .file: "put all into \(description)"
        }
    }
}
