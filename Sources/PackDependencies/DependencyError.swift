import PackFormats
import PackIO

/// Why what describes or holds dependencies could not be taken.
public enum DependencyError: Error, Hashable, Sendable {
    /// A file or folder could not be read.
    case io(IOFailure)
    /// A file is not the JSON that it should be.
    case json(JSONFailure, file: String)
    /// A text breaks the rules of its format, or is beyond what is read of it.
    case form(ErrorFacts)
    /// Files include one another, or groups do.
    case cycle(file: String, line: Int?, what: String, names: [String])
    /// The user's `pip` or `uv` could not be run, or failed; `lines` are the last that it printed.
    case resolver(program: String, what: String, lines: [String])
}

extension DependencyError: FactualError {
    /// The failure in parts, for a message.
    public var facts: ErrorFacts {
        switch self {
        case .io(let failure): failure.facts
        case .json(let failure, let file): failure.facts(file: file)
        case .form(let facts): facts
        case .cycle(let file, let line, let what, let names):
            ErrorFacts(
                what, file: file, place: line.map { "line \($0)" }, found: names.joined(separator: " -> "),
                hint: "break the circle")
        case .resolver(let program, let what, let lines):
            ErrorFacts(what, file: program, found: lines.isEmpty ? nil : lines.joined(separator: "\n"))
        }
    }
}

extension DependencyError {
    /// A fault in a text file.
    static func form(
        _ what: String, file: String?, line: Int? = nil, field: String? = nil, found: String? = nil,
        expected: String? = nil, hint: String? = nil
    ) -> DependencyError {
        let place = [line.map { "line \($0)" }, field].compactMap(\.self).joined(separator: ", ")
        return .form(
            ErrorFacts(
                what, file: file, place: place.isEmpty ? nil : place, found: found.map(excerpt), expected: expected,
                hint: hint))
    }

    /// Reads files, and turns the failure into one of this module.
    static func reading<Result>(_ body: () throws(IOFailure) -> Result) throws(DependencyError) -> Result {
        do throws(IOFailure) {
            return try body()
        } catch {
            throw .io(error)
        }
    }

    /// A text of a file cut to a length for messages.
    static func excerpt(_ text: String) -> String {
        text.utf8.count <= 120 ? text : String(text.prefix(117)) + "…"
    }
}
