import PackBundle
import PackFit
import PackImport
import PackPlanner

/// What one bundle will be.
struct BundleForecast: Sendable {
    let quantization: String
    let draft: PlanDraft
    let metadata: PlanMetadata
    let description: ModelDescription
    let files: [ModelFacts.File]
    /// The runtime to link; nil where there is none, and its size is a guess.
    let library: RuntimeLibrary?
    let tokenizerZipped: Int

    /// A runtime of which nothing is known: its bytes, in a zip, and by how many both may be off.
    private static let unknownRuntime = (bytes: 260_000, zipped: 140_000, error: 60_000)
    /// Bytes up to which a whole plan is compressed, and no samples.
    private static let exactBytes = 256 << 10
    /// Pieces of 16 KB that are sampled of larger ones.
    private static let pieces = 20
    /// What level 9, which bundles are made with, leaves of code that level 6 has compressed.
    private static let codeGain = 0.998
    /// Bytes of the bundle's zip besides the data of its three entries: libarchive writes
    /// extra fields for times and owners.
    private static let zipFrame = 506

    /// - Throws: What slim would throw.
    func prediction() throws -> Prediction {
        let program = try library?.program(operators: draft.operators, kernelFamilies: draft.kernelFamilies)
        let runtime = program?.bytes.count ?? Self.unknownRuntime.bytes
        let code = program?.bytes.withUnsafeBytes { ZippedSize.deflated($0, level: 6) }
        let runtimeZipped = code.map { Int(Double($0) * Self.codeGain) } ?? Self.unknownRuntime.zipped
        let peak = try predictedPeakMemory(
            draft, runtimeBytes: runtime, tokens: max(metadata.maximumTokens, 1))
        let manifest = try manifest(program, runtime: runtime, peak: peak)
        let sample = draft.sampleWeights(pieces: Self.pieces)
        let manifestZipped = manifest.withUnsafeBytes { ZippedSize.deflated($0, level: 9) }
        let unpacked = draft.byteCount + runtime + manifest.count
        let zipped = runtimeZipped + manifestZipped + Self.zipFrame + (try planZipped(sample))
        let doubt = library == nil ? Double(Self.unknownRuntime.error) / Double(zipped) : 0
        return Prediction(
            quantization: quantization, unpackedBytes: unpacked, zippedBytes: zipped, runtimeBytes: runtime,
            weightsBytes: draft.weightsBytes, peakMemoryBytes: peak, how: library == nil ? .estimated : .computed,
            tolerance: 0.02 + doubt,
            loss: sample.largestError.map { .init(error: $0.error, weight: $0.weight, how: .estimated) },
            note: note)
    }

    private var note: String? {
        let auto = "what --quantize auto makes, if the outputs stay within --accuracy"
        let missing = "the runtime was not found, so its size is a guess"
        return [quantization == "int8" ? auto : nil, library == nil ? missing : nil].compactMap { $0 }
            .reduce(nil) { ($0.map { $0 + "; " } ?? "") + $1 }
    }

    /// Bytes of the plan in the zip.
    private func planZipped(_ sample: WeightSample) throws -> Int {
        if draft.byteCount <= Self.exactBytes {
            return withExtendedLifetime(try draft.makeImage()) { ZippedSize.deflated($0.bytes, level: 9) }
        }
        let tables = try draft.tableBytes().withUnsafeBytes { ZippedSize.deflated($0, level: 9) }
        return tables + tokenizerZipped + scaled(sample.elements, to: sample.elementBytes)
            + scaled(sample.scales, to: sample.scaleBytes)
    }

    private func scaled(_ sample: [UInt8], to bytes: Int) -> Int {
        guard !sample.isEmpty else { return bytes }
        let zipped = sample.withUnsafeBytes { ZippedSize.deflated($0, level: 9) }
        return Int(Double(bytes) * Double(zipped) / Double(sample.count))
    }

    /// A manifest of the size that slim's will have: digests and accuracy are made up.
    private func manifest(_ program: RuntimeLibrary.Program?, runtime: Int, peak: Int) throws -> [UInt8] {
        var digests = MadeUpDigests()
        let listed = files.filter { Manifest.Source.lists($0.path) }
            .sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
            .map { Manifest.File(name: $0.path, bytes: $0.bytes, sha256: digests.next()) }
        return try Manifest(
            packVersion: toolVersion, target: "lambda",
            model: .init(architecture: description.architecture, parameters: description.parameters, files: listed),
            runtime: .init(
                arch: library?.arch ?? "x86_64", operators: program?.operators ?? [], kernels: program?.kernels ?? []),
            weights: Dictionary(
                draft.weights.compactMap { weight in weight.kind.map { (weight.name, $0.rawValue) } },
                uniquingKeysWith: { first, _ in first }),
            accuracy: .init(
                metric: "cosine", smallest: 0.9987654321098765, mean: 0.9991234567890123, budget: 0.99, texts: 100),
            predictedPeakMemory: peak,
            files: [
                .init(name: "bootstrap", bytes: runtime, sha256: digests.next()),
                .init(name: "model.pack", bytes: draft.byteCount, sha256: digests.next()),
            ]
        ).encoded()
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
