/// The parts of an error message; whoever shows it chooses the words around them.
public struct ErrorFacts: Hashable, Sendable {
    /// What is wrong, a predicate of `file` where there is one: "is not a file".
    public var what: String
    /// The file or folder that it is about.
    public var file: String?
    /// The place in the file: a tensor's name, a JSON path, a byte offset.
    public var place: String?
    /// What was found there.
    public var found: String?
    /// What would have been right.
    public var expected: String?
    /// What to do about it, if that is known.
    public var hint: String?

    /// Collects the parts that are known.
    public init(
        _ what: String, file: String? = nil, place: String? = nil, found: String? = nil, expected: String? = nil,
        hint: String? = nil
    ) {
        self.what = what
        self.file = file
        self.place = place
        self.found = found
        self.expected = expected
        self.hint = hint
    }
}

/// An error that can say what it knows in parts.
public protocol FactualError: Error {
    /// The parts.
    var facts: ErrorFacts { get }
}
