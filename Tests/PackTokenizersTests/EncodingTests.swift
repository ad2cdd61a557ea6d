import Foundation
import PackImport
import PackTokenizers
import Testing

/// What holds for any text, without a reference.
@Suite struct EncodingTests {
    let loaded: LoadedTokenizer
    let definition: TokenizerDefinition

    init() throws {
        definition = try TokenizerDefinition.load(folder: fixtures.path)
        loaded = try LoadedTokenizer(definition)
    }

    @Test func describesItself() {
        let tokenizer = loaded.tokenizer
        #expect(tokenizer.idCount == definition.vocabularyCount)
        #expect(tokenizer.unknownID == 0)
        #expect(tokenizer.padID == 3)
        #expect(tokenizer.defaultMaximum == nil)
        #expect(tokenizer.addedCount(pair: false) == 2)
        #expect(tokenizer.addedCount(pair: true) == 3)
        #expect(tokenizer.piece(1).map { Array($0) } == Array("[CLS]".utf8))
        #expect(tokenizer.piece(-1) == nil)
        #expect(tokenizer.piece(tokenizer.idCount) == nil)
        for id in 0..<tokenizer.idCount { #expect(tokenizer.piece(id).map { Array($0) } == definition.pieces[id]) }
    }

    @Test func emptyTextsAndNoMemory() {
        var encoding = Encoding()
        loaded.tokenizer.encode(UnsafeRawBufferPointer(start: nil, count: 0), maximum: 10, into: &encoding)
        #expect(encoding.ids == [1, 2])
        #expect(!encoding.wasTruncated)
    }

    @Test(arguments: 0..<8) func neverMoreThanTheMaximum(maximum: Int) {
        var encoding = Encoding()
        loaded.encode(Array("the quick brown fox".utf8), pair: Array("the dog".utf8), maximum: maximum, into: &encoding)
        #expect(encoding.ids.count == maximum)
        #expect(encoding.typeIDs.count == maximum)
        #expect(encoding.spans.count == maximum)
        #expect(encoding.sources.count == maximum)
        #expect(encoding.wasTruncated)
        loaded.encode([0x61], maximum: -1, into: &encoding)
        #expect(encoding.ids.isEmpty)
    }

    @Test func exactFitIsNotTruncated() {
        var encoding = Encoding()
        loaded.encode(Array("the dog the".utf8), into: &encoding)
        let count = encoding.ids.count
        loaded.encode(Array("the dog the  ".utf8), maximum: count, into: &encoding)
        #expect(!encoding.wasTruncated)
        loaded.encode(Array("the dog the .".utf8), maximum: count, into: &encoding)
        #expect(encoding.wasTruncated)
    }

    @Test func sourcesNameTheText() {
        var encoding = Encoding()
        loaded.encode(Array("a".utf8), pair: Array("b".utf8), into: &encoding)
        #expect(encoding.sources == [255, 0, 255, 1, 255])
        #expect(encoding.spans[3] == Span(start: 0, end: 1))
    }

    @Test func truncationFromTheStart() throws {
        var definition = definition
        definition.truncatesStart = true
        let other = try LoadedTokenizer(definition)
        let ids = loaded.ids("the quick brown fox jumps")
        #expect(other.ids("the quick brown fox jumps", maximum: 5) == [1] + ids.suffix(4))
    }

    /// Time grows with the text, not with its square: these would take hours otherwise.
    @Test(
        .timeLimit(.minutes(1)),
        arguments: ["a", "é", "\u{302E}\u{0316}", "中", "[", "<x", "aaaaab", " ", "\u{1D165}", "<l> "])
    func longTexts(unit: String) {
        let text = Array(String(repeating: unit, count: 10_000_000 / unit.utf8.count).utf8)
        var encoding = Encoding()
        loaded.encode(text, maximum: 512, into: &encoding)
        #expect(encoding.ids.count <= 512)
        loaded.encode(Array(text.prefix(1_000_000)), into: &encoding)
        #expect(encoding.ids.count >= 2)
    }

    @Test func aCopyHasMemoryOfItsOwn() {
        var first = Encoding()
        loaded.encode(Array("the dog".utf8), into: &first)
        var second = first
        loaded.encode(Array("quick fox".utf8), into: &second)
        let expected = loaded.ids("the dog")
        #expect(first.ids == expected)
        #expect(second.ids == loaded.ids("quick fox"))
    }

    @Test func anyBytes() {
        var random = SplitMix(state: 7)
        var encoding = Encoding()
        for _ in 0..<20_000 {
            let text = (0..<random.next(24)).map { _ in UInt8(random.next(256)) }
            loaded.encode(text, into: &encoding)
            let ids = encoding.ids
            loaded.encode(Array(String(decoding: text, as: UTF8.self).utf8), into: &encoding)
            #expect(encoding.ids == ids, "\(text)")
        }
    }
}
