/// A place in a YAML text: a scalar, a list or a mapping, with its line, counted from 1.
package enum SettingsNode: Sendable {
    case scalar(Scalar)
    case sequence([SettingsNode], line: Int)
    /// In the order of the text, each key once.
    case mapping([Pair], line: Int)

    /// A text.
    package struct Scalar: Sendable {
        /// What it says, quotes and escapes resolved.
        package let string: String
        /// Whether it is written without quotes: only then is it a number.
        package let isPlain: Bool
        package let line: Int
    }

    /// A key with its value.
    package struct Pair: Sendable {
        package let key: SettingsNode
        package let value: SettingsNode
    }

    /// The line that it begins in.
    package var line: Int {
        switch self {
        case .scalar(let scalar): scalar.line
        case .sequence(_, let line), .mapping(_, let line): line
        }
    }

    /// The text of a scalar.
    package var string: String? {
        if case .scalar(let scalar) = self { scalar.string } else { nil }
    }
}
