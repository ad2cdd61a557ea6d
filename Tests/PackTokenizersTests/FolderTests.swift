import Foundation
import PackImport
import PackTokenizers
import Testing

/// Tokenizers as folders hold them.
@Suite struct FolderTests {
    private func folder(_ files: [String: String], _ body: (String) throws -> Void) throws {
        let place = FileManager.default.temporaryDirectory.appendingPathComponent("pack-tokenizer-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: place) }
        for (name, text) in files { try Data(text.utf8).write(to: place.appendingPathComponent(name)) }
        try body(place.path)
    }

    private func error(_ files: [String: String]) throws -> TokenizerImportError? {
        var found: TokenizerImportError?
        try folder(files) { path in
            do throws(TokenizerImportError) {
                _ = try TokenizerDefinition.load(folder: path)
            } catch {
                found = error
            }
        }
        return found
    }

    static let vocabulary = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nthe\nThe\n##n\na\n"

    @Test func noFiles() throws {
        guard case .missing(_, ["tokenizer.json", "vocab.txt"]) = try error([:]) else {
            Issue.record("nothing was found and nothing said")
            return
        }
        #expect(throws: TokenizerImportError.self) { try TokenizerDefinition.load(folder: "/nowhere/at/all") }
    }

    @Test func vocabularyAlone() throws {
        try folder(["vocab.txt": Self.vocabulary]) { path in
            let definition = try TokenizerDefinition.load(folder: path)
            #expect(definition.padID == 0)
            #expect(definition.unknownID == 1)
            #expect(definition.truncationMaximum == nil)
            let loaded = try LoadedTokenizer(definition)
            #expect(loaded.ids("The then [MASK]") == [2, 5, 5, 7, 4, 3])
            #expect(loaded.ids("the", pair: "a") == [2, 5, 3, 8, 3])
        }
    }

    @Test func vocabularyWithConfiguration() throws {
        let files = [
            "vocab.txt": Self.vocabulary.replacingOccurrences(of: "\n", with: "\r\n").replacingOccurrences(
                of: "[CLS]", with: "<s>"),
            "tokenizer_config.json": """
            {"do_lower_case": false, "tokenizer_class": "BertTokenizer", "cls_token": "[CLS]",
             "added_tokens_decoder": {"9": {"content": "<new>", "special": true, "lstrip": false}}}
            """,
            "special_tokens_map.json": #"{"cls_token": {"content": "<s>", "lstrip": false}}"#,
        ]
        try folder(files) { path in
            let definition = try TokenizerDefinition.load(folder: path)
            #expect(definition.normalizer == .init(stripsAccents: false, lowercases: false))
            #expect(try LoadedTokenizer(definition).ids("The<new>the") == [2, 6, 9, 5, 3])
        }
    }

    @Test func vocabularyWithoutUnknownToken() throws {
        let text = Self.vocabulary.replacingOccurrences(of: "[UNK]", with: "?")
        guard case .invalid(_, _, "\"[UNK]\"", _, _) = try error(["vocab.txt": text]) else {
            Issue.record("\(String(describing: try error(["vocab.txt": text])))")
            return
        }
    }

    @Test func emptyVocabulary() throws {
        guard case .invalid = try error(["vocab.txt": ""]) else {
            Issue.record("an empty vocabulary")
            return
        }
    }

    @Test func tokenizerOfAnotherKind() throws {
        let files = [
            "vocab.txt": Self.vocabulary, "tokenizer_config.json": #"{"tokenizer_class": "RobertaTokenizer"}"#,
        ]
        guard case .unsupported(_, "tokenizer_class", "\"RobertaTokenizer\"", _, _) = try error(files) else {
            Issue.record("\(String(describing: try error(files)))")
            return
        }
    }

    @Test func brokenConfiguration() throws {
        guard case .malformed = try error(["vocab.txt": Self.vocabulary, "tokenizer_config.json": "{"]) else {
            Issue.record("a broken tokenizer_config.json")
            return
        }
    }

    @Test func templatesOfBERTAndRoBERTa() throws {
        for (type, pair) in [("BertProcessing", [2, 5, 3, 6, 3]), ("RobertaProcessing", [2, 5, 3, 3, 6, 3])] {
            let text = """
                {"pre_tokenizer": {"type": "BertPreTokenizer"}, "normalizer": null,
                 "post_processor": {"type": "\(type)", "sep": ["</s>", 3], "cls": ["<s>", 2]},
                 "model": {"type": "WordPiece", "unk_token": "?", "continuing_subword_prefix": "##", "max_input_chars_per_word": 9,
                  "vocab": {"<pad>": 0, "?": 1, "<s>": 2, "</s>": 3, "x": 4, "a": 5, "b": 6}}}
                """
            let definition = try TokenizerDefinition(json: Array(text.utf8), file: "")
            let loaded = try LoadedTokenizer(definition)
            #expect(loaded.ids("a") == [2, 5, 3])
            #expect(loaded.ids("a", pair: "b").map(Int.init) == pair)
            var encoding = Encoding()
            loaded.encode([0x61], pair: [0x62], into: &encoding)
            #expect(encoding.typeIDs == (type == "BertProcessing" ? [0, 0, 0, 1, 1] : [0, 0, 0, 0, 0, 0]))
        }
    }

    /// The real model, where the environment names its folder.
    @Test(.enabled(if: ProcessInfo.processInfo.environment["PACK_MODEL_FOLDER"] != nil)) func realModel() throws {
        let path = try #require(ProcessInfo.processInfo.environment["PACK_MODEL_FOLDER"])
        let definition = try TokenizerDefinition.load(folder: path)
        #expect(definition.vocabularyCount == 30522)
        #expect(definition.truncationMaximum == 128)
        let loaded = try LoadedTokenizer(definition)
        var files: [String: String] = [:]
        for name in ["vocab.txt", "tokenizer_config.json", "special_tokens_map.json"] {
            files[name] = try String(contentsOfFile: path + "/" + name, encoding: .utf8)
        }
        try folder(files) { place in
            var fallback = try TokenizerDefinition.load(folder: place)
            fallback.truncationMaximum = 128
            #expect(fallback.encodedTable() == definition.encodedTable())
        }
        #expect(
            loaded.ids("The quick brown fox jumps over the lazy dog.") == [
                101, 1996, 4248, 2829, 4419, 14523, 2058, 1996, 13971, 3899, 1012, 102,
            ])
        #expect(loaded.ids("unaffable embeddings") == [101, 14477, 20961, 3468, 7861, 8270, 4667, 2015, 102])
    }
}
