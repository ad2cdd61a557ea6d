import PackBundle
import PackFit
import PackImport
import PackPlanner

/// What one bundle will be.
struct BundleForecast {
    let quantization: String
    let draft: PlanDraft
    let code: BundleCode
    let weights: BundleWeights
    let model: ImportedModel
    let takesTexts: Bool
    let files: [ModelFacts.File]
    let arch: String
    let tokenizerZipped: Int
    /// About the bytes of the plan's tables in a zip.
    let tablesZipped: Int

    /// A runtime of which nothing is known: its bytes, in a zip, and by how many both may be off.
    private static let unknownRuntime = (bytes: 260_000, zipped: 140_000, error: 60_000)
    /// Bytes of the bundle's zip besides the data of its four entries: libarchive writes extra fields for times and owners.
    private static let zipFrame = 668

    /// - Throws: What slim would throw.
    func prediction() throws -> Prediction {
        let runtime = code.program?.bytes.count ?? Self.unknownRuntime.bytes
        let peak = try predictedPeakMemory(draft, runtimeBytes: runtime, tokens: model.description.maximumTokens)
        let documents = try documents(runtime: runtime, peak: peak)
        let documentsZipped = documents.reduce(0) { sum, document in
            sum + document.withUnsafeBytes { ZippedSize.deflated($0, level: 9) }
        }
        let zipped =
            (code.zipped ?? Self.unknownRuntime.zipped) + documentsZipped + Self.zipFrame + (try planZipped())
        let isGuess = code.program == nil
        let doubt = isGuess ? Double(Self.unknownRuntime.error) / Double(zipped) : 0
        return Prediction(
            quantization: quantization,
            unpackedBytes: draft.byteCount + runtime + documents.reduce(0) { $0 + $1.count },
            zippedBytes: zipped, runtimeBytes: runtime, weightsBytes: draft.weightsBytes, peakMemoryBytes: peak,
            how: isGuess ? .estimated : .computed, tolerance: 0.02 + doubt, container: code.container,
            loss: weights.loss.map { .init(error: $0.error, weight: $0.weight, how: .estimated) },
            note: Self.note(quantization, isGuess: isGuess))
    }

    /// What is said beside a prediction.
    static func note(_ quantization: String, isGuess: Bool) -> String? {
        let auto = "--quantize auto stores weights in fewer bits where the outputs stay within --accuracy"
        let missing = "the runtime was not found, so its size is a guess"
        return [quantization == "int8" ? auto : nil, isGuess ? missing : nil].compactMap { $0 }
            .reduce(nil) { ($0.map { $0 + "; " } ?? "") + $1 }
    }

    /// Bytes of the plan in the zip.
    private func planZipped() throws -> Int {
        if let zipped = weights.zipped { return tablesZipped + tokenizerZipped + zipped }
        return try weights.planZipped ?? BundleWeights.zipped(draft)
    }

    /// A manifest and a bill of materials of the size that slim's will have: digests and accuracy are made up.
    private func documents(runtime: Int, peak: Int) throws -> [[UInt8]] {
        var digests = MadeUpDigests()
        let listed = files.filter { Manifest.Source.lists($0.path) }
            .sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
            .map { Manifest.File(name: $0.path, bytes: $0.bytes, sha256: digests.next()) }
        let weights = Dictionary(
            draft.weights.compactMap { weight in weight.kind.map { (weight.name, $0.rawValue) } },
            uniquingKeysWith: { first, _ in first })
        let files = [
            Manifest.File(name: "bootstrap", bytes: runtime, sha256: digests.next()),
            Manifest.File(name: "model.pack", bytes: draft.byteCount, sha256: digests.next()),
        ]
        return try Self.documents(
            model, listed,
            .init(arch: arch, operators: code.program?.operators ?? [], kernels: code.program?.kernels ?? []), weights,
            files, peak: peak, takesTexts: takesTexts)
    }

    private static func documents(
        _ model: ImportedModel, _ listed: [Manifest.File], _ runtime: Manifest.Runtime, _ weights: [String: String],
        _ files: [Manifest.File], peak: Int, takesTexts: Bool
    ) throws -> [[UInt8]] {
        let description = model.description
        let manifest = Manifest(
            packVersion: toolVersion, target: "lambda",
            model: .init(architecture: description.architecture, parameters: description.parameters, files: listed),
            runtime: runtime, weights: weights,
            accuracy: .init(
                metric: "cosine", smallest: 0.9987654321098765, mean: 0.9991234567890123, budget: 0.99, texts: 100),
            predictedPeakMemory: peak, files: files)
        let bundle = try BundleFiles(
            program: [], manifest: manifest,
            card: MLBOM.Card(model, name: ModelPipeline.name(of: description.path), takesTexts: takesTexts))
        return [bundle.manifest, bundle.bom]
    }

    /// Encodes documents of about the right form once, so that what the first ones take to be encoded is done.
    static func prepare(_ model: ImportedModel) throws {
        let file = Manifest.File(name: "model.pack", bytes: 1, sha256: "")
        _ = try documents(
            model, [file], .init(arch: "x86_64", operators: ["Add"], kernels: ["binary"]), ["weight": "f32"], [file],
            peak: 1, takesTexts: false)
    }
}

/// Digests that compress as real ones do.
private struct MadeUpDigests {
    private var state: UInt64 = 1

    mutating func next() -> String {
        let digits = Array("0123456789abcdef".utf8)
        let text = (0..<64).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return digits[Int(state >> 60)]
        }
        return String(decoding: text, as: UTF8.self)
    }
}
