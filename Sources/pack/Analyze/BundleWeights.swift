import PackBundle
import PackImport
import PackPlanner

/// What the weights of a bundle take in a zip, and how far they are from what they were.
struct BundleWeights: Sendable {
    /// About the bytes of all weights in a zip; nil for a plan so small that it is compressed as a whole.
    let zipped: Int?
    /// Bytes in a zip of a plan that is compressed as a whole; nil where the tokenizer is to be part of it.
    let planZipped: Int?
    /// The largest error of a stored weight.
    let loss: WeightLoss?

    /// Bytes up to which a whole plan is compressed, and no samples.
    private static let exactBytes = 256 << 10
    /// Pieces of 16 KB that are sampled of larger ones.
    private static let pieces = 14

    /// - Throws: What slim would throw.
    init(_ draft: PlanDraft, _ model: ImportedModel) throws {
        let sample = draft.sampleWeights(pieces: Self.pieces)
        loss = sample.largestError
        let isSmall = draft.byteCount <= Self.exactBytes
        planZipped = isSmall && model.tokenizerFolder == nil ? try Self.zipped(draft) : nil
        zipped =
            isSmall
            ? nil
            : Self.scaled(sample.elements, to: sample.elementBytes) + Self.scaled(sample.scales, to: sample.scaleBytes)
        for file in model.weightFiles { file.dropPages() }
    }

    /// Bytes of a plan in a zip. Level 9, which bundles are made with, saves hardly more and takes much longer on tables.
    static func zipped(_ draft: PlanDraft) throws -> Int {
        withExtendedLifetime(try draft.makeImage()) { ZippedSize.deflated($0.bytes, level: 6) }
    }

    private static func scaled(_ sample: [UInt8], to bytes: Int) -> Int {
        guard !sample.isEmpty else { return bytes }
        let zipped = sample.withUnsafeBytes { ZippedSize.ofNumbers($0, level: 6) }
        return Int(Double(bytes) * Double(zipped) / Double(sample.count))
    }
}
