/// Why a tokenizer table was refused. The table comes from a file: each of these is an answer, never a trap.
public enum TokenizerError: Error, Equatable, Sendable {
    /// The table, or its header or directory, is longer than the bytes at hand.
    case truncated(found: Int, expected: Int)
    /// The table does not start at an address that is a multiple of eight.
    case misaligned
    /// The first four bytes are not those of a tokenizer table.
    case badMagic(UInt32)
    /// The table is of a version that this reader does not know.
    case unsupportedVersion(UInt16)
    /// The table holds a model that this reader does not know.
    case unsupportedModel(UInt16)
    /// A number in the header is outside its limits.
    case badHeader(TokenizerTable.Field)
    /// A section lies outside the table, is not aligned, or has the wrong size.
    case badSection(TokenizerTable.Section)
    /// An entry of a section points outside its target or breaks the section's rules.
    case badEntry(TokenizerTable.Section, index: Int)
}
