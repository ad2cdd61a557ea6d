import PackFit
import PackReport

/// The numbers of a check in words.
enum CheckText {
    /// What is deployed: `≤ 44.9 MiB`, `glibc 2.28`, `unknown`.
    static func actual(_ check: Check) -> String {
        if let text = check.actualText { return text }
        guard let actual = check.actual, let unit = check.unit else { return "unknown" }
        guard let high = actual.high else { return "≥ " + number(actual.low, unit) }
        return (actual.isExact ? "" : "≤ ") + number(high, unit)
    }

    /// What is allowed; architectures without the features that are promised, which fill a line.
    static func limit(_ check: Check) -> String {
        if let limit = check.limit, let unit = check.unit { return number(limit, unit) }
        guard let text = check.limitText else { return "–" }
        guard check.id == .isa else { return text }
        return text.split(separator: " or ").map { $0.prefix { $0 != " " } }.joined(separator: " or ")
    }

    /// What is left.
    static func margin(_ check: Check) -> String {
        guard let margin = check.margin, let unit = check.unit else { return "" }
        return number(margin, unit)
    }

    /// Three digits and a unit.
    static func number(_ value: Double, _ unit: Check.Unit) -> String {
        switch unit {
        case .bytes: NumberText.binaryBytes(whole(value))
        case .seconds: NumberText.seconds(value)
        case .count: NumberText.grouped(whole(value))
        }
    }

    /// All digits and a unit.
    static func exact(_ value: Double, _ unit: Check.Unit) -> String {
        unit == .bytes ? NumberText.exactBytes(whole(value)) : number(value, unit)
    }

    /// A number as an integer, the greatest one if it is larger.
    static func whole(_ number: Double) -> Int { Int(exactly: number.rounded()) ?? .max }
}
