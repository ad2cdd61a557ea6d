import Foundation
import PackImport
import PackTokenizers
import Testing

/// Files of tokenizers that are not what they should be, one case each.
@Suite struct ImportTests {
    /// A small file in order, to be broken in one place.
    static let whole = """
        {"version": "1.0", "truncation": {"max_length": 128, "strategy": "LongestFirst", "stride": 0}, "padding": null,
         "added_tokens": [{"id": 0, "content": "[UNK]", "single_word": false, "lstrip": false, "rstrip": false,
          "normalized": false, "special": true}, {"id": 5, "content": "<new>", "special": true}],
         "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": null,
          "lowercase": true},
         "pre_tokenizer": {"type": "BertPreTokenizer"},
         "post_processor": {"type": "TemplateProcessing",
          "single": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
          "pair": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}},
           {"Sequence": {"id": "B", "type_id": 1}}],
          "special_tokens": {"[CLS]": {"id": "[CLS]", "ids": [1], "tokens": ["[CLS]"]}}},
         "decoder": null,
         "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
          "max_input_chars_per_word": 100, "vocab": {"[UNK]": 0, "[CLS]": 1, "a": 2, "##b": 3, "e\\u0301": 4}}}
        """

    private func error(_ text: String) -> TokenizerImportError? {
        do throws(TokenizerImportError) {
            _ = try TokenizerDefinition(json: Array(text.utf8), file: "tokenizer.json").encodedTable()
            return nil
        } catch {
            return error
        }
    }

    private func broken(_ part: String, _ replacement: String) -> TokenizerImportError? {
        #expect(Self.whole.contains(part))
        return error(Self.whole.replacingOccurrences(of: part, with: replacement))
    }

    @Test func isInOrder() throws {
        let definition = try TokenizerDefinition(json: Array(Self.whole.utf8), file: "")
        #expect(definition.vocabularyCount == 6)
        #expect(definition.truncationMaximum == 128)
        #expect(definition.id(of: "<new>") == 5)
        #expect(definition.single == [.token(id: 1, type: 0), .text(index: 0, type: 0)])
        #expect(try LoadedTokenizer(definition).ids("ab <new>") == [1, 2, 3, 5])
    }

    @Test(arguments: [
        ("\"WordPiece\"", "\"BPE\"", "model.type"), ("\"WordPiece\"", "\"Unigram\"", "model.type"),
        ("\"BertNormalizer\"", "\"NFKC\"", "normalizer.type"),
        ("\"BertPreTokenizer\"", "\"ByteLevel\"", "pre_tokenizer.type"),
        ("\"TemplateProcessing\"", "\"ByteLevel\"", "post_processor.type"),
    ])
    func unsupportedParts(part: String, replacement: String, path: String) {
        guard case .unsupported("tokenizer.json", path, replacement, let supported, _) = broken(part, replacement)
        else {
            Issue.record("\(replacement) was not refused by name")
            return
        }
        #expect(!supported.isEmpty)
    }

    struct Invalid: CustomTestStringConvertible {
        var name: String
        var part: String
        var replacement: String
        var path: String
        var testDescription: String { name }
    }

