import Foundation
import PackImport
import PackTokenizers
import Testing

/// Ids as Hugging Face `tokenizers` gives them; Tests/reference/tokenizer.py made the references.
@Suite struct ReferenceTests {
    static let normalizers: [(name: String, steps: TokenizerDefinition.Normalizer)] = [
        ("uncased", .init()), ("cased", .init(stripsAccents: false, lowercases: false)),
        ("cased-strip", .init(lowercases: false)),
        ("lower-only", .init(stripsAccents: false)), ("no-ideographs", .init(separatesIdeographs: false)),
        ("unclean", .init(cleansText: false)),
        (
            "nothing",
            .init(cleansText: false, separatesIdeographs: false, stripsAccents: false, lowercases: false)
        ),
    ]

    struct Case: Decodable {
        var text: String
        var pair: String?
        var maximum: Int?
        var ids: [Int32]
        var types: [UInt8]
        var spans: [[UInt32]]?
    }

    @Test func trickyTexts() throws {
        let loaded = try LoadedTokenizer(try TokenizerDefinition.load(folder: fixtures.path))
        let cases = try JSONDecoder().decode(
            [Case].self, from: Data(contentsOf: fixtures.appendingPathComponent("tricky.json")))
        #expect(cases.count > 150)
        var encoding = Encoding()
        for item in cases {
            let text = bytes(item.text)
            loaded.encode(text, pair: item.pair.map(bytes), maximum: item.maximum ?? .max, into: &encoding)
            let shown = Comment(rawValue: String(decoding: text, as: UTF8.self).debugDescription)
            #expect(encoding.ids == item.ids, shown)
            #expect(encoding.typeIDs == item.types, shown)
            if let spans = item.spans { #expect(encoding.spans.map { [$0.start, $0.end] } == spans, shown) }
        }
    }

    private func bytes(_ hexadecimal: String) -> [UInt8] {
        let digits = hexadecimal.utf8.map { UInt8($0 > 0x39 ? $0 - 0x57 : $0 - 0x30) }
        return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }

    private func digests(_ file: String) throws -> [[Substring]] {
        let text = try String(contentsOf: fixtures.appendingPathComponent(file), encoding: .utf8)
        return text.split(separator: "\n").map { $0.split(separator: " ") }
    }

    @Test func tenThousandMixedLines() throws {
        let whole = try TokenizerDefinition.load(folder: fixtures.path)
        let words = whole.pieces.prefix(whole.model.count) + whole.addedTokens.dropFirst(5).map(\.content)
        for row in try digests("lines.txt") {
            var definition = whole
            definition.normalizer = try #require(Self.normalizers.first { $0.name == row[0] }).steps
            if row[1] == "plain" { definition.addedTokens.removeAll { $0.isNormalized } }
            let loaded = try LoadedTokenizer(definition)
            var generator = LineGenerator(words: Array(words))
            var encoding = Encoding()
            var found: [String] = []
            for _ in 0..<100 {
                var digest = Digest()
                for number in 0..<100 {
                    let text = generator.line()
                    let pair = number % 4 == 0 ? generator.line() : nil
                    let maximum = number % 3 == 0 ? 3 + generator.random.next(60) : .max
                    loaded.encode(text, pair: pair, maximum: maximum, into: &encoding)
                    digest.add(encoding.ids)
                }
                found.append(digest.text)
            }
            #expect(found == row[2...].map { String($0) }, "\(row[0]) \(row[1])")
        }
    }

    @Test func everyScalar() throws {
        var definition = TokenizerDefinition()
        definition.continuationPrefix = []
        let special = ["[UNK]", "[CLS]", "[SEP]", "[PAD]", "[MASK]"]
        definition.pieces = special.map { Array($0.utf8) }
        definition.pieces += (0..<0x30000).compactMap { Unicode.Scalar(UInt32($0)) }.map { Array(String($0).utf8) }
        for (id, piece) in definition.pieces.enumerated() { definition.model[piece] = id }
        definition.addedTokens = (0..<5).map { .init(content: definition.pieces[$0], id: $0) }
        definition.single = [.token(id: 1, type: 0), .text(index: 0, type: 0), .token(id: 2, type: 0)]
        for row in try digests("scalars.txt") {
            definition.normalizer = try #require(Self.normalizers.first { $0.name == row[0] }).steps
            let loaded = try LoadedTokenizer(definition)
            var encoding = Encoding()
            for block in 0..<0x110 {
                var digest = Digest()
                for offset in 0..<0x1000 {
                    guard let scalar = Unicode.Scalar(UInt32(block << 12 | offset)) else { continue }
                    let text = "\(scalar) a\(scalar)b\(scalar)"
                    loaded.encode(Array(text.utf8), into: &encoding)
                    digest.add(encoding.ids)
                }
                #expect(digest.text == row[block + 1], "\(row[0]), scalars from U+\(String(block, radix: 16))000")
            }
        }
    }
}
