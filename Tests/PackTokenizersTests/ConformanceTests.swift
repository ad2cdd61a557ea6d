import Foundation
import PackImport
import PackTokenizers
import Testing

/// The cases that Tests/conformance/tokenizer.py makes with the library at hand: PACK_TOKENIZER_CASES names their folder.
@Suite struct ConformanceTests {
    static let folder = ProcessInfo.processInfo.environment["PACK_TOKENIZER_CASES"]

    @Test(.enabled(if: folder != nil)) func sameAsTheLibrary() throws {
        let folder = URL(fileURLWithPath: try #require(Self.folder))
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() {
            let place = folder.appendingPathComponent(name)
            let loaded = try LoadedTokenizer(try TokenizerDefinition.load(folder: place.path))
            try compare(loaded, place.appendingPathComponent("cases.bin"), name)
        }
    }

    private func compare(_ loaded: LoadedTokenizer, _ url: URL, _ name: String) throws {
        var reader = try NumberReader(url)
        var encoding = Encoding()
        var (cases, wrong, wrongSpans) = (0, 0, 0)
        while !reader.isAtEnd {
            let flags = reader.number()
            let maximum = reader.number()
            let text = reader.run()
            let pair: [UInt8]? = flags & 1 != 0 ? reader.run() : nil
            let count = Int(reader.number())
            let ids = (0..<count).map { _ in Int32(bitPattern: reader.number()) }
            loaded.encode(text, pair: pair, maximum: Int(maximum), into: &encoding)
            cases += 1
            if encoding.ids != ids {
                wrong += 1
                if wrong <= 10 {
                    Issue.record(
                        "\(name) case \(cases): \(text.prefix(200)) \(pair ?? []) max \(maximum): \(encoding.ids.prefix(60)) for \(ids.prefix(60))"
                    )
                }
            }
            if flags & 2 != 0 {
                let types = (0..<count).map { _ in UInt8(reader.number()) }
                let spans = (0..<count).map { _ in Span(start: reader.number(), end: reader.number()) }
                if encoding.typeIDs != types || encoding.spans != spans {
                    wrongSpans += 1
                    if wrongSpans <= 10, encoding.ids == ids {
                        Issue.record(
                            "\(name) case \(cases): \(String(decoding: text, as: UTF8.self).debugDescription) spans \(encoding.spans.map { [$0.start, $0.end] }) for \(spans.map { [$0.start, $0.end] })"
                        )
                    }
                }
            }
        }
        print("\(name): \(cases) cases, \(wrong) with other ids, \(wrongSpans) with other spans or types")
        #expect(wrong == 0)
        #expect(wrongSpans == 0)
    }
}
