/// Why a tokenizer's files could not be used: the facts, for the command to word.
public enum TokenizerImportError: Error, Equatable, Sendable {
    /// A file could not be read.
    case unreadable(file: String, reason: String)
    /// The folder has none of the files that describe a tokenizer.
    case missing(folder: String, expected: [String])
    /// A file is not JSON, or not UTF-8, from some byte on.
    case malformed(file: String, offset: Int, found: String, expected: String)
    /// A value is missing, of the wrong type, or outside its limits. The path is as in `model.vocab["the"]`.
    case invalid(file: String, path: String, found: String, expected: String, hint: String?)
    /// The file is in order but asks for something that is not implemented.
    case unsupported(file: String, path: String, found: String, supported: [String], hint: String?)
}
