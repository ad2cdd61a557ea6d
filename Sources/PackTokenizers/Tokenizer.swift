/// A tokenizer over a table in memory: text to the ids that Hugging Face `tokenizers` gives for it.
///
/// The table's bytes must stay mapped and unchanged while the tokenizer is used; the tokenizer itself holds no other memory and
/// may be used from several threads, each with an `Encoding` of its own.
///
/// Text is UTF-8. Invalid bytes are read as U+FFFD, one for each maximal subpart of a sequence as Unicode recommends, and go the
/// way of U+FFFD: a tokenizer that cleans its text drops them. Added tokens are looked for in the bytes as they are. Time is
/// proportional to the text.
public struct Tokenizer: Sendable {
    let table: TokenizerTable
    let model: WordPiece
    let rawTokens: AddedTokens
    let normalizedTokens: AddedTokens

    /// Checks a table and makes a tokenizer of it, building nothing.
    ///
    /// - Parameter bytes: a table as `TokenizerTable` describes it, at a multiple of eight; bytes after it are ignored.
    /// - Throws: `TokenizerError` that says what is wrong with the table.
    public init(table bytes: UnsafeRawBufferPointer) throws(TokenizerError) {
        table = try TokenizerTable(validating: bytes)
        model = WordPiece(table)
        rawTokens = AddedTokens(table, .rawTokens)
        normalizedTokens = AddedTokens(table, .normalizedTokens)
    }

    /// Number of ids; every id is below it.
    public var idCount: Int { table.idCount }
    /// The id that pads a batch.
    public var padID: Int32 { Int32(table.padID) }
    /// The id of text that the vocabulary cannot spell.
    public var unknownID: Int32 { Int32(table.unknownID) }
    /// The most tokens that the tokenizer's file asks for; nil if it says nothing.
    public var defaultMaximum: Int? { table.maximum == 0 ? nil : table.maximum }

    /// The piece of an id, UTF-8, with its continuation prefix; empty for an id without a piece, nil for one out of range.
    public func piece(_ id: Int) -> UnsafeRawBufferPointer? {
        guard 0..<table.idCount ~= id else { return nil }
        let offsets = table.words(.pieceOffsets)
        return UnsafeRawBufferPointer(
            start: table.bytes(.pieceBytes) + Int(offsets[id]), count: Int(offsets[id + 1] - offsets[id]))
    }

    /// Number of tokens that the template adds to a text, or to a pair.
    public func addedCount(pair: Bool) -> Int { table.count(pair ? .pair : .single) - (pair ? 2 : 1) }
}

/// Tokenizers only read their tables.
extension WordPiece: @unchecked Sendable {}
extension AddedTokens: @unchecked Sendable {}