    static let invalid: [Invalid] = [
        .init(name: "no model", part: "\"model\":", replacement: "\"modell\":", path: "model"),
        .init(name: "model of a wrong type", part: "\"decoder\": null", replacement: "\"model\": [1]", path: "model"),
        .init(name: "no vocabulary", part: "\"vocab\"", replacement: "\"words\"", path: "model.vocab"),
        .init(
            name: "vocabulary is an array", part: "{\"[UNK]\": 0, \"[CLS]\": 1, \"a\": 2, \"##b\": 3, \"e\\u0301\": 4}",
            replacement: "[]", path: "model.vocab"),
        .init(
            name: "vocabulary is empty", part: "{\"[UNK]\": 0, \"[CLS]\": 1, \"a\": 2, \"##b\": 3, \"e\\u0301\": 4}",
            replacement: "{}", path: "model.vocab"),
        .init(name: "id is a string", part: "\"a\": 2", replacement: "\"a\": \"2\"", path: "model.vocab[\"a\"]"),
        .init(name: "id is negative", part: "\"a\": 2", replacement: "\"a\": -2", path: "model.vocab[\"a\"]"),
        .init(name: "id is a fraction", part: "\"a\": 2", replacement: "\"a\": 2.5", path: "model.vocab[\"a\"]"),
        .init(
            name: "id is enormous", part: "\"a\": 2", replacement: "\"a\": 99999999999999999999999",
            path: "model.vocab[\"a\"]"),
        .init(
            name: "id is far from the others", part: "\"a\": 2", replacement: "\"a\": 4000000",
            path: "model.vocab[\"a\"]"),
        .init(
            name: "long token", part: "\"a\": 2", replacement: "\"\(String(repeating: "a", count: 4097))\": 2",
            path: "model.vocab[\"\(String(repeating: "a", count: 80))\"]"),
        .init(name: "two tokens of one id", part: "\"a\": 2", replacement: "\"a\": 3", path: "model.vocab[\"##b\"]"),
        .init(name: "a token twice", part: "\"a\": 2", replacement: "\"a\": 2, \"a\": 6", path: "model.vocab[\"a\"]"),
        .init(
            name: "no unknown token", part: "\"unk_token\": \"[UNK]\"", replacement: "\"unk_token\": \"<unk>\"",
            path: "model.unk_token"),
        .init(
            name: "unknown token missing", part: "\"unk_token\": \"[UNK]\",", replacement: "", path: "model.unk_token"),
        .init(
            name: "word limit is 0", part: "_per_word\": 100", replacement: "_per_word\": 0",
            path: "model.max_input_chars_per_word"),
        .init(
            name: "word limit is huge", part: "_per_word\": 100", replacement: "_per_word\": 1e9",
            path: "model.max_input_chars_per_word"),
        .init(
            name: "long prefix", part: "\"##\"", replacement: "\"\(String(repeating: "#", count: 65))\"",
            path: "model.continuing_subword_prefix"),
        .init(
            name: "flag is a number", part: "\"lowercase\": true", replacement: "\"lowercase\": 1",
            path: "normalizer.lowercase"),
        .init(name: "flag is missing", part: "\"clean_text\": true,", replacement: "", path: "normalizer.clean_text"),
        .init(
            name: "no pre-tokenizer", part: "{\"type\": \"BertPreTokenizer\"}", replacement: "null",
            path: "pre_tokenizer"),
        .init(name: "added token out of turn", part: "\"id\": 5", replacement: "\"id\": 7", path: "added_tokens[1].id"),
        .init(
            name: "added token without content", part: "\"content\": \"<new>\",", replacement: "",
            path: "added_tokens[1].content"),
        .init(
            name: "long added token", part: "<new>", replacement: String(repeating: "x", count: 5000),
            path: "added_tokens[1].content"),
        .init(
            name: "added token that vanishes", part: "\"<new>\", \"special\": true", replacement: "\"\\u0301\"",
            path: "added_tokens"),
        .init(
            name: "template with an unknown token", part: "{\"[CLS]\": {\"id\"", replacement: "{\"[BOS]\": {\"id\"",
            path: "post_processor.single[0].SpecialToken.id"),
        .init(
            name: "template with an id out of range", part: "\"ids\": [1]", replacement: "\"ids\": [6]",
            path: "post_processor.special_tokens[\"[CLS]\"].ids[0]"),
        .init(
            name: "template without a text", part: ", {\"Sequence\": {\"id\": \"A\", \"type_id\": 0}}],",
            replacement: "],", path: "post_processor.single"),
        .init(
            name: "template with texts in turn B, A", part: "\"id\": \"B\"", replacement: "\"id\": \"A\"",
            path: "post_processor.pair[2].Sequence.id"),
        .init(
            name: "type out of range", part: "\"type_id\": 1", replacement: "\"type_id\": 256",
            path: "post_processor.pair[2].Sequence.type_id"),
        .init(
            name: "padding out of range", part: "\"padding\": null", replacement: "\"padding\": {\"pad_id\": 6}",
            path: "padding.pad_id"),
        .init(
            name: "truncation without length", part: "\"max_length\": 128,", replacement: "",
            path: "truncation.max_length"),
    ]

