/// Version constraints in Poetry's own notation: `^1.2`, `~1.2`, `1.*`, `>=1,<2 || >3`.
enum PoetryConstraint {
    /// Alternatives of which a version must fulfil one; `nil` for a text that is no constraint.
    static func alternatives(_ text: String) -> [SpecifierSet]? {
        guard text.utf8.count <= 4096 else { return nil }
        var result: [SpecifierSet] = []
        for alternative in text.split(separator: "|").map({ ASCII.trimmed($0) }) where !alternative.isEmpty {
            guard let set = conjunction(alternative) else { return nil }
            result.append(set)
        }
        return result.isEmpty ? nil : result
    }

    /// Clauses with commas or blanks between them.
    private static func conjunction(_ text: String) -> SpecifierSet? {
        var specifiers: [Specifier] = []
        var cursor = ByteCursor(text)
        while true {
            _ = cursor.takeWhile { ASCII.isSpace($0) || $0 == UInt8(ascii: ",") }
            if cursor.isAtEnd { return SpecifierSet(specifiers) }
            guard let clauses = clause(&cursor), specifiers.count < SpecifierSet.countLimit else { return nil }
            specifiers += clauses
        }
    }

    private static func clause(_ cursor: inout ByteCursor) -> [Specifier]? {
        if let comparison = Specifier.comparison(&cursor) {
            return Specifier(comparison, word(&cursor)).map { [$0] }
        }
        if cursor.take(UInt8(ascii: "^")) { return range(word(&cursor), keeps: caretPlaces) }
        if cursor.take(UInt8(ascii: "~")) { return range(word(&cursor), keeps: { $0.count > 1 ? 2 : 1 }) }
        let text = word(&cursor)
        if text == "*" { return [] }
        return Specifier(.equal, text).map { [$0] }
    }

    private static func word(_ cursor: inout ByteCursor) -> String {
        cursor.skipBlanks()
        let bytes = cursor.takeWhile { !ASCII.isSpace($0) && $0 != UInt8(ascii: ",") }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// `^` keeps all up to the first number that is not 0, or all that are given.
    private static func caretPlaces(_ release: [Int]) -> Int {
        (release.firstIndex { $0 != 0 } ?? release.count - 1) + 1
    }

    /// At least the version, and below the next one that differs in the places that are kept.
    private static func range(_ text: String, keeps places: ([Int]) -> Int) -> [Specifier]? {
        guard let version = PythonVersion(text) else { return nil }
        var upper = Array(version.release.prefix(places(version.release)))
        upper[upper.count - 1] += 1
        let limit = upper.map(String.init).joined(separator: ".")
        guard let low = Specifier(.atLeast, text), let high = Specifier(.below, limit) else { return nil }
        return [low, high]
    }
}
