import PackIO

/// Why a zip file, or an entry of it, cannot be read.
public struct ZipFailure: Error, Hashable, Sendable {
    /// The file.
    public let file: String
    /// The entry that it is about, if it is about one.
    public let entry: String?
    /// The rule that is broken.
    public let problem: Problem
    /// What the file has.
    public let found: String
    /// What would have been right.
    public let expected: String

    /// The rules that a file can break.
    public enum Problem: String, Hashable, Sendable {
        /// The file has no directory, or one that lies outside it.
        case directory
        /// A record of the directory is none, or is cut off.
        case record
        /// The directory has another number of entries than it says, or more than are taken.
        case count
        /// The entry has a ``ZipFault``.
        case fault
        /// The entry's bytes are not what the directory says.
        case damaged
    }

    /// The failure in parts, for a message.
    public var facts: ErrorFacts {
        ErrorFacts(
            problem.words, file: file, place: entry.map { "entry \"\($0)\"" }, found: found, expected: expected)
    }
}

extension ZipFailure.Problem {
    /// A predicate of the file.
    var words: String {
        switch self {
        case .directory: "is not a whole zip file"
        case .record: "has a damaged directory"
        case .count: "has a wrong number of entries"
        case .fault: "has an entry that cannot be used"
        case .damaged: "has a damaged entry"
        }
    }
}

/// A broken rule before it is known of which file.
struct ZipProblem: Error {
    let problem: ZipFailure.Problem
    let found: String
    let expected: String

    init(_ problem: ZipFailure.Problem, found: String, expected: String) {
        self.problem = problem
        self.found = found
        self.expected = expected
    }

    func failure(file: String, entry: String? = nil) -> FormatFailure {
        .zip(ZipFailure(file: file, entry: entry, problem: problem, found: found, expected: expected))
    }
}
