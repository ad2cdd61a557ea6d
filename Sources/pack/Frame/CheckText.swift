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
        guard check.id == .isa else { return text.count > 34 ? text.prefix(33) + "…" : text }
        return text.split(separator: " or ").map { $0.prefix { $0 != " " } }.joined(separator: " or ")
    }

    /// What is left.
    static func margin(_ check: Check) -> String {
        guard let margin = check.margin, let unit = check.unit else { return "" }
        return number(margin, unit)
    }

    /// The whole answer: `lambda: package.unpacked is 262,144,001 B of 262,144,000 B (1 B over)`.
    static func sentence(_ check: Check, on target: String) -> String {
        let note = check.note.map { "; " + $0 } ?? ""
        guard let actual = check.actual, let unit = check.unit else {
            let limit = check.limitText ?? CheckText.limit(check)
            return "\(target): \(check.id.rawValue) is \(CheckText.actual(check)); allowed: \(limit)\(note)"
        }
        let used = check.verdict == .fail ? actual.low : actual.high ?? actual.low
        let bound = actual.isExact ? "" : check.verdict == .fail || actual.high == nil ? "at least " : "at most "
        guard let limit = check.limit else {
            return "\(target): \(check.id.rawValue) is \(bound)\(exact(used, unit)), without a limit\(note)"
        }
        let margin = check.margin.map { $0 < 0 ? " (\(exact(-$0, unit)) over)" : "" } ?? ""
        return
            "\(target): \(check.id.rawValue) is \(bound)\(exact(used, unit)) of \(exact(limit, unit))\(margin)\(note)"
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
