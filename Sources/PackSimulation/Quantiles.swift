/// Values in order, for their quantiles by the nearest-rank method.
public struct Quantiles: Sendable, Equatable {
    /// The values, ascending.
    public let sorted: [Double]

    /// Orders values.
    public init(_ values: [Double]) { sorted = values.sorted() }

    /// The smallest value that at least a share of them does not exceed; nil without values.
    public func at(_ share: Double) -> Double? {
        guard !sorted.isEmpty else { return nil }
        let rank = Int((share * Double(sorted.count)).rounded(.up))
        return sorted[min(max(rank, 1), sorted.count) - 1]
    }

    /// The mean; nil without values.
    public var mean: Double? { sorted.isEmpty ? nil : sorted.reduce(0, +) / Double(sorted.count) }
}
