/// One clause of a version specifier, such as `>=1.2` (PEP 440).
public struct Specifier: Hashable, Sendable {
    /// The comparison.
    public let comparison: Comparison
    /// The text behind the operator, as it was written.
    public let text: String
    /// What the text stands for, without `.*`; `nil` where `===` names no version.
    let version: PythonVersion?
    /// Whether the text ends in `.*`.
    let isPrefix: Bool

    /// The operators, by their text.
    public enum Comparison: String, Hashable, Sendable, CaseIterable {
        case compatible = "~="
        case equal = "=="
        case notEqual = "!="
        case atMost = "<="
        case atLeast = ">="
        case below = "<"
        case above = ">"
        case identical = "==="
    }

    /// Reads one clause; `nil` if it is none.
    public init?(_ text: some StringProtocol) {
        guard text.utf8.count <= PythonVersion.lengthLimit + 16 else { return nil }
        var cursor = ByteCursor(ASCII.trimmed(text))
        guard let comparison = Self.comparison(&cursor) else { return nil }
        let rest = ASCII.trimmed(cursor.text(cursor.position..<cursor.bytes.count))
        self.init(comparison, rest)
    }

    /// Makes a clause of an operator and the text behind it; `nil` if they do not go together.
    init?(_ comparison: Comparison, _ text: String) {
        self.comparison = comparison
        self.text = text
        guard comparison != .identical else {
            guard !text.isEmpty, !text.utf8.contains(where: { ASCII.isSpace($0) || $0 == 0x3B || $0 == 0x29 }) else {
                return nil
            }
            (version, isPrefix) = (PythonVersion(text), false)
            return
        }
        isPrefix = text.hasSuffix(".*")
        guard let version = PythonVersion(isPrefix ? String(text.dropLast(2)) : text) else { return nil }
        self.version = version
        let allowsMore = comparison == .equal || comparison == .notEqual
        if isPrefix {
            let isPlain = version.pre == nil && version.post == nil && version.dev == nil && version.local.isEmpty
            guard allowsMore, isPlain else { return nil }
        }
        if !version.local.isEmpty && !allowsMore { return nil }
        if comparison == .compatible && version.release.count < 2 { return nil }
    }

    /// Takes an operator from a cursor.
    static func comparison(_ cursor: inout ByteCursor) -> Comparison? {
        if cursor.take("===") { return .identical }
        if cursor.take("~=") { return .compatible }
        if cursor.take("==") { return .equal }
        if cursor.take("!=") { return .notEqual }
        if cursor.take("<=") { return .atMost }
        if cursor.take(">=") { return .atLeast }
        if cursor.take("<") { return .below }
        return cursor.take(">") ? .above : nil
    }

    /// Whether its version is a pre-release, so that it asks for such. `!=` and `.*` never do.
    public var namesPrerelease: Bool {
        comparison != .notEqual && !isPrefix && (version?.isPrerelease ?? false)
    }
}

extension Specifier: CustomStringConvertible {
    /// The operator and the text behind it.
    public var description: String { comparison.rawValue + text }
}
