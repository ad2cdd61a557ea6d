/// Why a request was not answered. Each is the fault of this request alone: the next one is served.
public enum RequestError: Error, Equatable {
    /// The body is not JSON, or a value in it has the wrong type.
    case json(JSONError)
    /// A field has the wrong type.
    case wrongType(field: [UInt8], expected: StaticText, offset: Int)
    /// A field that requests don't have.
    case unknownField([UInt8])
    /// Neither `text` nor `texts` nor `inputs`, or more than one of them.
    case needsOneOfTextTextsInputs
    /// The fields contradict each other: what is wrong with them.
    case contradiction(StaticText)
    /// No text at all in `texts`.
    case noTexts
    /// More texts than one request may have.
    case tooManyTexts(found: Int, limit: Int)
    /// More tokens than one request may have, padding included.
    case tooManyTokens(texts: Int, longest: Int, limit: Int)
    /// Texts were sent to a model without a tokenizer, or one with inputs that text cannot fill.
    case takesNoText
    /// An input that the model does not have.
    case unknownInput(name: [UInt8], known: [UInt8])
    /// An output that the model does not have.
    case unknownOutput([UInt8])
    /// An input that the model needs.
    case missingInput([UInt8])
    /// An input that is there twice.
    case repeatedInput([UInt8])
    /// Rows of an array differ in length, or numbers stand beside arrays.
    case ragged(input: [UInt8], axis: Int, offset: Int)
    /// The shape of an input is not what the model takes.
    case wrongRank(input: [UInt8], found: Int, expected: Int)
    /// An axis of an input has an extent that the model does not take.
    case wrongDimension(input: [UInt8], axis: Int, found: Int, expected: Int)
    /// An axis of an input is longer than the model takes.
    case tooLong(input: [UInt8], axis: Int, found: Int, limit: Int)
    /// An axis of an input has no elements.
    case emptyAxis(input: [UInt8], axis: Int)
    /// `data` has another number of elements than `shape` says.
    case wrongCount(input: [UInt8], found: Int, expected: Int)
    /// A number that the element type cannot hold.
    case outOfRange(input: [UInt8], type: StaticText, offset: Int)
    /// A value within an input is not one that the model's operators take, such as an index past the end of a table.
    case badValue(step: Int)
    /// The body is larger than allowed.
    case bodyTooLarge(limit: Int)
    /// The answer would be larger than allowed.
    case answerTooLarge(limit: Int)
    /// Not enough memory for these shapes.
    case outOfMemory(bytes: Int)
    /// There was no time left.
    case deadlinePassed
    /// The runtime itself failed; the number tells where.
    case failed(code: Int)
}

/// A literal that can be compared.
public struct StaticText: Equatable, Sendable {
    /// The literal.
    public let text: StaticString

    /// Wraps a literal.
    public init(_ text: StaticString) {
        self.text = text
    }

    /// Whether the texts are the same, byte by byte.
    public static func == (a: StaticText, b: StaticText) -> Bool {
        matches(UnsafeRawBufferPointer(start: a.text.utf8Start, count: a.text.utf8CodeUnitCount), b.text)
    }
}

extension RequestError {
    /// The HTTP status.
    public var status: Int {
        switch self {
        case .bodyTooLarge, .tooManyTexts, .tooManyTokens: 413
        case .outOfMemory: 413
        case .answerTooLarge: 413
        case .deadlinePassed: 503
        case .failed: 500
        default: 400
        }
    }

    /// A name for programs, as Lambda's `errorType`.
    public var type: StaticString {
        switch self {
        case .json(let error): error.kind == .wrongType ? "WrongType" : "InvalidJSON"
        case .wrongType, .outOfRange: "WrongType"
        case .unknownField, .needsOneOfTextTextsInputs, .contradiction, .noTexts, .takesNoText: "InvalidRequest"
        case .unknownInput: "UnknownInput"
        case .unknownOutput: "UnknownOutput"
        case .missingInput, .repeatedInput: "MissingInput"
        case .ragged, .wrongRank, .wrongDimension, .tooLong, .emptyAxis, .wrongCount: "WrongShape"
        case .badValue: "InvalidValue"
        case .bodyTooLarge, .tooManyTexts, .tooManyTokens: "RequestTooLarge"
        case .answerTooLarge: "AnswerTooLarge"
        case .outOfMemory: "OutOfMemory"
        case .deadlinePassed: "DeadlinePassed"
        case .failed: "InternalError"
        }
    }
}