    @Test(arguments: invalid) func invalidValues(item: Invalid) {
        // Members of the same name: the first counts, so a case may put its own in front.
        let text = item.name == "model of a wrong type" ? "{\"model\": [1]}" : nil
        let found = text.map(error) ?? broken(item.part, item.replacement)
        guard case .invalid("tokenizer.json", item.path, _, _, _) = found else {
            Issue.record("\(item.name): \(String(describing: found))")
            return
        }
    }

    @Test(arguments: [
        ("", 0), ("{", 1), ("{\"a\" 1}", 5), ("[1,]", 3), ("[1 2]", 3), ("{\"a\":1,}", 7), ("nul", 3), ("truth", 3),
        ("\"abc", 4),
        ("\"\u{1}\"", 1), ("\"\\x\"", 2), ("\"\\u12g4\"", 5), ("\"\\udc00\"", 7), ("\"\\ud800x\"", 7),
        ("\"\\ud800\\u0041\"", 13),
        ("-", 1), ("1.", 2), ("1e", 2), ("01", 1), ("{} {}", 3), ("{a:1}", 1), ("+1", 0),
    ])
    func notJSON(text: String, offset: Int) {
        guard case .malformed("tokenizer.json", offset, _, _) = error(text) else {
            Issue.record("\(text): \(String(describing: error(text)))")
            return
        }
    }

    @Test func deepNesting() {
        let deep = String(repeating: "[", count: 1_000_000)
        guard case .malformed(_, 64, _, _) = error(deep) else {
            Issue.record("\(String(describing: error(deep)))")
            return
        }
    }

    @Test func tenMillionValues() {
        let text = "[" + String(repeating: "1,", count: 10_000_000)
        let limit = 6 << 20
        guard case .malformed(_, 2 * limit - 1, _, "at most \(limit) values") = error(text) else {
            Issue.record("\(String(describing: error(text)))")
            return
        }
    }

    @Test func bytesThatAreNotUTF8() {
        let bytes = Array(Self.whole.utf8).flatMap { $0 == UInt8(ascii: "v") ? [0xFF] : [$0] }
        #expect(throws: TokenizerImportError.self) { try TokenizerDefinition(json: bytes, file: "") }
    }

    @Test func everyTruncation() {
        for count in 0..<Self.whole.utf8.count {
            #expect(error(String(Self.whole.prefix(count))) != nil)
        }
    }

    @Test func tokensThatSwiftTakesForEqual() throws {
        let text = Self.whole.replacingOccurrences(of: "\"e\\u0301\": 4", with: "\"e\\u0301\": 4, \"\\u00e9\": 5")
            .replacingOccurrences(
                of: "\"id\": 5", with: "\"id\": 6"
            ).replacingOccurrences(of: "\"lowercase\": true", with: "\"lowercase\": false")
        let loaded = try LoadedTokenizer(try TokenizerDefinition(json: Array(text.utf8), file: ""))
        #expect(loaded.ids("e\u{301} \u{E9}") == [1, 4, 5])
    }

    @Test func gapsBetweenIDs() throws {
        let text = Self.whole.replacingOccurrences(of: "\"##b\": 3", with: "\"##b\": 9")
        let definition = try TokenizerDefinition(json: Array(text.utf8), file: "")
        #expect(definition.vocabularyCount == 10)
        #expect(try LoadedTokenizer(definition).ids("ab") == [1, 2, 9])
    }
}
