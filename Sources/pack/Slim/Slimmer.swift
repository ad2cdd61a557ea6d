import FoundationEssentials
import PackBundle
import PackIO
import PackPasses
import PackPlanner
import PackProfiles
import PackQuantize

/// Makes a bundle, step by step.
struct Slimmer {
    let command: Slim
    let pipeline: ModelPipeline
    let profile: Profile
    let packing: Packing
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
        progress.step("linking the runtime and running the bundle on a sample")
        let runtimes = try packing.architectures.map { try runtime(for: $0, choice) }
        progress.step("writing")
        return try finish(runtimes, choice)
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

    var threads: Int { max(1, ProcessInfo.processInfo.activeProcessorCount) }

    private func choose(_ quantizer: Quantizer) throws -> Quantizer.Choice {
        switch command.quantize {
        case .none: try quantizer.evaluate(WeightStorage(.f32))
        case .fp16: try quantizer.evaluate(WeightStorage(.f16))
        case .bf16: try quantizer.evaluate(WeightStorage(.bf16))
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

    /// What the model is called where it has no other name.
    var modelName: String { ModelPipeline.name(of: command.path) }
}
