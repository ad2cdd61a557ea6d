import Foundation
import PackImport
import PackTokenizers

/// A table at an aligned address, and its tokenizer.
final class LoadedTokenizer {
    let memory: UnsafeMutableRawBufferPointer
    let tokenizer: Tokenizer

    init(_ definition: TokenizerDefinition) throws {
        try memory = Self.aligned(definition.encodedTable())
        tokenizer = try Tokenizer(table: UnsafeRawBufferPointer(memory))
    }

    deinit { memory.deallocate() }

    static func aligned(_ bytes: [UInt8]) throws -> UnsafeMutableRawBufferPointer {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, bytes.count), alignment: 64)
        memory.copyBytes(from: bytes)
        return memory
    }

    func encode(_ text: [UInt8], pair: [UInt8]? = nil, maximum: Int = .max, into encoding: inout Encoding) {
        text.withUnsafeBytes { text in
            if let pair {
                pair.withUnsafeBytes { tokenizer.encode(text, pair: $0, maximum: maximum, into: &encoding) }
            } else {
                tokenizer.encode(text, maximum: maximum, into: &encoding)
            }
        }
    }

    func ids(_ text: String, pair: String? = nil, maximum: Int = .max) -> [Int32] {
        var encoding = Encoding()
        encode(Array(text.utf8), pair: pair.map { Array($0.utf8) }, maximum: maximum, into: &encoding)
        return encoding.ids
    }
}

/// The folder of files that tests read, beside the sources.
let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("Fixtures/tokenizer")

/// Reads the little-endian numbers of a file made for a test.
struct NumberReader {
    let bytes: [UInt8]
    var position = 0

    init(_ url: URL) throws { bytes = Array(try Data(contentsOf: url)) }

    var isAtEnd: Bool { position >= bytes.count }

    mutating func number() -> UInt32 {
        defer { position += 4 }
        return bytes[position..<position + 4].reversed().reduce(0) { $0 << 8 | UInt32($1) }
    }

    mutating func run() -> [UInt8] {
        let count = Int(number())
        defer { position += count }
        return Array(bytes[position..<position + count])
    }
}
