/// Why a request was not answered. It is the fault of this request alone: the next one is served.
public struct RequestError: Error, Equatable {
    /// Kinds of fault, with the facts that each carries.
    public enum Kind: UInt8, Sendable, CaseIterable {
        // JSON, all with `offset`.

        /// The text ends within a value.
        case truncated
        /// A byte that cannot stand here.
        case unexpectedByte
        /// A backslash followed by something else than JSON knows.
        case badEscape
        /// A control character within a string.
        case controlCharacter
        /// A number that is not written as JSON has it, or longer than 500 digits.
        case badNumber
        /// More than 64 levels of arrays and objects.
        case tooDeep
        /// Something follows the value.
        case trailingBytes
        /// A string is larger than the memory there is.
        case stringTooLarge
        /// Another type of value is wanted: of the field `name`, if it is known; `detail` says which.
        case wrongType

        // Requests.

        /// A field that requests don't have; `name`.
        case unknownField
        /// Neither `text` nor `texts` nor `inputs`, or more than one of them.
        case needsOneForm
        /// The fields contradict each other; `detail` is the whole sentence, with places for the other facts.
        case contradiction
        /// No text at all in `texts`.
        case noTexts
        /// More texts than one request may have; `found`, `expected`.
        case tooManyTexts
        /// More tokens than one request may have: `axis` texts take `found` with the padding that they need, of `expected`.
        case tooManyTokens
        /// Texts were sent to a model without a tokenizer, or one with inputs that text cannot fill.
        case takesNoText

        // Tensors, all with `name`.

        /// An input that the model does not have; `known` names those it has.
        case unknownInput
        /// An output that the model does not have.
        case unknownOutput
        /// An input that the model needs.
        case missingInput
        /// An input that is there twice.
        case repeatedInput
        /// Rows of an array differ in length, or numbers stand beside arrays; `axis`, `offset`.
        case ragged
        /// Another number of axes than the model takes; `found`, `expected`.
        case wrongRank
        /// An axis has an extent that the model does not take; `axis`, `found`, `expected`.
        case wrongDimension
        /// An axis is longer than the model takes; `axis`, `found`, `expected`.
        case tooLong
        /// An axis has no elements; `axis`.
        case emptyAxis
        /// `data` has another number of elements than `shape` says; `found`, `expected`.
        case wrongCount
        /// A number that the element type cannot hold; `detail`, `offset`.
        case outOfRange
        /// A text of the inputs is not UTF-8.
        case badText
        /// Bytes of an image file that cannot be decoded; `detail`, what is expected as `known`, `offset` in the file.
        case badImage
        /// A value that the model's operators refuse, such as an index past the end of a table; `found` is the step.
        case badValue

        // Limits.

        /// The body is larger than `expected` bytes.
        case bodyTooLarge
        /// The answer would be larger than `expected` bytes.
        case answerTooLarge
        /// The texts of the inputs, and those made of them, need more room than a request has.
        case textsTooLarge
        /// Not enough memory for these shapes; `found` bytes.
        case outOfMemory
        /// There was no time left.
        case deadlinePassed
        /// The runtime itself failed; `found` tells where.
        case failed
    }

    /// An error that travels as one pointer: throwing it costs the callers in between almost no code.
    private final class Facts: Sendable {
        let kind: Kind
        let name: [UInt8]
        let known: [UInt8]
        let detail: StaticText
        let numbers: (found: Int, expected: Int, axis: Int, offset: Int)

        init(
            _ kind: Kind, _ name: [UInt8], _ known: [UInt8], _ detail: StaticText, _ found: Int, _ expected: Int,
            _ axis: Int, _ offset: Int
        ) {
            self.kind = kind
            self.name = name
            self.known = known
            self.detail = detail
            numbers = (found, expected, axis, offset)
        }
    }

    private let facts: Facts

    /// Describes a fault; what each kind needs stands there.
    @inline(never)
    public init(
        _ kind: Kind, name: [UInt8] = [], known: [UInt8] = [], detail: StaticText = StaticText(""), found: Int = 0,
        expected: Int = 0, axis: Int = 0, offset: Int = 0
    ) {
        facts = Facts(kind, name, known, detail, found, expected, axis, offset)
    }

    /// Describes a fault of the JSON text.
    @inline(never)
    public init(_ kind: Kind, offset: Int) {
        facts = Facts(kind, [], [], StaticText(""), 0, 0, 0, offset)
    }

    /// Describes a fault of an input.
    @inline(never)
    init(_ kind: Kind, name: [UInt8], found: Int = 0, expected: Int = 0, axis: Int = 0, offset: Int = 0) {
        facts = Facts(kind, name, [], StaticText(""), found, expected, axis, offset)
    }

    /// What is wrong.
    public var kind: Kind { facts.kind }
    /// The field, input or output.
    public var name: [UInt8] { facts.name }
    /// Names that would have been right.
    public var known: [UInt8] { facts.known }
    /// What is expected, or contradictory.
    public var detail: StaticText { facts.detail }
    /// What was found.
    public var found: Int { facts.numbers.found }
    /// What was expected, or the limit.
    public var expected: Int { facts.numbers.expected }
    /// The axis, or the number of texts.
    public var axis: Int { facts.numbers.axis }
    /// Bytes of the body before the fault.
    public var offset: Int { facts.numbers.offset }

    /// Whether kinds and facts are the same.
    public static func == (a: RequestError, b: RequestError) -> Bool {
        a.kind == b.kind && a.name == b.name && a.known == b.known && a.detail == b.detail
            && a.facts.numbers == b.facts.numbers
    }
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
