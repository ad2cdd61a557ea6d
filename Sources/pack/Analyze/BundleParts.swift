import PackBundle
import PackGraph
import PackImport
import PackPlanner

/// What of a bundle does not depend on the tokenizer: its runtime and its weights, and what they take in a zip.
struct BundleParts: Sendable {
    /// The runtime; nil where there is none to link.
    let program: RuntimeLibrary.Program?
    /// Bytes of the runtime in a zip.
    let programZipped: Int?
    /// About the bytes of all weights in a zip; nil for a plan so small that it is compressed as a whole.
    let weightsZipped: Int?
    /// The largest error of a stored weight.
    let loss: WeightLoss?

    /// Bytes up to which a whole plan is compressed, and no samples.
    private static let exactBytes = 256 << 10
    /// Bytes of a plan beside which those of the runtime hardly count.
    private static let largeBytes = 2 << 20
    /// Pieces of 16 KB that are sampled of larger ones.
    private static let pieces = 14
    /// What level 9, which bundles are made with, leaves of code that level 1 has compressed.
    private static let codeGain = 0.936

    /// - Throws: What slim would throw.
    init(_ draft: PlanDraft, _ model: ImportedModel, library: RuntimeLibrary?) throws {
        program = try library?.program(operators: draft.operators, kernelFamilies: draft.kernelFamilies)
        programZipped = program.map { program in
            // Beside large weights a sample of the runtime does.
            let pieces = draft.byteCount > Self.largeBytes ? 3 : Int.max
            let zipped = program.bytes.withUnsafeBytes { ZippedSize.sampled($0, level: 1, pieces: pieces) }
            return Int(Double(zipped) * Self.codeGain)
        }
        let sample = draft.sampleWeights(pieces: Self.pieces)
        for file in model.weightFiles { file.dropPages() }
        loss = sample.largestError
        weightsZipped =
            draft.byteCount <= Self.exactBytes
            ? nil
            : Self.scaled(sample.elements, to: sample.elementBytes) + Self.scaled(sample.scales, to: sample.scaleBytes)
    }

    private static func scaled(_ sample: [UInt8], to bytes: Int) -> Int {
        guard !sample.isEmpty else { return bytes }
        let zipped = sample.withUnsafeBytes { ZippedSize.ofNumbers($0, level: 6) }
        return Int(Double(bytes) * Double(zipped) / Double(sample.count))
    }
}
