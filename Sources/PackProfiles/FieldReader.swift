import PackIO

/// Strict reading of YAML nodes: every refusal names the file, the line and the field.
package struct FieldReader {
    /// The file, for errors.
    package let file: String
    /// What is wrong with a file that is refused, for errors: "is not a profile".
    package let what: String

    /// Reads a file.
    package init(file: String, what: String) {
        self.file = file
        self.what = what
    }

    /// An error at a node.
    package func error(
        _ node: SettingsNode?, _ field: String, found: String, expected: String, hint: String? = nil
    ) -> SettingsError {
        SettingsError(
            what: what, file: file, line: node?.line, field: field, found: found, expected: expected,
            hint: hint)
    }

    /// An error at a key.
    package func error(
        _ key: SettingsNode.Scalar, _ field: String, found: String, expected: String, hint: String? = nil
    ) -> SettingsError {
        error(.scalar(key), field, found: found, expected: expected, hint: hint)
    }

    /// The entries of a mapping whose keys must be among `allowed` and include `required`.
    package func mapping(
        _ node: SettingsNode, _ field: String, allowed: [String], required: [String] = []
    ) throws(SettingsError) -> [String: SettingsNode] {
        let (entries, faults) = try checkedMapping(node, field, allowed: allowed, required: required)
        if let first = faults.first { throw first }
        return entries.values
    }

    /// The same with all faults of the keys: unknown ones, and missing ones that no unknown one was meant for.
    package func checkedMapping(
        _ node: SettingsNode, _ field: String, allowed: [String], required: [String]
    ) throws(SettingsError) -> (entries: Entries, faults: [SettingsError]) {
        var entries = Entries(values: [:], node: node)
        var faults: [SettingsError] = []
        var meantKeys: Set<String> = []
        for (key, value) in try pairs(node, field) {
            if allowed.contains(key.string) {
                entries.values[key.string] = value
                continue
            }
            let meant = Suggestion.nearest(to: key.string, among: allowed)
            if let meant { meantKeys.insert(meant) }
            faults.append(
                error(
                    .scalar(key), join(field, key.string), found: "an unknown key",
                    expected: "one of " + allowed.joined(separator: ", "), hint: meant.map { "did you mean \($0)?" }))
        }
        for key in required where entries.values[key] == nil && !meantKeys.contains(key) {
            faults.append(error(node, join(field, key), found: "nothing", expected: "this field"))
        }
        return (entries, faults)
    }

    /// The entries of a mapping in their order, each key a plain text.
    package func pairs(_ node: SettingsNode, _ field: String) throws(SettingsError) -> [(
        key: SettingsNode.Scalar, value: SettingsNode
    )] {
        guard case .mapping(let mapping, _) = node else {
            throw error(node, field, found: kind(node), expected: "a mapping")
        }
        var result: [(SettingsNode.Scalar, SettingsNode)] = []
        result.reserveCapacity(mapping.count)
        for pair in mapping {
            guard case .scalar(let scalar) = pair.key else {
                throw error(pair.key, field, found: "a key that is \(kind(pair.key))", expected: "a text")
            }
            result.append((scalar, pair.value))
        }
        return result
    }

    /// The items of a sequence that is not empty.
    package func items(_ node: SettingsNode, _ field: String) throws(SettingsError) -> [SettingsNode] {
        guard case .sequence(let sequence, _) = node, !sequence.isEmpty else {
            throw error(node, field, found: kind(node), expected: "a list with at least one entry")
        }
        return sequence
    }

    /// A text that is not empty.
    package func text(_ node: SettingsNode, _ field: String) throws(SettingsError) -> String {
        guard case .scalar(let scalar) = node, !scalar.string.isEmpty else {
            throw error(node, field, found: kind(node), expected: "a text")
        }
        return scalar.string
    }

    /// One of some words.
    package func word(_ node: SettingsNode, _ field: String, among words: [String]) throws(SettingsError) -> String {
        let text = try text(node, field)
        guard words.contains(text) else {
            throw error(
                node, field, found: text, expected: "one of " + words.joined(separator: ", "),
                hint: Suggestion.nearest(to: text, among: words).map { "did you mean \($0)?" })
        }
        return text
    }

    /// `true` or `false`.
    package func flag(_ node: SettingsNode, _ field: String) throws(SettingsError) -> Bool {
        try word(node, field, among: ["true", "false"]) == "true"
    }

    /// A finite number above zero.
    package func positive(_ node: SettingsNode, _ field: String) throws(SettingsError) -> Double {
        let text = try text(node, field)
        guard case .scalar(let scalar) = node, scalar.isPlain,
            let number = Double(text), number.isFinite
        else { throw error(node, field, found: text, expected: "a number") }
        guard number > 0 else { throw error(node, field, found: text, expected: "a number above zero") }
        return number
    }

    /// A whole number from zero to 10^15.
    package func count(_ node: SettingsNode, _ field: String) throws(SettingsError) -> Int {
        let text = try text(node, field)
        guard case .scalar(let scalar) = node, scalar.isPlain,
            text.utf8.allSatisfy({ (48...57).contains($0) }), let number = Int(text), number <= 1_000_000_000_000_000
        else { throw error(node, field, found: text, expected: "a whole number of at least zero") }
        return number
    }

    /// A number of a unit, as one text: `50 MiB`, `10 s`; in the base unit of the measure.
    package func measured(_ node: SettingsNode, _ field: String, _ measure: Measure) throws(SettingsError) -> Double {
        let text = try text(node, field)
        let names = measure.units.map(\.name)
        let expected = "a number and one of " + names.joined(separator: ", ") + ", such as 10 \(names.last ?? "")"
        let parts = text.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, let value = Double(String(parts[0])), value.isFinite, value >= 0,
            let unit = measure.units.first(where: { $0.name == parts[1] }), value * unit.factor < 9e15
        else { throw error(node, field, found: text, expected: expected) }
        return value * unit.factor
    }

    /// A day as `YYYY-MM-DD`.
    package func date(_ node: SettingsNode, _ field: String) throws(SettingsError) -> String {
        let text = try text(node, field)
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        let lengths = parts.map(\.utf8.count)
        let numbers = parts.compactMap { part in
            part.utf8.allSatisfy { (48...57).contains($0) } ? Int(part) : nil
        }
        guard lengths == [4, 2, 2], numbers.count == 3, (1...12).contains(numbers[1]),
            (1...Self.days(ofMonth: numbers[1], year: numbers[0])).contains(numbers[2])
        else { throw error(node, field, found: text, expected: "a date, YYYY-MM-DD") }
        return text
    }

    /// Days of a month, 1 to 12, of the Gregorian calendar.
    private static func days(ofMonth month: Int, year: Int) -> Int {
        guard month == 2 else { return [4, 6, 9, 11].contains(month) ? 30 : 31 }
        return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    }

    private func kind(_ node: SettingsNode) -> String {
        switch node {
        case .scalar(let scalar): scalar.string.isEmpty ? "nothing" : scalar.string
        case .mapping: "a mapping"
        case .sequence(let sequence, _): sequence.isEmpty ? "an empty list" : "a list"
        }
    }
}

/// The path of a field inside another.
package func join(_ field: String, _ key: String) -> String { field.isEmpty ? key : field + "." + key }
