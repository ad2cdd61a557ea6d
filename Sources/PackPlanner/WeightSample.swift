import CPackKernels
import PackCore
import PackGraph

/// Bytes of a draft's weights as its plan would store them, from a few places: enough to tell how small they become in a zip
/// and how far they are from what they were.
///
/// The reading is bounded by the number of pieces and not by the weights.
public struct WeightSample: Sendable {
    /// Pieces of elements: many short ones, and a few long ones.
    public private(set) var pieces: [[UInt8]] = []
    /// All elements.
    public private(set) var elementCount = 0
    /// Bytes of all elements in the plan.
    public private(set) var elementBytes = 0
    /// Scales of sampled columns and, after them, sums of codes; empty without int8 and int4.
    public private(set) var scales: [UInt8] = []
    /// Bytes of all scales and sums in the plan.
    public private(set) var scaleBytes = 0
    /// The largest error of a weight that was looked at.
    public private(set) var largestError: WeightLoss?

    private var sums: [UInt8] = []

    /// Bytes of a long piece at most: as many symbols as zlib encodes with one table.
    private static let longBytes = 16384
    /// Values of a long piece, and of a short one.
    private static let (longValues, shortValues) = (16384, 2048)
    /// Every so many pieces one is long.
    private static let longEvery = 16
    /// Weights whose error is looked at.
    private static let errorCount = 64

    /// Samples weights at even distances.
    init(_ chunks: [WeightChunk], weights: [PlannedWeight], pieces: Int) {
        let sizes = chunks.map(\.elementBytes)
        elementCount = chunks.reduce(0) { $0 + $1.constant.count }
        elementBytes = sizes.reduce(0, +)
        scaleBytes = max(weights.reduce(0) { $0 + $1.bytes } - elementBytes, 0)
        let count = max(min(pieces, elementBytes / Self.shortValues), 1)
        var (index, start) = (0, 0)
        var places: [Range<Int>] = []
        for piece in 0..<count {
            let place = elementBytes / count * piece + elementBytes / count / 2
            while index < chunks.count, start + sizes[index] <= place {
                take(chunks[index], places)
                start += sizes[index]
                index += 1
                places = []
            }
            guard index < chunks.count else { break }
            let isLong = piece % Self.longEvery == min(count, Self.longEvery) / 2
            let bytes = chunks[index].bytes(of: isLong ? Self.longValues : Self.shortValues)
            places.append(place - start..<place - start + min(bytes, Self.longBytes))
        }
        if index < chunks.count { take(chunks[index], places) }
        scales += sums
        let matrices = chunks.filter(\.isMatrix)
        let step = max((matrices.count + Self.errorCount - 1) / Self.errorCount, 1)
        for index in stride(from: 0, to: matrices.count, by: step) {
            let loss = WeightLoss(weight: matrices[index].name, error: matrices[index].sampledError())
            if loss.error > largestError?.error ?? -1 { largestError = loss }
        }
    }

    private mutating func take(_ chunk: WeightChunk, _ places: [Range<Int>]) {
        for (place, piece) in zip(places, chunk.pieces(at: places)) {
            pieces.append(Array(piece.elements.prefix(place.count)))
            piece.scales.withUnsafeBytes { scales += $0 }
            piece.sums.withUnsafeBytes { sums += $0 }
        }
    }
}

/// By how much storing a weight changes it.
public struct WeightLoss: Hashable, Sendable {
    /// Its name.
    public let weight: String
    /// The root of the mean squared error over the root of the mean square, over the sampled elements.
    public let error: Double
}

extension PlanDraft {
    /// Samples the weights as the plan would store them.
    ///
    /// - Parameter pieces: Pieces that are taken at most.
    public func sampleWeights(pieces: Int) -> WeightSample {
        WeightSample(chunks, weights: weights, pieces: pieces)
    }
}

extension PlanDraft {
    /// The plan's header and tables, tokenizer and weights left out.
    public func tableBytes() throws(PlannerError) -> [UInt8] {
        let image = try makeSkeleton()
        let end = image.bytes.load(as: pack_plan_header.self).metadata_bytes
        return Array(image.bytes.prefix(Int(clamping: end)))
    }
}
