import PackTokenizers

/// Turns texts into tokens, as the predictor sees it; a tokenizer behind an adapter, or a stand-in.
public protocol TextEncoder {
    /// The id that pads a batch.
    var padID: Int { get }
    /// The most tokens that the tokenizer itself allows for; nil if it does not say.
    var defaultMaximum: Int? { get }
    /// Number of ids.
    var idCount: Int { get }
    /// The piece of an id, UTF-8; nil if it has none.
    func piece(_ id: Int) -> UnsafeRawBufferPointer?
    /// Appends a row with the tokens of a text, or of two.
    mutating func encode(
        _ text: UnsafeRawBufferPointer, pair: UnsafeRawBufferPointer?, maximum: Int, into batch: TokenBatch)
}

/// Tokens of the texts of one request, row after row.
public final class TokenBatch {
    /// A token.
    public struct Token: Equatable, BitwiseCopyable {
        /// Its number in the vocabulary.
        public var id: Int32
        /// The type that the template gives its text.
        public var type: UInt8
        /// The text that it comes from, 0 or 1; 255 for a token of the template.
        public var source: UInt8
        /// Its first byte in that text.
        public var start: UInt32
        /// The byte after its last in that text.
        public var end: UInt32

        /// Describes a token.
        public init(id: Int32, type: UInt8, source: UInt8, start: UInt32, end: UInt32) {
            self.id = id
            self.type = type
            self.source = source
            self.start = start
            self.end = end
        }
    }

    private let tokens = PlainList<Token>()
    private let ends = PlainList<Int>()
    /// Tokens of the longest row.
    public private(set) var longest = 0

    /// A batch without rows.
    public init() {}

    /// Forgets the rows and keeps the memory.
    public func clear() {
        tokens.clear()
        ends.clear()
        longest = 0
    }

    /// Whether tokens were lost for want of memory.
    var overflowed: Bool { tokens.overflowed || ends.overflowed }

    /// Number of tokens of all rows.
    var count: Int { tokens.count }

    /// Number of rows.
    public var rowCount: Int { ends.count }

    /// Number of tokens of a row.
    public func tokenCount(_ row: Int) -> Int { ends[row] - start(row) }

    /// A token of a row.
    public func token(_ row: Int, _ index: Int) -> Token { tokens[start(row) + index] }

    private func start(_ row: Int) -> Int { row == 0 ? 0 : ends[row - 1] }

    /// Appends a token to the row that is being made.
    public func append(_ token: Token) { tokens.append(token) }

    /// Ends the row that is being made.
    public func endRow() {
        longest = max(longest, tokens.count - (ends.count == 0 ? 0 : ends[ends.count - 1]))
        ends.append(tokens.count)
    }
}

/// A tokenizer with the memory that it works in.
public struct TokenizerEncoder: TextEncoder {
    private let tokenizer: Tokenizer
    private var encoding = Encoding()

    /// Wraps a tokenizer.
    public init(_ tokenizer: Tokenizer) {
        self.tokenizer = tokenizer
    }

    /// As `TextEncoder` has it.
    public var padID: Int { Int(tokenizer.padID) }
    /// As `TextEncoder` has it.
    public var defaultMaximum: Int? { tokenizer.defaultMaximum }
    /// As `TextEncoder` has it.
    public var idCount: Int { tokenizer.idCount }
    /// As `TextEncoder` has it.
    public func piece(_ id: Int) -> UnsafeRawBufferPointer? { tokenizer.piece(id) }

    /// As `TextEncoder` has it.
    public mutating func encode(
        _ text: UnsafeRawBufferPointer, pair: UnsafeRawBufferPointer?, maximum: Int, into batch: TokenBatch
    ) {
        tokenizer.encode(text, pair: pair, maximum: maximum, into: &encoding)
        for index in 0..<encoding.ids.count {
            let span = encoding.spans[index]
            batch.append(
                TokenBatch.Token(
                    id: encoding.ids[index], type: encoding.typeIDs[index], source: encoding.sources[index],
                    start: span.start, end: span.end))
        }
        batch.endRow()
    }
}
