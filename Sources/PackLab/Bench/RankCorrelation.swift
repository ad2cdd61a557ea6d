/// Spearman's rank correlation.
public enum RankCorrelation {
    /// Between -1 and 1; nil for fewer than two values, or where one list has only one value.
    public static func of(_ a: [Double], _ b: [Double]) -> Double? {
        guard a.count == b.count, a.count > 1 else { return nil }
        let (left, right) = (ranks(a), ranks(b))
        let mean = Double(a.count - 1) / 2
        var (product, first, second) = (0.0, 0.0, 0.0)
        for (x, y) in zip(left, right) {
            product += (x - mean) * (y - mean)
            first += (x - mean) * (x - mean)
            second += (y - mean) * (y - mean)
        }
        guard first > 0, second > 0 else { return nil }
        return product / (first * second).squareRoot()
    }

    /// The place of each value in rising order from 0; equal values share the mean of theirs.
    private static func ranks(_ values: [Double]) -> [Double] {
        let order = values.indices.sorted { values[$0] < values[$1] }
        var ranks = [Double](repeating: 0, count: values.count)
        var start = 0
        while start < order.count {
            var end = start + 1
            while end < order.count, values[order[end]] == values[order[start]] { end += 1 }
            for index in order[start..<end] { ranks[index] = Double(start + end - 1) / 2 }
            start = end
        }
        return ranks
    }
}
