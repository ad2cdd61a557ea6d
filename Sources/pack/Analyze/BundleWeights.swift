import PackBundle
import PackFit
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

    /// Weights up to which a whole plan is compressed, and no samples.
    private static let exactCount = 64 << 10
    /// Pieces that are sampled of larger ones.
    private static let pieces = 32

    /// - Throws: What slim would throw.
    init(_ draft: PlanDraft, _ model: ImportedModel) throws {
        let sample = draft.sampleWeights(pieces: Self.pieces)
        loss = sample.largestError
        let isSmall = sample.elementCount <= Self.exactCount
        planZipped = isSmall && model.tokenizerFolder == nil ? try Self.zipped(draft) : nil
        zipped =
            isSmall
            ? nil
            : Int(Double(sample.elementBytes) * Self.share(sample.pieces))
                + Int(Double(sample.scaleBytes) * Self.share([sample.scales]))
        for file in model.weightFiles { file.dropPages() }
    }

    /// Bytes of a plan in a zip. Level 9, which bundles are made with, saves hardly more and takes much longer on tables.
    static func zipped(_ draft: PlanDraft) throws -> Int {
        withExtendedLifetime(try draft.makeImage()) { ZippedSize.deflated($0.bytes, level: 6) }
    }

    /// Bytes whose entropy is computed at once: rows differ, so that of many at once would be larger.
    private static let partBytes = 1024

    /// Pieces that are compressed.
    private static let compressedPieces = 3

    /// The share of their size to which pieces shrink: the entropy of all, times what zlib makes of the longest beside
    /// theirs. Weights hardly repeat, so most is told by counting bytes.
    private static func share(_ pieces: [[UInt8]]) -> Double {
        let (bytes, entropy) = sizes(of: pieces, entropyBytes)
        let longest = Array(pieces.sorted { $0.count > $1.count }.prefix(compressedPieces))
        let (longBytes, longEntropy) = sizes(of: longest, entropyBytes)
        guard longBytes > 0 else { return 1 }
        let zipped = sizes(of: longest) { Double(ZippedSize.deflated($0, level: 6)) }.sum
        // Without any entropy there are only runs.
        return longEntropy > 0 ? entropy / bytes * (zipped / longEntropy) : zipped / longBytes
    }

    private static func sizes(
        of pieces: [[UInt8]], _ size: (UnsafeRawBufferPointer) -> Double
    ) -> (bytes: Double, sum: Double) {
        pieces.reduce((0, 0)) { ($0.0 + Double($1.count), $0.1 + $1.withUnsafeBytes(size)) }
    }

    private static func entropyBytes(of piece: UnsafeRawBufferPointer) -> Double {
        stride(from: 0, to: piece.count, by: partBytes).reduce(0) { sum, start in
            let part = UnsafeRawBufferPointer(rebasing: piece[start..<min(start + partBytes, piece.count)])
            return sum + DeflateEstimate.entropy(of: part) * Double(part.count)
        }
    }
}
