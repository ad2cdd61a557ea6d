/// Texts in XML 1.0 and HTML.
enum XMLText {
    /// The text in an attribute or an element. Characters that XML forbids or a reader could not see are written out
    /// as `\u{0}`, and what a runner would obey as `##&#91;`.
    static func escaped(_ text: String) -> String {
        var result = ""
        var hashes = 0
        for scalar in Escaping.visible(text).unicodeScalars {
            defer { hashes = scalar == "#" ? hashes + 1 : 0 }
            switch scalar {
            case "[" where hashes >= 2: result += "&#91;"
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&apos;"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// Attributes in their order, each with a space before it.
    static func attributes(_ pairs: [(String, String)]) -> String {
        pairs.map { " \($0)=\"\(escaped($1))\"" }.joined()
    }
}
