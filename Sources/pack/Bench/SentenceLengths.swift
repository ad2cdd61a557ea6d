import Glibc
import PackCore

/// Lengths of made-up texts that are spread as those of sentences are.
enum SentenceLengths {
    /// Tokens of the shortest and the longest text, special tokens included.
    static let range = 5...60
    private static let median = 20.0
    private static let spread = 0.6

    /// The same lengths each time: log-normal ones, as those of sentences about are (Williams, "A note on the statistical
    /// analysis of sentence-length as a criterion of literary style", Biometrika 31, 1940), with a median of 20 tokens, a
    /// standard deviation of 0.6 of the logarithm, and what is outside of 5 to 60 drawn again.
    static func make(_ count: Int, maximum: Int) -> [Int] {
        var generator = SplitMix(state: 1)
        return (0..<count).map { _ in
            for _ in 0..<1000 {
                let length = Int((median * exp(spread * normal(&generator))).rounded())
                if range.contains(length), length <= maximum { return length }
            }
            return min(range.lowerBound, maximum)
        }
    }

    /// A normally distributed number (Box and Muller).
    private static func normal(_ generator: inout SplitMix) -> Double {
        let (a, b) = (uniform(&generator), uniform(&generator))
        return (-2 * log(1 - a)).squareRoot() * cos(2 * Double.pi * b)
    }

    private static func uniform(_ generator: inout SplitMix) -> Double { Double(generator.next() >> 11) * 0x1p-53 }
}
