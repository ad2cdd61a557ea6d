import Glibc
import PackLab
import PackQuantize

/// How close the answers of a quantized model are to those of the same engine in f32.
struct BenchAccuracy {
    /// The engine that it is compared with.
    let reference: String
    /// How many texts or made-up inputs were compared.
    let samples: Int
    /// Of the first output; of all outputs for made-up inputs.
    let cosine: Comparison
    /// Of embeddings: Spearman's correlation of the similarities of all pairs of texts; nil for others.
    let rankCorrelation: Double?
    /// Of classifiers; nil for others.
    let labels: Labels?

    /// What became of a classifier's answers.
    struct Labels {
        /// The share of samples whose label with the highest score is the same.
        let equal: Double
        /// The mean Kullback-Leibler divergence of the distributions over labels from the reference's, in nats.
        let divergence: Double
    }

    /// What outputs are.
    enum Kind {
        /// A vector a sample.
        case embeddings
        /// So many scores a row, before the softmax.
        case scores(Int)
        /// Numbers. Where the reference's are distributions, they are taken for a classifier's.
        case numbers
    }

    init(_ outputs: [[Float]], with references: [[Float]], reference: String, kind: Kind) {
        self.reference = reference
        samples = min(outputs.count, references.count)
        cosine = Comparison(outputs, with: references)
        switch kind {
        case .embeddings:
            rankCorrelation = RankCorrelation.of(Self.similarities(outputs), Self.similarities(references))
            labels = nil
        case .scores(let width):
            rankCorrelation = nil
            labels = Self.labels(
                Self.rows(outputs, width).map(Self.softmax), Self.rows(references, width).map(Self.softmax))
        case .numbers:
            rankCorrelation = nil
            let isDistribution = !references.isEmpty && references.allSatisfy(Self.isDistribution)
            labels =
                isDistribution
                ? Self.labels(outputs.map { $0.map(Double.init) }, references.map { $0.map(Double.init) }) : nil
        }
    }

    /// Cosines of all pairs.
    private static func similarities(_ vectors: [[Float]]) -> [Double] {
        vectors.indices.flatMap { first in
            vectors[(first + 1)...].map { Comparison.cosine(vectors[first], $0) }
        }
    }

    private static func rows(_ outputs: [[Float]], _ width: Int) -> [[Double]] {
        guard width > 0 else { return [] }
        return outputs.flatMap { output in
            stride(from: 0, to: output.count - output.count % width, by: width).map { start in
                output[start..<start + width].map(Double.init)
            }
        }
    }

    private static func softmax(_ scores: [Double]) -> [Double] {
        let most = scores.max() ?? 0
        let weights = scores.map { exp($0 - most) }
        let sum = weights.reduce(0, +)
        return weights.map { $0 / sum }
    }

    private static func isDistribution(_ numbers: [Float]) -> Bool {
        numbers.count > 1 && numbers.allSatisfy { $0 >= 0 && $0 <= 1.001 } && abs(numbers.reduce(0, +) - 1) < 1e-3
    }

    /// nil for fewer than two labels, and where there are other numbers of rows.
    private static func labels(_ found: [[Double]], _ expected: [[Double]]) -> Labels? {
        guard found.count == expected.count, let width = expected.first?.count, width > 1 else { return nil }
        let pairs = zip(found, expected)
        let equal = pairs.filter { best($0) == best($1) }.count
        let divergence = pairs.reduce(0) { $0 + Self.divergence(of: $1.0, from: $1.1) }
        return Labels(equal: Double(equal) / Double(found.count), divergence: divergence / Double(found.count))
    }

    private static func best(_ shares: [Double]) -> Int? { shares.indices.max { shares[$0] < shares[$1] } }

    /// Infinite where something is impossible that the reference holds possible.
    private static func divergence(of found: [Double], from expected: [Double]) -> Double {
        zip(found, expected).reduce(0) { sum, pair in
            pair.1 > 0 ? sum + pair.1 * log(pair.1 / max(pair.0, 0)) : sum
        }
    }
}
