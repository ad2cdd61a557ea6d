import PackIO

/// What is wrong with a profile, as facts; the command words them.
public struct ProfileError: Error, Hashable, Sendable {
    /// The profile's file, or the name that was asked for when no file answers to it.
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
        file: String, line: Int? = nil, field: String = "", found: String, expected: String, hint: String? = nil
    ) {
        self.file = file
        self.line = line
        self.field = field
        self.found = found
        self.expected = expected
        self.hint = hint
    }
}

extension ProfileError: FactualError {
    /// The parts, for a message.
    public var facts: ErrorFacts {
        let place = [line.map { "line \($0)" }, field.isEmpty ? nil : field].compactMap { $0 }
        return ErrorFacts(
            "is not a profile", file: file, place: place.isEmpty ? nil : place.joined(separator: ", "), found: found,
            expected: expected, hint: hint)
    }

    /// A profile's file that cannot be read.
    init(_ failure: IOFailure, file: String) {
        let facts = failure.facts
        self.init(
            file: file, found: facts.found ?? facts.what, expected: facts.expected ?? "a profile that can be read",
            hint: facts.hint)
    }
}
