import PackIO
import Yams

/// Strict reading of YAML nodes: every refusal names the file, the line and the field.
struct FieldReader {
    /// The file, for errors.
    let file: String

    /// An error at a node.
    func error(_ node: Node?, _ field: String, found: String, expected: String, hint: String? = nil) -> ProfileError {
        ProfileError(
            file: file, line: node?.mark?.line, field: field, found: found, expected: expected, hint: hint)
    }

    /// The entries of a mapping whose keys must be among `allowed` and include `required`.
    func mapping(
        _ node: Node, _ field: String, allowed: [String], required: [String]
    ) throws(ProfileError) -> [String: Node] {
        var entries: [String: Node] = [:]
        for (key, value) in try pairs(node, field) {
            guard allowed.contains(key.string) else {
                let meant = Suggestion.nearest(to: key.string, among: allowed)
                throw error(
                    key, join(field, key.string), found: "an unknown key",
                    expected: "one of " + allowed.joined(separator: ", "),
                    hint: meant.map { "did you mean \($0)?" })
            }
            entries[key.string] = value
        }
        if let missing = required.first(where: { entries[$0] == nil }) {
            throw error(node, join(field, missing), found: "nothing", expected: "this field")
        }
        return entries
    }

    /// The entries of a mapping in their order, each key a plain text.
    func pairs(_ node: Node, _ field: String) throws(ProfileError) -> [(key: Node.Scalar, value: Node)] {
        guard case .mapping(let mapping) = node else {
            throw error(node, field, found: kind(node), expected: "a mapping")
        }
        var result: [(Node.Scalar, Node)] = []
        for (key, value) in mapping {
            guard case .scalar(let scalar) = key else {
                throw error(key, field, found: "a key that is \(kind(key))", expected: "a text")
            }
            result.append((scalar, value))
        }
        return result
    }

    /// The items of a sequence that is not empty.
    func items(_ node: Node, _ field: String) throws(ProfileError) -> [Node] {
        guard case .sequence(let sequence) = node, !sequence.isEmpty else {
            throw error(node, field, found: kind(node), expected: "a list with at least one entry")
        }
        return Array(sequence)
    }

    /// A text that is not empty.
    func text(_ node: Node, _ field: String) throws(ProfileError) -> String {
        guard case .scalar(let scalar) = node, !scalar.string.isEmpty else {
            throw error(node, field, found: kind(node), expected: "a text")
        }
        return scalar.string
    }

    /// One of some words.
    func word(_ node: Node, _ field: String, among words: [String]) throws(ProfileError) -> String {
        let text = try text(node, field)
        guard words.contains(text) else {
            throw error(
                node, field, found: text, expected: "one of " + words.joined(separator: ", "),
                hint: Suggestion.nearest(to: text, among: words).map { "did you mean \($0)?" })
        }
        return text
    }

    /// `true` or `false`.
    func flag(_ node: Node, _ field: String) throws(ProfileError) -> Bool {
        try word(node, field, among: ["true", "false"]) == "true"
    }

    /// A finite number above zero.
    func positive(_ node: Node, _ field: String) throws(ProfileError) -> Double {
        let text = try text(node, field)
        guard case .scalar(let scalar) = node, scalar.style == .plain || scalar.style == .any,
            let number = Double(text), number.isFinite
        else { throw error(node, field, found: text, expected: "a number") }
        guard number > 0 else { throw error(node, field, found: text, expected: "a number above zero") }
        return number
    }

    /// A day as `YYYY-MM-DD`.
    func date(_ node: Node, _ field: String) throws(ProfileError) -> String {
        let text = try text(node, field)
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        let lengths = parts.map(\.utf8.count)
        let numbers = parts.compactMap { part in
            part.utf8.allSatisfy { (48...57).contains($0) } ? Int(part) : nil
        }
        guard lengths == [4, 2, 2], numbers.count == 3, (1...12).contains(numbers[1]), (1...31).contains(numbers[2])
        else { throw error(node, field, found: text, expected: "a date, YYYY-MM-DD") }
        return text
    }

    private func kind(_ node: Node) -> String {
        switch node {
        case .scalar(let scalar): scalar.string.isEmpty ? "nothing" : scalar.string
        case .mapping: "a mapping"
        case .sequence(let sequence): sequence.isEmpty ? "an empty list" : "a list"
        case .alias: "an alias"
        }
    }
}

/// The path of a field inside another.
func join(_ field: String, _ key: String) -> String { field.isEmpty ? key : field + "." + key }

extension FieldReader {
    /// An error at a key.
    func error(
        _ key: Node.Scalar, _ field: String, found: String, expected: String, hint: String? = nil
    ) -> ProfileError {
        error(.scalar(key), field, found: found, expected: expected, hint: hint)
    }
}
