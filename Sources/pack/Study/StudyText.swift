import PackReport
import PackSimulation

/// Numbers of a study in words.
enum StudyText {
    /// Up to three digits, without a fraction where there is none.
    static func number(_ value: Double) -> String { NumberText.significant(value) }

    /// Seconds with their unit.
    static func time(_ seconds: Double?) -> String { seconds.map(NumberText.seconds) ?? "–" }

    /// `1.2 ms` for one value, `1.2 ms (1.1–1.9)` for the median, the least and the most of several.
    static func spread(_ values: [Double]) -> String {
        let quantiles = Quantiles(values)
        guard let middle = quantiles.at(0.5), let least = quantiles.sorted.first, let most = quantiles.sorted.last
        else {
            return "–"
        }
        guard values.count > 1, least < most else { return time(middle) }
        return "\(time(middle)) (\(time(least)) – \(time(most)))"
    }

    /// Dollars with cents.
    static func dollars(_ amount: Double) -> String {
        if amount > 0, amount < 0.005 { return "< $0.01" }
        let whole = CheckText.whole(amount * 100)
        let rest = whole % 100
        return "$" + NumberText.grouped(whole / 100) + "." + (rest < 10 ? "0" : "") + String(rest)
    }

    /// `3.2 times`.
    static func times(_ ratio: Double) -> String { number(ratio) + " times" }
}
