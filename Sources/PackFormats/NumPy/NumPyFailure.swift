import PackIO

/// A broken rule of NumPy's array files.
public struct NumPyFailure: Error, Hashable, Sendable {
    /// The file.
    public let file: String
    /// The array that it is about, if it is about one.
    public let array: String?
    /// The rule.
    public let problem: Problem
    /// What the file has.
    public let found: String
    /// What the format wants.
    public let expected: String

    /// The rules that a file, or a list of arrays to write, can break.
    public enum Problem: String, Hashable, Sendable {
        case archive, entryDamaged, entryNotFile, nameUnsafe, nameNotArray, nameRepeated, tooManyArrays
        case headerCut, magic, version, headerTooLong, headerForm
        case dtypeUnknown, byteOrder, rankTooHigh, shapeOverflows, sizeDisagrees, tooLarge, textInvalid
    }
}

/// A broken rule before it is known of which file and array.
struct NumPyFault: Error {
    let problem: NumPyFailure.Problem
    let found: String
    let expected: String

    init(_ problem: NumPyFailure.Problem, found: String, expected: String) {
        self.problem = problem
        self.found = found
        self.expected = expected
    }

    /// Runs what reads a zip, and turns its failure into a broken rule.
    static func reading<Result>(
        _ problem: NumPyFailure.Problem, _ body: () throws(FormatFailure) -> Result
    ) throws(NumPyFault) -> Result {
        do throws(FormatFailure) {
            return try body()
        } catch {
            throw NumPyFault(
                problem, found: error.facts.found ?? error.facts.what, expected: error.facts.expected ?? "a zip")
        }
    }

    func failure(file: String, array: String?) -> FormatFailure {
        .numpy(NumPyFailure(file: file, array: array, problem: problem, found: found, expected: expected))
    }
}

extension NumPyFailure {
    /// The failure in parts, for a message.
    public var facts: ErrorFacts {
        ErrorFacts(
            problem.words, file: file, place: array.map { "array \"\($0)\"" }, found: found, expected: expected,
            hint: problem.hint)
    }
}

extension NumPyFailure.Problem {
    /// A predicate of the file.
    var words: String {
        switch self {
        case .archive: "is not an .npz file"
        case .entryDamaged: "has a damaged entry"
        case .entryNotFile: "has an entry that is not a file"
        case .nameUnsafe: "has an array whose name cannot be used"
        case .nameNotArray: "has an entry that is not an array"
        case .nameRepeated: "has two arrays of one name"
        case .tooManyArrays: "has too many arrays"
        case .headerCut: "has an array that ends in its header"
        case .magic: "has an entry that is not in NumPy's format"
        case .version: "has an array in an unknown version of NumPy's format"
        case .headerTooLong: "has an array with too long a header"
        case .headerForm: "has an array whose header cannot be read"
        case .dtypeUnknown: "has an array of an unsupported element type"
        case .byteOrder: "has an array in big-endian byte order"
        case .rankTooHigh: "has a shape of too many axes"
        case .shapeOverflows: "has a shape too large to count"
        case .sizeDisagrees: "has an array whose shape and bytes disagree"
        case .tooLarge: "has more bytes than are read"
        case .textInvalid: "has a text that is not Unicode"
        }
    }

    var hint: String? {
        switch self {
        case .archive: "numpy.savez writes .npz files"
        case .byteOrder: "store it with array.astype(array.dtype.newbyteorder('<'))"
        case .dtypeUnknown: "convert it with array.astype; pickled objects are never read"
        default: nil
        }
    }
}
