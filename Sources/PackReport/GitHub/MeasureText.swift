/// Measured numbers in tables of Markdown.
enum MeasureText {
    /// A number with its unit, or a dash.
    static func number(_ value: Double?, _ unit: Assessment.Measure.Unit) -> String {
        guard let value else { return "–" }
        switch unit {
        case .bytes: return whole(value).map { NumberText.bytes($0) } ?? "–"
        case .count: return whole(value).map { NumberText.grouped($0) } ?? "–"
        case .seconds: return NumberText.seconds(value)
        }
    }

    /// A limit: whole MiB as such, because platforms state them so.
    static func limit(_ measure: Assessment.Measure) -> String {
        guard measure.unit == .bytes, let limit = measure.limit.flatMap(whole), limit > 0, limit % (1 << 20) == 0
        else { return number(measure.limit, measure.unit) }
        return NumberText.binaryBytes(limit)
    }

    /// By how much it grew since the baseline: `+61 MB (+24.4 %)`.
    static func change(_ measure: Assessment.Measure) -> String {
        guard let now = measure.measured, let before = measure.baseline else { return "–" }
        let difference = now - before
        if difference == 0 { return "±0" }
        let text = number(difference, measure.unit)
        if text == "–" { return text }
        let signed = difference > 0 ? "+" + text : text
        guard before > 0 else { return signed }
        return "\(signed) (\(percent(difference / before)))"
    }

    /// A number of bytes with its sign.
    static func signed(_ bytes: Int) -> String { (bytes > 0 ? "+" : "") + NumberText.bytes(bytes) }

    /// A share with one digit of fraction and its sign: `+24.4 %`.
    static func percent(_ share: Double) -> String {
        guard share.isFinite, abs(share) < 1e6 else { return "–" }
        let tenths = Int((share * 1000).rounded())
        if tenths == 0 { return share < 0 ? "-<0.1 %" : "+<0.1 %" }
        let size = tenths.magnitude
        return "\(tenths < 0 ? "-" : "+")\(size / 10).\(size % 10) %"
    }

    private static func whole(_ value: Double) -> Int? { Int(exactly: value.rounded()) }
}
