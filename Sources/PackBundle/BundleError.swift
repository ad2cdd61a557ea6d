public import PackIO

/// Why a bundle cannot be made.
public enum BundleError: Error, Sendable {
    /// No runtime for the architecture was found in any of the places.
    case noRuntime(arch: String, tried: [String])
    /// The runtime object has no operator or kernel of this name.
    case missingSymbol(String, arch: String)
    /// The linker failed; its message.
    case link(String)
    /// The archive could not be written; libarchive's message.
    case archive(path: String, message: String)
    /// The archive could not be read; libarchive's message.
    case unreadable(path: String, message: String)
    /// A file could not be read or written.
    case io(IOFailure)
}

extension BundleError: FactualError {
    /// The fault as facts, for the command to word.
    public var facts: ErrorFacts {
        switch self {
        case .noRuntime(let arch, let tried):
            ErrorFacts(
                "the runtime for \(arch) was not found", expected: "one of " + tried.joined(separator: ", "),
                hint: "run `make runtime`, or `make install`")
        case .missingSymbol(let symbol, let arch):
            ErrorFacts(
                "the runtime for \(arch) lacks a part that the model needs", found: "no symbol \(symbol)",
                hint: "run `make runtime` to build the one that belongs to this version")
        case .link(let message): ErrorFacts("the runtime could not be linked", found: message)
        case .archive(let path, let message): ErrorFacts("cannot write the bundle", file: path, found: message)
        case .unreadable(let path, let message):
            ErrorFacts(
                "cannot be read as a bundle", file: path, found: message, expected: "a bundle of pack slim")
        case .io(let failure): failure.facts
        }
    }
}
