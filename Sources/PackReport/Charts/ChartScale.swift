import Glibc

/// Where numbers stand on an axis, and which are written beside it.
struct ChartScale {
    private let isLogarithmic: Bool
    private let least: Double
    private let most: Double
    private let start: Double
    private let end: Double
    private let unit: Chart.Unit
    /// Numbers that are written.
    private(set) var ticks: [Double] = []

    /// - Parameters:
    ///   - values: What must be on it; those that are not finite, or not above zero on a logarithmic axis, are left out.
    ///   - start: Where the least is, and `end` where the most is.
    ///   - isTight: Whether a linear axis ends with the largest number, not with a round one.
    init(
        _ values: [Double], unit: Chart.Unit, isLogarithmic: Bool, start: Double, end: Double, isTight: Bool = false
    ) {
        (self.unit, self.isLogarithmic, self.start, self.end) = (unit, isLogarithmic, start, end)
        let usable = values.filter { $0.isFinite && (!isLogarithmic || $0 > 0) }
        let low = usable.min() ?? (isLogarithmic ? 1 : 0)
        let high = max(usable.max() ?? 1, low)
        if isLogarithmic {
            let first = floor(log10(low) + 1e-9)
            let last = max(ceil(log10(high) - 1e-9), first + 1)
            (least, most) = (first, last)
            let step = max(Int(((last - first) / 8).rounded(.up)), 1)
            ticks = stride(from: Int(first), through: Int(last), by: step).map { pow(10, Double($0)) }
            return
        }
        let step = Self.step(max(high, 1e-12))
        least = 0
        most = isTight && high > 0 ? high : max((high / step - 1e-9).rounded(.up), 1) * step
        ticks = stride(from: 0, through: Int(most / step + 1e-9), by: 1).map { Double($0) * step }
    }

    /// 1, 2 or 5 times a power of ten, four to ten of which make a number.
    private static func step(_ most: Double) -> Double {
        let power = pow(10, floor(log10(most / 5)))
        return [1, 2, 5, 10].map { $0 * power }.first { most / $0 <= 6 } ?? power * 10
    }

    /// The place of a number; what is beyond an end stands there.
    func place(_ value: Double) -> Double {
        let number = isLogarithmic ? (value > 0 ? log10(value) : least) : value
        let share = (number - least) / (most - least)
        return start + min(max(share.isFinite ? share : 1, 0), 1) * (end - start)
    }

    /// A number as it is written beside the axis.
    func text(_ value: Double) -> String { Self.text(value, unit) }

    /// A number with its unit.
    static func text(_ value: Double, _ unit: Chart.Unit) -> String {
        switch unit {
        case .seconds: NumberText.seconds(value)
        case .bytes: NumberText.bytes(Int(value.rounded()))
        case .dollars: "$" + NumberText.significant(value)
        case .count: value < 10_000 ? NumberText.significant(value) : NumberText.count(Int(value.rounded()))
        }
    }
}
