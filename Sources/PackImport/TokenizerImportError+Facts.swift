public import PackIO

extension TokenizerImportError: FactualError {
    /// The fault as facts, for the command to word.
    public var facts: ErrorFacts {
        switch self {
        case .unreadable(let file, let reason): ErrorFacts("cannot be read", file: file, found: reason)
        case .missing(let folder, let expected):
            ErrorFacts("has no tokenizer", file: folder, expected: "one of " + expected.joined(separator: ", "))
        case .malformed(let file, let offset, let found, let expected):
            ErrorFacts("is malformed", file: file, place: "byte \(offset)", found: found, expected: expected)
        case .invalid(let file, let path, let found, let expected, let hint):
            ErrorFacts(
                "is not a usable tokenizer", file: file, place: path, found: found, expected: expected, hint: hint)
        case .unsupported(let file, let path, let found, let supported, let hint):
            ErrorFacts(
                "asks for something that is not implemented", file: file, place: path, found: found,
                expected: supported.joined(separator: " or "), hint: hint)
        }
    }

    /// Whether the tokenizer is in order but of a kind that is not implemented.
    public var isUnsupported: Bool {
        if case .unsupported = self { true } else { false }
    }
}
