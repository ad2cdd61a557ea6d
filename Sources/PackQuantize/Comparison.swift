/// How close a model's outputs are to the original's, over some texts.
public struct Comparison: Sendable {
    /// The smallest cosine over the texts.
    public let smallest: Double
    /// The mean cosine over the texts.
    public let mean: Double
    /// How many texts were compared.
    public let texts: Int

    /// Compares outputs text by text. Outputs of one number have no angle: those of all texts are compared as one vector.
    public init(_ outputs: [[Float]], with references: [[Float]]) {
        let isSingle = references.allSatisfy { $0.count == 1 } && outputs.allSatisfy { $0.count == 1 }
        let cosines =
            isSingle && !references.isEmpty
            ? [Comparison.cosine(outputs.flatMap { $0 }, references.flatMap { $0 })]
            : zip(outputs, references).map { Comparison.cosine($0, $1) }
        smallest = cosines.min() ?? 1
        mean = cosines.isEmpty ? 1 : cosines.reduce(0, +) / Double(cosines.count)
        texts = Swift.min(outputs.count, references.count)
    }

    /// The cosine of the angle between two vectors; 1 if both are zero, 0 if their sizes differ or one is not finite.
    public static func cosine(_ a: [Float], _ b: [Float]) -> Double {
        guard a.count == b.count else { return 0 }
        var dot = 0.0
        var left = 0.0
        var right = 0.0
        for (x, y) in zip(a, b) {
            dot += Double(x) * Double(y)
            left += Double(x) * Double(x)
            right += Double(y) * Double(y)
        }
        if left == 0 && right == 0 { return 1 }
        let cosine = dot / (left.squareRoot() * right.squareRoot())
        return cosine.isFinite ? Swift.min(cosine, 1) : 0
    }

    /// The largest difference between corresponding numbers; infinite if sizes differ.
    public static func largestDifference(_ a: [Float], _ b: [Float]) -> Double {
        guard a.count == b.count else { return .infinity }
        return zip(a, b).reduce(0) { Swift.max($0, Double(abs($1.0 - $1.1))) }
    }
    /// A whole number below 4096 that differs for most different texts, so that texts can be compared as numbers are.
    public static func number(ofText text: some Sequence<UInt8>) -> Float {
        Float(text.reduce(UInt32(0x811C_9DC5)) { ($0 ^ UInt32($1)) &* 0x0100_0193 } >> 20)
    }
}
