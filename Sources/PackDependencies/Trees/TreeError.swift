import PackFormats
import PackIO

/// Why a tree of files cannot be read at all. What concerns single files is a ``TreeProblem``.
public enum TreeError: Error, Hashable, Sendable {
    /// The path could not be opened or listed.
    case io(IOFailure)
    /// The archive, or a document in it, is not what its format says.
    case format(FormatFailure)
    /// The path is no form of tree; `found` says what it is.
    case unknownForm(path: String, found: String, hint: String?)
    /// More files than are taken.
    case tooManyFiles(path: String, limit: Int)
    /// The image is incomplete or breaks a rule; `place` names the blob or document.
    case image(path: String, place: String, what: String, found: String, expected: String)
    /// The image is not there for the platform that was asked for, or for several of which none was.
    case platform(path: String, wanted: String?, found: [String])
}

extension TreeError: FactualError {
    /// The failure in parts, for a message.
    public var facts: ErrorFacts {
        switch self {
        case .io(let failure): failure.facts
        case .format(let failure): failure.facts
        case .unknownForm(let path, let found, let hint):
            ErrorFacts(
                "is no tree of files", file: path, found: found,
                expected: "a folder, a folder of wheels, a zip, an OCI image layout or a docker-archive tar", hint: hint
            )
        case .tooManyFiles(let path, let limit):
            ErrorFacts("holds too many files", file: path, expected: "at most \(limit)")
        case .image(let path, let place, let what, let found, let expected):
            ErrorFacts(what, file: path, place: place, found: found, expected: expected)
        case .platform(let path, let wanted, let found):
            ErrorFacts(
                wanted == nil ? "has images for several platforms" : "has no image for the platform", file: path,
                found: found.isEmpty ? "none" : found.joined(separator: ", "),
                expected: wanted ?? "one, or an architecture to choose by")
        }
    }
}

extension TreeError {
    /// Runs what reads files, and turns its failure into one of this module.
    static func reading<Result>(_ body: () throws(IOFailure) -> Result) throws(TreeError) -> Result {
        do throws(IOFailure) {
            return try body()
        } catch {
            throw .io(error)
        }
    }

    /// Runs what reads formats, and turns its failure into one of this module.
    static func parsing<Result>(_ body: () throws(FormatFailure) -> Result) throws(TreeError) -> Result {
        do throws(FormatFailure) {
            return try body()
        } catch {
            throw .format(error)
        }
    }
}

extension TreeProblem {
    /// A failure as a problem of a file.
    package init(_ path: String, _ failure: some FactualError) {
        let facts = failure.facts
        var text = facts.what
        if let found = facts.found { text += ": \(found)" }
        if let expected = facts.expected { text += " (expected \(expected))" }
        self.init(path: path, text: text)
    }
}
