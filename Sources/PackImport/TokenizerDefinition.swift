import PackTokenizers

/// A tokenizer as its files describe it: vocabulary, normalizer, added tokens and template, checked and ready for `encodedTable()`.
public struct TokenizerDefinition: Sendable {
    /// What BERT's normalizer does to a text.
    public struct Normalizer: Equatable, Sendable {
        /// Removes control characters and makes white space plain spaces.
        public var cleansText = true
        /// Makes every ideograph a word of its own.
        public var separatesIdeographs = true
        /// Decomposes and removes nonspacing marks.
        public var stripsAccents = true
        /// Turns to lower case.
        public var lowercases = true

        /// The normalizer with the given steps.
        public init(
            cleansText: Bool = true, separatesIdeographs: Bool = true, stripsAccents: Bool = true,
            lowercases: Bool = true
        ) {
            self.cleansText = cleansText
            self.separatesIdeographs = separatesIdeographs
            self.stripsAccents = stripsAccents
            self.lowercases = lowercases
        }
    }

    /// A token that is found in a text before the model sees it.
    public struct AddedToken: Equatable, Sendable {
        /// Its text, UTF-8.
        public var content: [UInt8]
        /// Its id.
        public var id: Int
        /// Whether it is one only where no word character stands beside it.
        public var isSingleWord = false
        /// Whether it takes the white space before it along.
        public var stripsLeft = false
        /// Whether it takes the white space after it along.
        public var stripsRight = false
        /// Whether it is looked for in the normalized text instead of the source.
        public var isNormalized = false

        /// A token that is looked for in the source.
        public init(content: [UInt8], id: Int) {
            self.content = content
            self.id = id
        }
    }

    /// A part of a template.
    public enum Part: Equatable, Sendable {
        /// A special token.
        case token(id: Int, type: UInt8)
        /// The tokens of the first or second text (0 or 1).
        case text(index: Int, type: UInt8)
    }

    /// Most ids that a tokenizer may have.
    public static let idLimit = TokenizerTable.idLimit

    /// Pieces by id, added ones included; empty where an id has none.
    public package(set) var pieces: [[UInt8]] = []
    /// For each piece of the model its id.
    package var model: [[UInt8]: Int] = [:]
    /// Ids of the added tokens that the model has not, and where each id's added token is.
    var addedIDs: [[UInt8]: Int] = [:]
    var addedIndex: [Int: Int] = [:]
    /// The id of the next token to be added.
    var nextID = 0
    /// What is done to a text first.
    public package(set) var normalizer = Normalizer()
    /// Tokens beside the model's own.
    public package(set) var addedTokens: [AddedToken] = []
    /// What marks a piece that continues a word.
    public package(set) var continuationPrefix: [UInt8] = Array("##".utf8)
    /// The id of words that the vocabulary cannot spell.
    public package(set) var unknownID = 0
    /// The id that pads a batch.
    public package(set) var padID = 0
    /// Longest word in scalars.
    public package(set) var wordLimit = 100
    /// Special tokens around one text.
    public package(set) var single: [Part] = [.text(index: 0, type: 0)]
    /// Special tokens around two texts.
    public package(set) var pair: [Part] = [.text(index: 0, type: 0), .text(index: 1, type: 1)]
    /// The most tokens that tokenizer.json asks for in its `truncation`.
    public package(set) var truncationMaximum: Int?
    /// Whether truncation removes tokens from the start of a text.
    public package(set) var truncatesStart = false

    /// A definition without tokens.
    package init() {}

    /// Number of ids: the rows that a model's table of embeddings needs at least.
    public var vocabularyCount: Int { pieces.count }

    /// The id of a piece or an added token.
    public func id(of piece: String) -> Int? { id(of: Array(piece.utf8)) }

    func id(of content: [UInt8]) -> Int? {
        model[content] ?? addedIDs[content]
    }
}
