import PackIO

/// A broken rule of the safetensors format.
public struct SafetensorsFailure: Error, Hashable, Sendable {
    /// The file.
    public let file: String
    /// The tensor that it is about, if it is about one.
    public let tensor: String?
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
        case tooShort, headerTooLong, headerBeyondFile, headerNotJSON, headerNotObject
        case metadataNotStrings, tensorNotObject, fieldMissing, fieldUnknown
        case dtypeUnknown, shapeNotCounts, shapeOverflows, rankTooHigh
        case offsetsNotPair, offsetsReversed, offsetsBeyondFile, spanDisagrees
        case overlap, gap, trailingBytes
    }
}

extension SafetensorsFailure {
    /// The failure in parts, for a message.
    public var facts: ErrorFacts {
        let place = [tensor.map { "tensor \"\($0)\"" }, offset.map { "byte \($0)" }].compactMap { $0 }
        return ErrorFacts(
            problem.words, file: file, place: place.isEmpty ? nil : place.joined(separator: ", "), found: found,
            expected: expected, hint: problem.suggestsTruncation ? "the file may be cut off: fetch it again" : nil)
    }
}

extension SafetensorsFailure.Problem {
    /// A predicate of the file.
    var words: String {
        switch self {
        case .tooShort: "is too short for a safetensors file"
        case .headerTooLong: "has a header beyond the format's limit"
        case .headerBeyondFile: "has a header that is longer than the file"
        case .headerNotJSON: "has a header that is not valid JSON"
        case .headerNotObject: "has a header that is not a JSON object"
        case .metadataNotStrings: "has metadata other than strings"
        case .tensorNotObject: "describes a tensor by something other than an object"
        case .fieldMissing: "lacks a field of a tensor"
        case .fieldUnknown: "has an unknown field in a tensor"
        case .dtypeUnknown: "has an unknown element type"
        case .shapeNotCounts: "has a shape that is not a list of counts"
        case .shapeOverflows: "has a shape too large to count"
        case .rankTooHigh: "has a shape of too many axes"
        case .offsetsNotPair: "has offsets that are not two counts"
        case .offsetsReversed: "has offsets in the wrong order"
        case .offsetsBeyondFile: "has a tensor that reaches beyond the file"
        case .spanDisagrees: "has a tensor whose shape and bytes disagree"
        case .overlap: "has overlapping tensors"
        case .gap: "has bytes between tensors that belong to none"
        case .trailingBytes: "has bytes behind the last tensor"
        }
    }

    var suggestsTruncation: Bool {
        switch self {
        case .tooShort, .headerBeyondFile, .offsetsBeyondFile: true
        default: false
        }
    }
}
