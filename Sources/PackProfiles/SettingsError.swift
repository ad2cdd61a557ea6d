import PackIO

/// What is wrong with a file of settings, as facts; the command words them.
public struct SettingsError: Error, Hashable, Sendable {
    /// What is wrong with the file, a predicate of it: "is not a profile".
    public var what: String
    /// The file, or the name that was asked for when no file answers to it.
    public var file: String
    /// Line in the file, counted from 1, where one is known.
    public var line: Int?
    /// Path of the field, for example `limits.package.zipped.unit`; empty for the file as a whole.
    public var field: String
    /// What stands there.
    public var found: String
    /// What should stand there.
    public var expected: String
    /// What to do about it, if that is known.
    public var hint: String?

    package init(
        what: String = "is not a profile", file: String, line: Int? = nil, field: String = "", found: String,
        expected: String, hint: String? = nil
    ) {
        self.what = what
        self.file = file
        self.line = line
        self.field = field
        self.found = found
        self.expected = expected
        self.hint = hint
    }
}

/// What is wrong with a profile.
public typealias ProfileError = SettingsError

extension SettingsError: FactualError {
    /// The parts, for a message.
    public var facts: ErrorFacts {
        let place = [line.map { "line \($0)" }, field.isEmpty ? nil : field].compactMap { $0 }
        return ErrorFacts(
            what, file: file, place: place.isEmpty ? nil : place.joined(separator: ", "), found: found,
            expected: expected, hint: hint)
    }

    /// A file that cannot be read.
    package init(_ failure: IOFailure, what: String = "is not a profile", file: String) {
        let facts = failure.facts
        self.init(
            what: what, file: file, found: facts.found ?? facts.what,
            expected: facts.expected ?? Self.subject(of: what) + " that can be read", hint: facts.hint)
    }

    /// What the file should be: "a profile" for "is not a profile".
    static func subject(of what: String) -> String { what.hasPrefix("is not ") ? String(what.dropFirst(7)) : "a file" }
}
