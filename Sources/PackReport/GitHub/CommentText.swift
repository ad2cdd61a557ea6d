/// Texts in comments on GitHub, which makes more of them than Markdown does: links of addresses, calls of `@name`,
/// references of `#1`, formulas between dollar signs.
enum CommentText {
    /// A sentence: its middle left out where it is long, taken literally.
    static func sentence(_ text: String, most: Int = 400) -> String { markdown(text, most, isCode: false) }

    /// A name or a path. Nothing in a code element is called or referred to.
    static func name(_ text: String, most: Int = 120) -> String {
        text.isEmpty ? "–" : "<code>" + markdown(text, most, isCode: true) + "</code>"
    }

    /// Markup behind a backslash or as an entity, addresses broken up so that they do not become links.
    private static func markdown(_ text: String, _ most: Int, isCode: Bool) -> String {
        var result = ""
        var last: Unicode.Scalar = "\0"
        for scalar in Escaping.markdown(TextWidth.cut(Escaping.visible(text), to: most)).unicodeScalars {
            switch scalar {
            case ":": result += "&#58;"
            case "." where last == "w" || last == "W": result += "&#46;"
            case "$" where !isCode: result += "<span>$</span>"
            // A space without width keeps what follows from being called or referred to.
            case "@" where !isCode, "#" where !isCode: result += String(scalar) + "&#8203;"
            default: result.unicodeScalars.append(scalar)
            }
            last = scalar
        }
        return result
    }
}
