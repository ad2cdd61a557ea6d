import Dispatch
import PackBundle
import PackFit
import PackImport
import PackPlanner
import Synchronization

/// What `pack slim` would make of a model, from the plans that it would write: layouts and memory are computed as slim does
/// and the runtime is linked; zipped sizes come from samples of the weights, stored and compressed as slim does.
struct Predictions {
    /// One for each way to store weights that the runtime can run.
    let all: [Prediction]
    /// Operators after all passes.
    let fusedOperators: [String: Int]

    /// The architecture that bundles are predicted for.
    private static let arch = "x86_64"
    private static let kinds: [(name: String, kind: WeightKind)] = [("none", .f32), ("fp16", .f16), ("int8", .int8)]

    /// - Throws: Where slim would fail as well.
    init(_ model: ImportedModel, files: [ModelFacts.File]) throws {
        let pipeline = try ModelPipeline(model)
        fusedOperators = pipeline.optimized.operatorCounts
        let library = try? RuntimeLibrary.locate(arch: Self.arch, executable: executablePath())
        let tokenizerZipped = pipeline.metadata.tokenizer.withUnsafeBytes {
            ZippedSize.sampled($0, level: 9, pieces: 4)
        }
        let forecasts = try Self.kinds.map { name, kind in
            BundleForecast(
                quantization: name, draft: try pipeline.draft(WeightStorage(kind)), metadata: pipeline.metadata,
                description: model.description, files: files, library: library, tokenizerZipped: tokenizerZipped)
        }
        let results = Mutex<[Int: Result<Prediction, any Error>]>([:])
        DispatchQueue.concurrentPerform(iterations: forecasts.count) { index in
            let result = Result { try forecasts[index].prediction() }
            results.withLock { $0[index] = result }
        }
        let made = results.withLock { $0 }
        all = try forecasts.indices.compactMap { try made[$0]?.get() }
    }
}
