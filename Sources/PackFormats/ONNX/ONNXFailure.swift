import PackIO

/// A broken rule of the ONNX format, or of the wire format that it is written in.
public struct ONNXFailure: Error, Hashable, Sendable {
    /// The file.
    public internal(set) var file: String
    /// The field that it is about: `graph.node[3].attribute[1].t.dims`; empty for the file as a whole.
    public internal(set) var path: String
    /// The byte of the file at which it was seen, if there is one.
    public let offset: Int?
    /// The rule.
    public let problem: Problem
    /// What the file has.
    public let found: String
    /// What the format wants.
    public let expected: String

    /// The rules that a file can break.
    public enum Problem: String, Hashable, Sendable {
        case cutOff, lengthBeyondEnd, varintTooLong, wrongWireType, fieldNumber, tooDeep, tooManyParts, notUTF8
        case repeatedField, missingField, outOfRange, unknownKind, versionTooNew, segmented
        case elementType, negativeExtent, rankTooHigh, sizeOverflows, dataDisagrees, dataTwice
        case externalName, externalField, externalLink, externalBeyondFile
    }

    init(
        _ problem: Problem, path: String = "", at offset: Int?, found: String, expected: String, file: String = ""
    ) {
        self.file = file
        self.path = path
        self.offset = offset
        self.problem = problem
        self.found = found
        self.expected = expected
    }

    /// The same failure, seen from the message that holds the one it was seen in.
    func inside(_ field: StaticString, _ index: Int? = nil) -> ONNXFailure {
        var outer = self
        let own = index.map { "\(field)[\($0)]" } ?? "\(field)"
        outer.path = path.isEmpty ? own : "\(own).\(path)"
        return outer
    }
}

extension ONNXFailure {
    /// The failure in parts, for a message.
    public var facts: ErrorFacts {
        let place = [path.isEmpty ? nil : path, offset.map { "byte \($0)" }].compactMap { $0 }
        return ErrorFacts(
            problem.words, file: file, place: place.isEmpty ? nil : place.joined(separator: ", "), found: found,
            expected: expected, hint: problem.hint)
    }
}

extension ONNXFailure.Problem {
    /// A predicate of the file.
    var words: String {
        switch self {
        case .cutOff: "ends in the middle of a field"
        case .lengthBeyondEnd: "has a field that is longer than what holds it"
        case .varintTooLong: "has a number of more than 64 bits"
        case .wrongWireType: "has a field of the wrong wire type"
        case .fieldNumber: "has a field number that no message has"
        case .tooDeep: "nests messages too deeply"
        case .tooManyParts: "has too many parts"
        case .notUTF8: "has a text that is not UTF-8"
        case .repeatedField: "has a field twice that may stand once"
        case .missingField: "lacks a field"
        case .outOfRange: "has a number out of range"
        case .unknownKind: "has a value of an unknown kind"
        case .versionTooNew: "is of a version that is not known"
        case .segmented: "has a tensor in segments"
        case .elementType: "has a tensor of an unknown element type"
        case .negativeExtent: "has a tensor with a negative extent"
        case .rankTooHigh: "has a shape of too many axes"
        case .sizeOverflows: "has a shape too large to count"
        case .dataDisagrees: "has a tensor whose shape and data disagree"
        case .dataTwice: "has a tensor with two kinds of data"
        case .externalName: "names external data that is not in its folder"
        case .externalField: "describes external data wrongly"
        case .externalLink: "has external data with several hard links"
        case .externalBeyondFile: "has a tensor that reaches beyond its external file"
        }
    }

    var hint: String? {
        switch self {
        case .cutOff, .lengthBeyondEnd, .externalBeyondFile: "the file may be cut off: fetch it again"
        case .externalName: "put the data beside the model, and name it by a relative path"
        case .externalLink: "make it a copy of its own: cp DATA COPY && mv COPY DATA"
        case .versionTooNew: "write the model again with an older version of onnx"
        default: nil
        }
    }
}
