import PackDependencies
import PackFormats
import PackIO
import Testing

/// Against Python's `tomllib`; see Fixtures/python/README.md.
@Suite struct LocksTOMLTests {
    private static func cases() throws -> [JSONValue] {
        let bytes = try FileContents.bytes(of: "\(StandardsFixture.folder)/toml.json")
        return try JSONDocument(bytes).root.elements
    }

    private static func flattened(_ value: TOMLValue, _ path: String = "") -> [[String]] {
        switch value.kind {
        case .table:
            return [[path, value.kind.rawValue, ""]]
                + value.members.flatMap { flattened($0.value, "\(path)/\($0.key)") }
        case .array:
            return [[path, value.kind.rawValue, ""]]
                + value.elements.enumerated().flatMap { flattened($0.element, "\(path)/\($0.offset)") }
        case .string, .integer, .boolean: return [[path, value.kind.rawValue, value.text]]
        case .float, .time: return [[path, value.kind.rawValue, ""]]
        }
    }

    @Test func textsAreRead() throws {
        let cases = try Self.cases().filter { $0["text"] != nil }
        #expect(cases.count >= 80)
        for one in cases {
            let text = try #require(one["text"]?.string)
            let document = try? TOMLDocument(Array(text.utf8), file: "x.toml")
            guard let values = one["values"], values.kind == .array else {
                #expect(document == nil, "\(text)")
                continue
            }
            let expected = values.elements.map { $0.elements.map { $0.string ?? "" } }
            let found = try Self.flattened(#require(document, "\(text)").root)
            #expect(found.sorted { $0[0] < $1[0] } == expected.sorted { $0[0] < $1[0] }, "\(text)")
        }
    }

    @Test func realFilesAreReadWhole() throws {
        let cases = try Self.cases().filter { $0["file"] != nil }
        #expect(cases.count >= 6)
        for one in cases {
            let file = try "\(StandardsFixture.folder)/\(#require(one["file"]?.string))"
            #expect(Self.flattened(try TOMLDocument(file: file).root).count == one["count"]?.int, "\(file)")
        }
    }

    @Test(arguments: [
        ("a = 1\nb = \n", "line 2"), ("\n\n[x\n", "line 3"), ("a = \"\"\"\n\n\n\\q\"\"\"", "line 4"),
        ("a = [\n1,\n2\n3]", "line 4"),
        ("a = 1\n\na = 2\n", "line 3"), ("[x]\n[y]\n[x]\n", "line 3"), ("a = '''\n\n", "line 3"),
    ])
    func errorsNameTheLine(text: String, place: String) throws {
        let error = #expect(throws: DependencyError.self) { try TOMLDocument(Array(text.utf8), file: "x.toml") }
        #expect(error?.facts.place == place && error?.facts.file == "x.toml", "\(text)")
    }

    @Test func valuesKnowTheirLines() throws {
        let text = "a = 1\n\n[[p]]\nb = [\n  'x',\n  'y',\n]\n[[p]]\nc.d = '''\n\n'''\ne = 1\n"
        let root = try TOMLDocument(Array(text.utf8), file: "x.toml").root
        #expect(root["p"]?.elements.map(\.line) == [3, 8])
        #expect(root["p"]?.elements[0]["b"]?.elements.map(\.line) == [5, 6])
        #expect(root["p"]?.elements[1]["e"]?.line == 12)
    }

    @Test func hostileTextsAreRefused() {
        let deep = "a = " + String(repeating: "[", count: 1_000_000)
        let tables = "a = " + String(repeating: "{b=", count: 200_000)
        let dotted = String(repeating: "a.", count: 500_000) + "b = 1"
        for text in [deep, tables, dotted, "[" + dotted, "a = 1\u{0}", "a\u{0} = 1", "a = \"\u{0}\""] {
            #expect(throws: DependencyError.self) { try TOMLDocument(Array(text.utf8), file: "x.toml") }
        }
        let error = #expect(throws: DependencyError.self) {
            try TOMLDocument(Array("a = 1\nb = \"".utf8) + [0xFF, 0x22], file: "x.toml")
        }
        #expect(error?.facts.place == "line 2" && error?.facts.expected == "UTF-8")
    }

    @Test func cutTextsNeverTrap() throws {
        let bytes = try FileContents.bytes(of: "\(StandardsFixture.folder)/locks/poetry/poetry.lock")
        for length in stride(from: 0, to: 3000, by: 7) {
            _ = try? TOMLDocument(Array(bytes.prefix(length)), file: "x.toml")
        }
    }
}
