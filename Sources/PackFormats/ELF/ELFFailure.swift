import PackIO

/// A place in an ELF file that breaks a rule of the format.
public struct ELFFailure: Error, Hashable, Sendable {
    /// The byte of the file at which it was seen.
    public var offset: Int
    /// The rule.
    public var problem: Problem
    /// What the file has.
    public var found: String

    /// The rules that a file can break.
    public enum Problem: String, Hashable, Sendable {
        case notELF, tooShort, classUnknown, orderUnknown
        case programHeadersBeyondFile, dynamicBeyondFile, tooManyEntries, addressUnmapped
        case textUnended, versionsUnended, sectionsBeyondFile
    }

    init(_ problem: Problem, at offset: Int, found: String) {
        self.offset = offset
        self.problem = problem
        self.found = found
    }

    /// The failure in parts, for a message about a file.
    public func facts(file: String?) -> ErrorFacts {
        ErrorFacts(problem.words, file: file, place: "byte \(offset)", found: found)
    }
}

extension ELFFailure: FactualError {
    /// The failure in parts, without the file's name.
    public var facts: ErrorFacts { facts(file: nil) }
}

extension ELFFailure.Problem {
    /// A predicate of the file.
    public var words: String {
        switch self {
        case .notELF: "is not an ELF file"
        case .tooShort: "is too short for an ELF file"
        case .classUnknown: "is an ELF file of neither 32 nor 64 bits"
        case .orderUnknown: "is an ELF file of unknown byte order"
        case .programHeadersBeyondFile: "has ELF program headers beyond its end"
        case .dynamicBeyondFile: "has an ELF dynamic section beyond its end"
        case .tooManyEntries: "has more ELF entries than are read"
        case .addressUnmapped: "has an ELF address that no segment of the file holds"
        case .textUnended: "has an ELF name outside its table of names"
        case .versionsUnended: "has an ELF list of versions that leads beyond its end"
        case .sectionsBeyondFile: "has ELF section headers beyond its end"
        }
    }
}
